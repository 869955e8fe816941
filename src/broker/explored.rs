//! The broker under loom: its own code, driven by two workers, with every schedule of their
//! atomic operations up to `LOOM_MAX_PREEMPTIONS` preemptions (2 if not said otherwise), and with
//! every value that a load may return.
//!
//! Each model is made ready by one thread, then two act at once, then one looks at the outcome.
//! Ids and profiles live in DashMaps, which loom does not see; nobody contends for them here.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex};

use nearcast_grid::Position;

use super::marks::{Mark, Queue};
use super::slot::Slot;
use super::sync::{AtomicBool, Ordering};
use super::{About, Account, Broker, Config, Hello, Move, Page, SessionId, Sink, Worker};
use crate::wire::server::{PersonBuf, WhoBuf};
use crate::wire::{Encoding, Event, Mode, Person, decode_server};

const NOW: u64 = 1_795_000_020_000;

/// Along a meridian, in metres; the radius is 8 km.
type Metres = i32;
const HERE: Metres = 0;
const NEAR: Metres = 1_000;
/// A hundred metres long; this is in the middle.
const MARGIN: Metres = 8_050;
const FAR: Metres = 20_000;
const FARTHER: Metres = 40_000;

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

fn to(metres: Metres) -> Move {
    Move {
        // The smallest unit is a little more than a centimetre.
        position: Position::from_e7(375_000_000 + 901 * metres / 10, 1_270_000_000)
            .expect("on the globe"),
        about: About::new(None, None, None),
        at: None,
    }
}

/// One session's client: what its frames have shown it, in order.
#[derive(Clone, Default)]
struct Client {
    seen: Arc<Mutex<Seen>>,
    /// From here on nothing about anybody may be encoded but one exit. Loom sees it, so that it
    /// comes before and after everything that it might.
    closed: Arc<AtomicBool>,
}

#[derive(Default)]
struct Seen {
    shown: BTreeMap<String, Position>,
    /// Everybody whom a frame has named.
    named: Vec<String>,
    exits_since: usize,
}

impl Client {
    fn shows(&self, user: &str) -> Option<Position> {
        self.seen.lock().unwrap().shown.get(user).copied()
    }
}

impl Sink for Client {
    fn is_full(&mut self, _: SessionId) -> bool {
        false
    }

    fn frame(&mut self, _: SessionId, frame: &[u8]) {
        let message = decode_server(Encoding::Protobuf, frame).unwrap();
        let Event::Changes(changes) = message.body else {
            panic!("a sweep says changes");
        };
        let closed = self.closed.load(Ordering::Relaxed);
        let mut seen = self.seen.lock().unwrap();
        for person in changes.entered.iter().chain(&changes.moved) {
            let PersonBuf::Friend(friend) = person else {
                panic!("a friend")
            };
            assert!(!closed, "{friend:?} after the boundary");
            seen.named.push(friend.user.to_string());
            seen.shown.insert(friend.user.to_string(), friend.position);
        }
        for exit in changes.exited {
            let WhoBuf::User(user) = exit.who else {
                panic!("a friend")
            };
            let gone = seen.shown.remove(user.as_str());
            assert!(gone.is_some(), "{user} was not shown");
            seen.exits_since += usize::from(closed);
            seen.named.push(user.to_string());
        }
    }
}

/// Ann on the first worker, Bob on the second.
struct Two {
    ann: Side,
    bob: Side,
}

struct Side {
    worker: Worker,
    session: SessionId,
    client: Client,
}

impl Side {
    fn go(&mut self, metres: Metres) {
        self.worker
            .move_to(self.session, &to(metres), NOW)
            .expect("a live session");
    }

    fn sweep(&mut self) {
        self.worker.sweep(NOW, &mut self.client);
    }
}

impl Two {
    /// Friends, and each swept.
    fn at(ann: Metres, bob: Metres) -> Self {
        let config = Config {
            users: 2,
            edges: 8,
            marks: 8,
            friends: 2,
            key: [7; 32],
            ..Config::default()
        };
        let mut sides = Broker::new(config, 2).into_iter().zip(["ann", "bob"]);
        let mut side = || {
            let (mut worker, user) = sides.next().expect("two workers");
            worker.admit(user, &Account::default(), NOW).unwrap();
            let hello = Hello {
                encoding: Encoding::Protobuf,
                friends: true,
                strangers: false,
                radius_m: 8_000.0,
                observes: false,
            };
            let opened = worker.open(user, &hello).unwrap();
            Side {
                worker,
                session: opened.session,
                client: Client::default(),
            }
        };
        let mut two = Self {
            ann: side(),
            bob: side(),
        };
        two.ann.go(ann);
        two.bob.go(bob);
        two.ann.worker.befriend("ann", "bob").unwrap();
        two.ann.worker.tidy(NOW);
        two.sweep();
        two
    }

    fn sweep(&mut self) {
        self.ann.sweep();
        self.bob.sweep();
    }

    /// Both at once.
    fn run(
        self,
        ann: impl FnOnce(&mut Side) + 'static,
        bob: impl FnOnce(&mut Side) + 'static,
    ) -> Self {
        let Self {
            ann: mut ann_side,
            bob: mut bob_side,
        } = self;
        let other = loom::thread::spawn(move || {
            bob(&mut bob_side);
            bob_side
        });
        ann(&mut ann_side);
        Self {
            ann: ann_side,
            bob: other.join().unwrap(),
        }
    }

    /// After a last sweep, both clients show what is so.
    fn agree(mut self, see_each_other: bool) {
        self.sweep();
        let position = |user: &str| {
            let broker = self.ann.worker.broker();
            let slot = broker.slot(user).ok()?;
            see_each_other.then(|| broker.world.resident(slot).position())
        };
        assert_eq!(self.ann.client.shows("bob"), position("bob"), "ann's view");
        assert_eq!(self.bob.client.shows("ann"), position("ann"), "bob's view");
    }
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
        assert!(queue.is_empty());
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
