//! The broker under loom: its own code, driven by two workers, with every schedule of their
//! atomic operations up to `LOOM_MAX_PREEMPTIONS` preemptions (2 if not said otherwise), and with
//! every value that a load may return.
//!
//! Each model is made ready by one thread, then two act at once, then one looks at the outcome.
//! Ids and profiles live in DashMaps, which loom does not see; nobody contends for them here.

mod two;

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use super::marks::{Mark, Queue};
use super::slot::Slot;
use super::sync::{AtomicBool, Ordering};
use super::{Account, Page};
use crate::wire::{Mode, Person};
use two::{FAR, FARTHER, HERE, MARGIN, MIDDLE, Metres, NEAR, NOW, Side, Two, to};

fn explore(model: impl Fn() + Sync + Send + 'static) {
    explore_until(move || {
        model();
        true
    });
}

/// The model answers whether what it is about came to pass; in some schedules it must.
fn explore_until(model: impl Fn() -> bool + Sync + Send + 'static) {
    let counts = Arc::new([const { AtomicUsize::new(0) }; 2]);
    let counted = Arc::clone(&counts);
    let mut builder = loom::model::Builder::new();
    builder.max_branches = 100_000;
    builder.preemption_bound = builder.preemption_bound.or(Some(2));
    builder.check(move || {
        counted[0].fetch_add(1, Ordering::Relaxed);
        counted[1].fetch_add(usize::from(model()), Ordering::Relaxed);
    });
    let [schedules, met] = [0, 1].map(|at| counts[at].load(Ordering::Relaxed));
    eprintln!("{schedules} schedules, {met} of them to the point");
    assert!(met > 0);
}

/// Each marks by what it reads of the other after its own position is to be read by the other.
#[test]
fn two_who_move_at_once_do_not_miss_each_other() {
    explore(|| {
        let two = Two::at(HERE, FAR);
        two.run(|ann| ann.go(FARTHER), |bob| bob.go(FARTHER + NEAR))
            .agree(true);
    });
}

/// Each was already within her radius of where the other is now: by her own way, neither comes
/// into view.
#[test]
fn two_who_meet_in_the_middle_do_not_miss_each_other() {
    explore(|| {
        let two = Two::at(HERE, 2 * MIDDLE);
        two.run(|ann| ann.go(MIDDLE), |bob| bob.go(MIDDLE + 500))
            .agree(true);
    });
}

#[test]
fn two_who_part_at_once_are_both_told() {
    explore(|| {
        let two = Two::at(HERE, NEAR);
        two.run(|ann| ann.go(FAR), |bob| bob.go(FARTHER))
            .agree(false);
    });
}

/// Side by side, beyond the radius and within the margin: neither is near where the other was.
#[test]
fn two_who_walk_on_together_are_told_where_they_are() {
    explore(|| {
        let mut two = Two::at(HERE, NEAR);
        two.bob.go(MARGIN);
        two.sweep();
        two.run(|ann| ann.go(FAR), |bob| bob.go(FAR + MARGIN))
            .agree(true);
    });
}

/// A sweep puts somebody into view while she walks away.
#[test]
fn who_leaves_while_she_is_entered_is_not_left_in_view() {
    explore(|| {
        let mut two = Two::at(HERE, FAR);
        two.bob.go(NEAR);
        two.run(Side::sweep, |bob| bob.go(FAR)).agree(false);
    });
}

/// A sweep tells of a move of somebody in view while she walks away.
#[test]
fn who_leaves_while_her_move_is_told_is_let_go() {
    explore(|| {
        let mut two = Two::at(HERE, NEAR);
        two.bob.go(2 * NEAR);
        two.run(Side::sweep, |bob| bob.go(FAR)).agree(false);
    });
}

/// A sweep takes somebody out of view while she comes back.
#[test]
fn who_comes_back_while_she_is_let_go_is_in_view() {
    explore(|| {
        let mut two = Two::at(HERE, NEAR);
        two.bob.go(FAR);
        two.run(Side::sweep, |bob| bob.go(NEAR)).agree(true);
    });
}

/// The viewer is moved by a report, on a worker that is not her sweep's, while she is shown
/// somebody from where she was.
#[test]
fn who_is_moved_elsewhere_while_she_is_swept_sees_from_where_she_is() {
    explore(|| {
        let mut two = Two::at(HERE, FAR);
        two.bob.go(NEAR);
        let away = |bob: &mut Side| {
            bob.worker.report("ann", &to(FARTHER), NOW).unwrap();
        };
        two.run(Side::sweep, away).agree(false);
    });
}

/// Moves and sweeps of both sides at once.
#[test]
fn moves_and_sweeps_of_both_at_once_end_in_the_truth() {
    explore(|| {
        let act = |metres: Metres| {
            move |side: &mut Side| {
                side.go(metres);
                side.sweep();
            }
        };
        let two = Two::at(HERE, FAR);
        two.run(act(FARTHER), act(FARTHER + NEAR)).agree(true);
    });
}

