//! Friendships that are made and ended while others walk, are swept, or do the opposite.

use std::collections::BTreeMap;
use std::sync::Arc;

use nearcast::broker::Worker;
use nearcast_grid::Position;

use super::{Ended, Gate, NAMES, NOW, Watched, destination, linger, mixed, passes, place, town};

/// Six users on three workers walk and are swept, while a fourth worker ends friendships, waits
/// for the boundary, and makes them again.
#[test]
fn friendships_that_end_and_begin_while_everybody_walks_stay_true() {
    let (ended, gate) = (Ended::new(), Gate::new(4));
    let passes = passes() / 10;
    let mut town = town(&[&[0, 1], &[2, 3], &[4, 5], &[]], &ended);
    let (churner, _) = town.pop().unwrap();
    std::thread::scope(|scope| {
        for (thread, (mut worker, mut clients)) in town.into_iter().enumerate() {
            let (gate, ended) = (&gate, &ended);
            scope.spawn(move || {
                let _watched = Watched(gate);
                for pass in 1..=passes {
                    gate.pass();
                    for step in 0..4 {
                        linger(pass * 64 + step * 8 + thread as u64);
                        for at in 0..clients.users.len() {
                            let (user, session, _) = clients.users[at];
                            let said = place(destination(user, pass * 4 + step));
                            worker.move_to(session, &said, NOW).unwrap();
                        }
                        worker.sweep(NOW, &mut clients);
                    }
                    gate.pass();
                    worker.sweep(NOW, &mut clients);
                    for (user, _, shown) in &clients.users {
                        let at = |user| destination(user, pass * 4 + 3);
                        let position = |user| place(at(user)).position;
                        let truth: BTreeMap<usize, Position> = (0..6)
                            .filter(|other| other != user && at(*other) == at(*user))
                            .filter(|other| !ended.is(*user, *other))
                            .map(|other| (other, position(other)))
                            .collect();
                        assert_eq!(*shown, truth, "{} in pass {pass}", NAMES[*user]);
                    }
                    gate.pass();
                }
            });
        }
        scope.spawn(|| {
            let _watched = Watched(&gate);
            churn(churner, &gate, &ended, passes);
        });
    });
}

fn churn(mut worker: Worker, gate: &Gate, ended: &Ended, passes: u64) {
    let broker = Arc::clone(worker.broker());
    for pass in 1..=passes {
        gate.pass();
        for round in 0..4 {
            let seed = mixed(pass * 4 + round);
            let (one, other) = ((seed % 6) as usize, (seed / 6 % 6) as usize);
            if one == other {
                continue;
            }
            if ended.is(one, other) {
                ended.set(one, other, false);
                worker.befriend(NAMES[one], NAMES[other]).unwrap();
            } else {
                let boundary = worker.unfriend(NAMES[one], NAMES[other]);
                while !broker.passed(&boundary) {
                    std::thread::yield_now();
                }
                ended.set(one, other, true);
            }
        }
        gate.pass();
        gate.pass();
    }
}

/// One makes a friendship, one ends it: afterwards both are friends of the other or neither is.
#[test]
fn a_friendship_that_is_made_and_ended_at_once_is_mutual_or_over() {
    let (ended, gate) = (Ended::new(), Gate::new(2));
    let passes = passes();
    let mut town = town(&[&[0], &[1]], &ended);
    let (mut ender, _) = town.pop().unwrap();
    let (mut maker, _) = town.pop().unwrap();
    std::thread::scope(|scope| {
        let gate = &gate;
        scope.spawn(move || {
            let _watched = Watched(gate);
            for pass in 0..passes {
                gate.pass();
                linger(pass * 2);
                ender.unfriend("bob", "ann");
                gate.pass();
            }
        });
        let _watched = Watched(gate);
        for pass in 0..passes {
            gate.pass();
            linger(pass * 2 + 1);
            maker.befriend("ann", "bob").unwrap();
            gate.pass();
            let ann = maker.why("ann", "bob", 0).unwrap().friends;
            let bob = maker.why("bob", "ann", 0).unwrap().friends;
            assert_eq!(ann, bob, "in pass {pass}");
        }
    });
}
