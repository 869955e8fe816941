//! Consent and pools that change while a release looks at their user.

use nearcast::broker::{Page, Worker};
use nearcast::wire::{Mode, Person};

use super::{Ended, Gate, NOW, Watched, linger, mixed, passes, place, town};

const EPOCH_MS: u64 = 15_000;

fn now(pass: u64) -> u64 {
    NOW + pass * EPOCH_MS
}

/// How many strangers somebody is shown.
fn shown(worker: &mut Worker, viewer: &str, now: u64) -> usize {
    let mut count = 0;
    let page = Page {
        limit: 9,
        ..Page::default()
    };
    let say = |_: &Person<'_>| count += 1;
    worker
        .peek(viewer, Mode::Strangers, 8_000.0, &page, now, say)
        .unwrap();
    count
}

/// Four passes in which Ann comes and goes between two pools and none, four in which she stays in
/// the first: Bob, who is in it, sees her once, and Cid, who is in the second, does not.
#[test]
fn who_comes_and_goes_between_pools_during_releases_is_in_one_room_of_one_pool() {
    let (ended, gate) = (Ended::new(), Gate::new(2));
    let passes = passes() / 2;
    let mut town = town(&[&[0, 1, 2], &[]], &ended);
    let (mut releaser, _) = town.pop().unwrap();
    let (mut chooser, _) = town.pop().unwrap();
    for (name, pool) in [("bob", "first"), ("cid", "second")] {
        chooser.set_strangers(name, true, pool).unwrap();
        for friend in ["ann", "bob", "cid"] {
            chooser.unfriend(name, friend);
        }
    }
    std::thread::scope(|scope| {
        let gate = &gate;
        scope.spawn(move || {
            let _watched = Watched(gate);
            for pass in 1..=passes {
                gate.pass();
                linger(pass * 2);
                releaser.tidy(now(pass));
                gate.pass();
            }
        });
        let _watched = Watched(gate);
        for pass in 1..=passes {
            for name in ["ann", "bob", "cid"] {
                chooser.report(name, &place(0), now(pass)).unwrap();
            }
            gate.pass();
            linger(pass * 2 + 1);
            let (open, pool) = match mixed(pass) % 3 {
                _ if pass % 8 >= 4 => (true, "first"),
                0 => (true, "first"),
                1 => (true, "second"),
                _ => (false, ""),
            };
            chooser.set_strangers("ann", open, pool).unwrap();
            gate.pass();
            if pass % 8 == 7 {
                let seen = ["bob", "cid"].map(|viewer| shown(&mut chooser, viewer, now(pass)));
                assert_eq!(seen, [1, 0], "in pass {pass}");
            }
        }
    });
}
