//! Two friends, each on a worker of her own, and what their clients were shown.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use nearcast_grid::Position;

use super::super::sync::{AtomicBool, Ordering};
use super::super::{About, Account, Broker, Config, Hello, Move, SessionId, Sink, Worker};
use crate::wire::server::{PersonBuf, WhoBuf};
use crate::wire::{Encoding, Event, decode_server};

pub(super) const NOW: u64 = 1_795_000_020_000;

/// Along a meridian, in metres; the radius is 8 km.
pub(super) type Metres = i32;
pub(super) const HERE: Metres = 0;
pub(super) const NEAR: Metres = 1_000;
/// Half of the way between two who are out of each other's sight.
pub(super) const MIDDLE: Metres = 7_000;
/// A hundred metres long; this is in the middle.
pub(super) const MARGIN: Metres = 8_050;
pub(super) const FAR: Metres = 20_000;
pub(super) const FARTHER: Metres = 40_000;

pub(super) fn to(metres: Metres) -> Move {
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
pub(super) struct Client {
    pub(super) seen: Arc<Mutex<Seen>>,
    /// From here on nothing about anybody may be encoded but one exit. Loom sees it, so that it
    /// comes before and after everything that it might.
    pub(super) closed: Arc<AtomicBool>,
}

#[derive(Default)]
pub(super) struct Seen {
    pub(super) shown: BTreeMap<String, Position>,
    /// Everybody whom a frame has named.
    pub(super) named: Vec<String>,
    pub(super) exits_since: usize,
}

impl Client {
    pub(super) fn shows(&self, user: &str) -> Option<Position> {
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
pub(super) struct Two {
    pub(super) ann: Side,
    pub(super) bob: Side,
}

pub(super) struct Side {
    pub(super) worker: Worker,
    pub(super) session: SessionId,
    pub(super) client: Client,
}

impl Side {
    pub(super) fn go(&mut self, metres: Metres) {
        self.worker
            .move_to(self.session, &to(metres), NOW)
            .expect("a live session");
    }

    pub(super) fn sweep(&mut self) {
        self.worker.sweep(NOW, &mut self.client);
    }
}

impl Two {
    /// Friends, and each swept.
    pub(super) fn at(ann: Metres, bob: Metres) -> Self {
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

    pub(super) fn sweep(&mut self) {
        self.ann.sweep();
        self.bob.sweep();
    }

    /// Both at once.
    pub(super) fn run(
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
    pub(super) fn agree(mut self, see_each_other: bool) {
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
