//! Real threads, one worker each, in lock-step: after every pass both see the truth.
//!
//! `NEARCAST_PASSES` says how many (20,000 if not); the run is the same each time but for what
//! the machine makes of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod friendships;
mod sharing;
mod snapshots;
mod strangers;
mod walks;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use nearcast::broker::{About, Account, Broker, Config, Hello, Move, SessionId, Sink, Worker};
use nearcast::wire::server::{PersonBuf, WhoBuf};
use nearcast::wire::{Encoding, Event, decode_server};
use nearcast_grid::Position;

const NOW: u64 = 1_795_000_020_000;
const EPOCH_MS: u64 = 15_000;
const NAMES: [&str; 6] = ["ann", "bob", "cid", "dan", "eve", "fay"];
/// Places so far apart that who is at another one is out of view.
const PLACES: u64 = 3;

fn passes() -> u64 {
    let said = std::env::var("NEARCAST_PASSES").ok();
    said.map_or(20_000, |passes| passes.parse().unwrap())
}

/// When a pass is, if each is an epoch of its own.
fn epoch(pass: u64) -> u64 {
    NOW + pass * EPOCH_MS
}

fn place_e7(number: usize) -> i32 {
    375_000_000 + 5_000_000 * number as i32
}

fn place(number: usize) -> Move {
    Move {
        position: Position::from_e7(place_e7(number), 1_270_000_000).unwrap(),
        about: About::new(None, None, None),
        at: None,
    }
}

/// Where a user is to go in a pass, known to everybody.
fn destination(user: usize, pass: u64) -> usize {
    (mixed(pass * 8 + user as u64) % PLACES) as usize
}

fn mixed(seed: u64) -> u64 {
    let seed = (seed ^ seed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let seed = (seed ^ seed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    seed ^ seed >> 31
}

/// All threads are here before any goes on. It spins, so that they go on at the same moment.
struct Gate {
    threads: usize,
    arrived: AtomicUsize,
    failed: AtomicBool,
}

impl Gate {
    fn new(threads: usize) -> Self {
        Self {
            threads,
            arrived: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
        }
    }

    fn pass(&self) {
        let number = self.arrived.fetch_add(1, Ordering::SeqCst) / self.threads;
        let mut spins = 0;
        while self.arrived.load(Ordering::SeqCst) < (number + 1) * self.threads {
            spins += 1;
            if spins % 200 == 0 {
                assert!(
                    !self.failed.load(Ordering::Relaxed),
                    "another thread has failed"
                );
                std::thread::yield_now();
            }
            std::hint::spin_loop();
        }
    }
}

/// A thread that fails does not leave the others waiting.
struct Watched<'a>(&'a Gate);

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.failed.store(true, Ordering::Relaxed);
        }
    }
}

/// What one thread sweeps: users and what their clients show.
struct Clients<'a> {
    users: Vec<(usize, SessionId, BTreeMap<usize, Position>)>,
    ended: &'a Ended,
}

/// Pairs that may not be mentioned: their boundary has passed.
struct Ended([[AtomicBool; 6]; 6]);

impl Ended {
    fn new() -> Self {
        Self(std::array::from_fn(|_| {
            std::array::from_fn(|_| AtomicBool::new(false))
        }))
    }

    fn set(&self, one: usize, other: usize, ended: bool) {
        self.0[one][other].store(ended, Ordering::SeqCst);
        self.0[other][one].store(ended, Ordering::SeqCst);
    }

    fn is(&self, one: usize, other: usize) -> bool {
        self.0[one][other].load(Ordering::SeqCst)
    }
}

impl Sink for Clients<'_> {
    fn is_full(&mut self, _: SessionId) -> bool {
        false
    }

    fn frame(&mut self, session: SessionId, frame: &[u8]) {
        let (viewer, _, shown) = self
            .users
            .iter_mut()
            .find(|(_, of, _)| *of == session)
            .unwrap();
        let message = decode_server(Encoding::Protobuf, frame).unwrap();
        let Event::Changes(changes) = message.body else {
            panic!("a sweep says changes");
        };
        let number = |user: &str| NAMES.iter().position(|name| *name == user).unwrap();
        for person in changes.entered.iter().chain(&changes.moved) {
            let PersonBuf::Friend(friend) = person else {
                panic!("only friends are here");
            };
            let subject = number(friend.user.as_str());
            assert!(
                !self.ended.is(*viewer, subject),
                "{subject} told to {viewer} too late"
            );
            shown.insert(subject, friend.position);
        }
        for exit in changes.exited {
            let WhoBuf::User(user) = &exit.who else {
                panic!("only friends are here");
            };
            let gone = shown.remove(&number(user.as_str()));
            assert!(gone.is_some(), "{user} was not shown");
        }
    }
}

fn config() -> Config {
    Config {
        users: 8,
        edges: 1 << 10,
        marks: 1 << 10,
        friends: 8,
        ..Config::default()
    }
}

/// As many workers as there are lists of users, each with the sessions of its own; all are
/// friends with each other.
fn town<'a>(homes: &[&[usize]], ended: &'a Ended) -> Vec<(Worker, Clients<'a>)> {
    town_of(config(), homes, ended)
}

fn town_of<'a>(config: Config, homes: &[&[usize]], ended: &'a Ended) -> Vec<(Worker, Clients<'a>)> {
    let mut town: Vec<_> = Broker::new(config, homes.len())
        .into_iter()
        .zip(homes)
        .map(|(mut worker, users)| {
            let mut open = |user: &usize| {
                worker
                    .admit(NAMES[*user], &Account::default(), NOW)
                    .unwrap();
                let hello = Hello {
                    encoding: Encoding::Protobuf,
                    friends: true,
                    strangers: false,
                    radius_m: 8_000.0,
                    observes: false,
                };
                let opened = worker.open(NAMES[*user], &hello).unwrap();
                worker.move_to(opened.session, &place(0), NOW).unwrap();
                (*user, opened.session, BTreeMap::new())
            };
            let users = users.iter().map(&mut open).collect();
            (worker, Clients { users, ended })
        })
        .collect();
    let everybody: Vec<usize> = homes.iter().copied().flatten().copied().collect();
    for one in &everybody {
        for other in everybody.iter().filter(|other| *other < one) {
            town[0].0.befriend(NAMES[*one], NAMES[*other]).unwrap();
        }
    }
    for (worker, clients) in &mut town {
        worker.sweep(NOW, clients);
    }
    town
}

/// Some of the time that a move takes, so that moves meet in all ways.
fn linger(seed: u64) {
    for _ in 0..mixed(seed) % 128 {
        std::hint::spin_loop();
    }
}