/// Once the boundary of an unfriending has passed, a sweep says one exit and nothing else.
#[test]
fn nothing_is_encoded_after_the_boundary_of_an_unfriending() {
    explore_until(|| {
        let mut two = Two::at(HERE, NEAR);
        two.bob.go(2 * NEAR);
        let client = two.ann.client.clone();
        let two = two.run(
            |ann| {
                ann.sweep();
                ann.sweep();
            },
            move |bob| {
                let boundary = bob.worker.unfriend("ann", "bob");
                if bob.worker.broker().passed(&boundary) {
                    client.closed.store(true, Ordering::Relaxed);
                }
            },
        );
        let client = two.ann.client.clone();
        two.agree(false);
        assert!(client.seen.lock().unwrap().exits_since <= 1);
        client.closed.load(Ordering::Relaxed)
    });
}

/// A question that takes no lock and writes nothing holds the boundary up all the same.
#[test]
fn no_question_answers_what_the_boundary_has_closed() {
    explore_until(|| {
        let two = Two::at(HERE, NEAR);
        let closed = Arc::new(AtomicBool::new(false));
        let (seen, passed) = (Arc::clone(&closed), Arc::clone(&closed));
        let two = two.run(
            move |ann| {
                let page = Page {
                    limit: 9,
                    ..Page::default()
                };
                let answer = |_: &Person<'_>| assert!(!seen.load(Ordering::Relaxed));
                ann.worker
                    .peek("ann", Mode::Friends, 8_000.0, &page, NOW, answer)
                    .unwrap();
            },
            move |bob| {
                let boundary = bob.worker.unfriend("ann", "bob");
                let is_passed = bob.worker.broker().passed(&boundary);
                passed.store(is_passed, Ordering::Relaxed);
            },
        );
        two.agree(false);
        closed.load(Ordering::Relaxed)
    });
}

/// Bob is erased and Cid takes his slot, while Ann's sweep is telling of Bob.
#[test]
fn a_slot_used_again_is_never_told_under_the_wrong_name() {
    explore_until(|| {
        let mut two = Two::at(HERE, NEAR);
        two.bob.go(2 * NEAR);
        let (worker, session) = (&mut two.bob.worker, two.bob.session);
        let reused = Arc::new(Mutex::new(false));
        worker.close(session, NOW);
        let again = Arc::clone(&reused);
        let two = two.run(
            |ann| {
                ann.sweep();
                ann.sweep();
            },
            move |bob| {
                bob.worker.erase("bob").unwrap();
                bob.worker.tidy(NOW);
                bob.worker.tidy(NOW);
                if bob.worker.admit("cid", &Account::default(), NOW).is_ok() {
                    bob.worker.report("cid", &to(HERE), NOW).unwrap();
                    *again.lock().unwrap() = true;
                }
            },
        );
        let Side {
            mut worker,
            mut client,
            ..
        } = two.ann;
        worker.sweep(NOW, &mut client);
        let seen = client.seen.lock().unwrap();
        assert!(seen.shown.is_empty());
        assert!(
            seen.named.iter().all(|user| user == "bob"),
            "{:?}",
            seen.named
        );
        *reused.lock().unwrap()
    });
}

fn mark(number: u32) -> Mark {
    Mark::round(Slot::from_bits(number).expect("not 0"))
}

/// Two producers and the owner: nothing is lost or told twice, or the owner knows that it was.
#[test]
fn a_queue_loses_nothing_without_saying_so() {
    explore(|| {
        let queue = Arc::new(Queue::new(3));
        queue.put(&[mark(1)]);
        let producers = [[2, 3], [4, 5]].map(|[a, b]| {
            let queue = Arc::clone(&queue);
            loom::thread::spawn(move || queue.put(&[mark(a), mark(b)]))
        });
        let mut taken = Vec::new();
        queue.take(2, |mark| taken.push(mark.viewer().get()));
        for producer in producers {
            producer.join().unwrap();
        }
        queue.take(usize::MAX, |mark| taken.push(mark.viewer().get()));
        taken.sort_unstable();
        if queue.take_lost() {
            assert!(queue.dropped() == 2 || queue.dropped() == 4);
            assert_eq!(taken.len() as u64 + queue.dropped(), 5);
        } else {
            assert_eq!(taken, [1, 2, 3, 4, 5]);
        }
        taken.dedup();
        assert!(taken.len() as u64 + queue.dropped() == 5, "one came twice");
        let left = queue.take(usize::MAX, |_| ());
        assert_eq!(left, 0, "taken and still there");
    });
}

/// A place that was emptied is filled again at once, by whoever sees the new head.
#[test]
fn a_queue_that_wraps_hands_out_each_mark_once() {
    explore(|| {
        let queue = Arc::new(Queue::new(1));
        queue.put(&[mark(1)]);
        let producer = {
            let queue = Arc::clone(&queue);
            loom::thread::spawn(move || {
                queue.put(&[mark(2)]);
                queue.put(&[mark(3)]);
            })
        };
        let mut taken = Vec::new();
        for _ in 0..2 {
            queue.take(usize::MAX, |mark| taken.push(mark.viewer().get()));
        }
        producer.join().unwrap();
        queue.take(usize::MAX, |mark| taken.push(mark.viewer().get()));
        assert_eq!(taken.len() as u64 + queue.dropped(), 3);
        assert!(taken.is_sorted());
        assert_eq!(queue.take_lost(), queue.dropped() > 0);
    });
}
