//! A lock per user, so that the store and the world are changed in one order.
//!
//! A fixed table by keyed hash: two users may share an entry, and nobody can choose to.

use std::hash::{BuildHasher, RandomState};

use tokio::sync::{Mutex, MutexGuard};

const ENTRIES: usize = 1024;

pub(super) struct Locks {
    key: RandomState,
    entries: Box<[Mutex<()>]>,
}

/// While it lives nobody else changes these users.
pub(super) struct Held<'a> {
    _first: MutexGuard<'a, ()>,
    _second: Option<MutexGuard<'a, ()>>,
}

impl Locks {
    pub(super) fn new() -> Self {
        Self {
            key: RandomState::new(),
            entries: (0..ENTRIES).map(|_| Mutex::default()).collect(),
        }
    }

    fn entry(&self, user: &str) -> usize {
        self.key.hash_one(user) as usize % ENTRIES
    }

    pub(super) async fn one(&self, user: &str) -> Held<'_> {
        Held {
            _first: self.entries[self.entry(user)].lock().await,
            _second: None,
        }
    }

    /// In the order of the table, so two who take the same two never wait for each other.
    pub(super) async fn two(&self, one: &str, other: &str) -> Held<'_> {
        let (one, other) = (self.entry(one), self.entry(other));
        let first = self.entries[one.min(other)].lock().await;
        let second = if one == other {
            None
        } else {
            Some(self.entries[one.max(other)].lock().await)
        };
        Held {
            _first: first,
            _second: second,
        }
    }
}
