//! Sharing that changes while its user moves and a release looks at her.

use nearcast::broker::Worker;
use nearcast::wire::{Person, Sharing};
use nearcast_grid::Position;

use super::{Ended, Gate, NOW, Watched, linger, passes, place, town};

const EPOCH_MS: u64 = 15_000;

fn now(pass: u64) -> u64 {
    NOW + pass * EPOCH_MS
}

/// Where everybody who is active and shares is shown.
fn shown(worker: &mut Worker, now: u64) -> Vec<(Position, bool)> {
    let mut shown = Vec::new();
    worker.within(place(1).position, 1e6, 9, now, |person| {
        if let Person::Friend(friend) = person {
            shown.push((friend.position, friend.approximate));
        }
    });
    shown
}

#[test]
fn a_move_is_not_lost_when_sharing_changes_or_a_cell_is_released_at_once() {
    let (ended, gate) = (Ended::new(), Gate::new(3));
    let passes = passes() / 2;
    let mut town = town(&[&[0], &[], &[]], &ended);
    let (mut releaser, _) = town.pop().unwrap();
    let (mut chooser, _) = town.pop().unwrap();
    let (mut walker, clients) = town.pop().unwrap();
    let session = clients.users[0].1;
    std::thread::scope(|scope| {
        let gate = &gate;
        scope.spawn(move || {
            let _watched = Watched(gate);
            for pass in 1..=passes {
                gate.pass();
                linger(pass * 3);
                let said = place((pass % 3) as usize);
                walker.move_to(session, &said, now(pass)).unwrap();
                gate.pass();
                gate.pass();
            }
        });
        scope.spawn(move || {
            let _watched = Watched(gate);
            for pass in 1..=passes {
                gate.pass();
                linger(pass * 3 + 1);
                releaser.tidy(now(pass));
                gate.pass();
                gate.pass();
            }
        });
        let _watched = Watched(gate);
        for pass in 1..=passes {
            gate.pass();
            linger(pass * 3 + 2);
            let sharing = [Sharing::Exact, Sharing::Approximate][(pass / 2 % 2) as usize];
            chooser
                .set_sharing("ann", sharing, None, now(pass))
                .unwrap();
            gate.pass();
            let truth = place((pass % 3) as usize).position;
            if sharing == Sharing::Approximate {
                let exact = shown(&mut chooser, now(pass)).contains(&(truth, true));
                assert!(!exact, "in pass {pass} the true position is told");
                chooser
                    .set_sharing("ann", Sharing::Exact, None, now(pass))
                    .unwrap();
            }
            assert_eq!(
                shown(&mut chooser, now(pass)),
                [(truth, false)],
                "in pass {pass}"
            );
            chooser
                .set_sharing("ann", sharing, None, now(pass))
                .unwrap();
            gate.pass();
        }
    });
}
