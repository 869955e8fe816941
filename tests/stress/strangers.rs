//! Consent and pools that change while a release looks at their user.

use nearcast::broker::{Page, Worker};
use nearcast::wire::{Mode, Person};

use super::{Ended, Gate, Watched, config, epoch, linger, mixed, passes, place, town_of};

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
/// the one or the other, and only who is in that sees her. With as many people as the rule asks
/// for she is shown, with one fewer she is not: somebody left behind or taken out twice would tell.
fn come_and_go(min_people: u32) {
    let (ended, gate) = (Ended::new(), Gate::new(2));
    let passes = passes() / 4;
    let mut config = config();
    config.strangers.min_people = min_people;
    let mut town = town_of(config, &[&[0, 1, 2], &[]], &ended);
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
                releaser.tidy(epoch(pass));
                gate.pass();
            }
        });
        let _watched = Watched(gate);
        for pass in 1..=passes {
            for name in ["ann", "bob", "cid"] {
                chooser.report(name, &place(0), epoch(pass)).unwrap();
            }
            gate.pass();
            linger(pass * 2 + 1);
            let home = (pass / 8 % 2) as usize;
            let number = if pass % 8 >= 4 {
                home
            } else {
                (mixed(pass) % 3) as usize
            };
            let (open, pool) = [(true, "first"), (true, "second"), (false, "")][number];
            chooser.set_strangers("ann", open, pool).unwrap();
            gate.pass();
            if pass % 8 == 7 {
                let seen = ["bob", "cid"].map(|viewer| shown(&mut chooser, viewer, epoch(pass)));
                let mut expected = [0, 0];
                expected[home] = usize::from(min_people <= 2);
                assert_eq!(seen, expected, "in pass {pass}");
            }
        }
    });
}

#[test]
fn who_comes_and_goes_between_pools_during_releases_is_shown_in_the_one_she_is_in() {
    come_and_go(2);
}

#[test]
fn who_comes_and_goes_between_pools_during_releases_counts_once_in_one() {
    come_and_go(3);
}
