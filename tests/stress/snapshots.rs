//! Somebody comes while it is asked who changed: she is told of.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nearcast::broker::{Account, Broker, Config, Worker};

use super::{NOW, passes, place};

/// People at once; each comes once.
const MOST: u64 = 1_000_000;

/// Who moves for the first time in the very moment in which her note is taken is told as being
/// there, at once or the next time.
#[test]
fn a_first_move_is_told_whoever_asks_meanwhile() {
    let users = passes().min(MOST) as usize;
    let config = Config {
        users: users + 1,
        edges: 1000,
        ..Config::default()
    };
    let mut workers = Broker::new(config, 2);
    let (mut asker, mut mover) = (workers.remove(0), workers.remove(0));
    let names: Vec<String> = (0..users).map(|number| format!("u{number}")).collect();
    for name in &names {
        mover.admit(name, &Account::default(), NOW).unwrap();
    }
    let parts = asker.broker().changed_parts();
    let mut is_there = vec![false; users];
    let mut take = |asker: &mut Worker, part: usize| {
        asker.take_changed(part, |stand| {
            let number: usize = stand.user[1..].parse().unwrap();
            is_there[number] = stand.position.is_some();
        });
    };
    (0..parts).for_each(|part| take(&mut asker, part));
    let (moved, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for name in &names {
                mover.report(name, &place(0), NOW).unwrap();
                moved.fetch_add(1, Ordering::Relaxed);
            }
            is_over.store(true, Ordering::Release);
        });
        while !is_over.load(Ordering::Acquire) {
            // About where she is who moves now: slots were given in order.
            let part = moved.load(Ordering::Relaxed) * parts / (users + 64);
            (0..20).for_each(|_| take(&mut asker, part.min(parts - 1)));
        }
        (0..parts).for_each(|part| take(&mut asker, part));
    });
    let lost = is_there.iter().filter(|there| !**there).count();
    assert_eq!(lost, 0, "of {users}");
}
