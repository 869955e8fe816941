//! Sharing that changes while its user moves and a release looks at her.

use nearcast::broker::{Move, Worker};
use nearcast::wire::{Person, Sharing};
use nearcast_grid::{Grid, Position};

use super::{Ended, Gate, PLACES, Watched, epoch, linger, passes, place, place_e7, town};

/// Where who is active and shares is shown, if that is near a place.
fn shown(worker: &mut Worker, near: Position, now: u64) -> Vec<(Position, bool)> {
    let mut shown = Vec::new();
    worker.within(near, 2_000.0, 9, now, |person| {
        if let Person::Friend(friend) = person {
            shown.push((friend.position, friend.approximate));
        }
    });
    shown
}

/// Eight passes: four in which she goes far and sharing changes each time, four in which she
/// stays in one cell and shares approximately.
fn stays(pass: u64) -> bool {
    pass % 8 >= 4
}

fn truth(pass: u64) -> Position {
    let number = if stays(pass) { pass / 8 } else { pass };
    let step_e7 = 2_000 * (pass % 2) as i32;
    let place_e7 = place_e7((number % PLACES) as usize);
    Position::from_e7(place_e7 + step_e7, 1_270_000_000).unwrap()
}

fn share(worker: &mut Worker, sharing: Sharing, pass: u64) {
    worker
        .set_sharing("ann", sharing, None, epoch(pass))
        .unwrap();
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
    let cells = Grid::geohash(6).unwrap();
    let mut released = 0;
    std::thread::scope(|scope| {
        let gate = &gate;
        scope.spawn(move || {
            let _watched = Watched(gate);
            for pass in 1..=passes {
                gate.pass();
                linger(pass * 3);
                let said = Move {
                    position: truth(pass),
                    ..place(0)
                };
                walker.move_to(session, &said, epoch(pass)).unwrap();
                gate.pass();
                gate.pass();
            }
        });
        scope.spawn(move || {
            let _watched = Watched(gate);
            for pass in 1..=passes {
                gate.pass();
                linger(pass * 3 + 1);
                releaser.tidy(epoch(pass));
                gate.pass();
                gate.pass();
            }
        });
        let _watched = Watched(gate);
        for pass in 1..=passes {
            gate.pass();
            linger(pass * 3 + 2);
            let veiled = stays(pass) || pass % 2 == 0;
            let sharing = if veiled {
                Sharing::Approximate
            } else {
                Sharing::Exact
            };
            share(&mut chooser, sharing, pass);
            gate.pass();
            let (truth, centre) = (truth(pass), cells.cell_at(truth(pass)).centre());
            if stays(pass) {
                let seen = shown(&mut chooser, truth, epoch(pass));
                assert!(
                    seen.iter().all(|one| *one == (centre, true)),
                    "in pass {pass}: {seen:?}"
                );
                // Two epochs running, and one for the move that was under way.
                assert!(
                    pass % 8 < 7 || seen.len() == 1,
                    "not released by pass {pass}"
                );
                released += seen.len();
            } else {
                share(&mut chooser, Sharing::Exact, pass);
                assert_eq!(
                    shown(&mut chooser, truth, epoch(pass)),
                    [(truth, false)],
                    "in pass {pass}"
                );
                share(&mut chooser, sharing, pass);
            }
            gate.pass();
        }
    });
    assert!(released > 0);
}
