//! A lock per user, so that the store and the world are changed in one order.
//!
//! A fixed table by keyed hash: two users may share an entry, and nobody can choose to.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Mutex, MutexGuard};

const ENTRIES: usize = 1024;

pub(super) struct Locks {
    key: RandomState,
    entries: Box<[Entry]>,
}

#[derive(Default)]
struct Entry {
    lock: Mutex<()>,
    /// Erasures of whoever shares it.
    erased: AtomicU64,
}

/// How often somebody had been erased when a request of hers was believed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Believed(u64);

/// While it lives nobody else changes these users.
pub(super) struct Held<'a> {
    _first: MutexGuard<'a, ()>,
    _second: Option<MutexGuard<'a, ()>>,
}

impl Locks {
    pub(super) fn new() -> Self {
        Self {
            key: RandomState::new(),
            entries: (0..ENTRIES).map(|_| Entry::default()).collect(),
        }
    }

    fn entry(&self, user: &str) -> usize {
        self.key.hash_one(user) as usize % ENTRIES
    }

    pub(super) fn believed(&self, user: &str) -> Believed {
        let erased = &self.entries[self.entry(user)].erased;
        Believed(erased.load(Ordering::SeqCst))
    }

    /// The caller holds her.
    pub(super) fn note_erased(&self, user: &str) {
        let erased = &self.entries[self.entry(user)].erased;
        erased.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) async fn one(&self, user: &str) -> Held<'_> {
        Held {
            _first: self.entries[self.entry(user)].lock.lock().await,
            _second: None,
        }
    }

    /// In the order of the table, so two who take the same two never wait for each other.
    pub(super) async fn two(&self, one: &str, other: &str) -> Held<'_> {
        let (one, other) = (self.entry(one), self.entry(other));
        let first = self.entries[one.min(other)].lock.lock().await;
        let second = if one == other {
            None
        } else {
            Some(self.entries[one.max(other)].lock.lock().await)
        };
        Held {
            _first: first,
            _second: second,
        }
    }
}
