//! How the snapshot of positions outside the process fares; told by whoever makes it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::{Counts, Durations};

#[derive(Debug, Default)]
pub struct Snapshot {
    state: Mutex<State>,
    pub rounds: Counts<()>,
    pub changes: Counts<()>,
    pub errors: Counts<()>,
    pub restored: Counts<()>,
    /// Kept, and not as we keep.
    pub malformed: Counts<()>,
    pub expired: Counts<()>,
    pub erased: Counts<()>,
    pub round: Durations<()>,
    last_changes: AtomicU64,
    last_ms: AtomicU64,
    pending: AtomicU64,
    /// When the last round began that kept all there was; 0: none has.
    whole_at_ms: AtomicU64,
}

/// What it is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Not configured.
    #[default]
    Off,
    /// Redis cannot be reached.
    Away(String),
    /// It is there, and refuses some of what it is to keep, or all.
    Refused(String),
    /// Another server writes there.
    Waiting(String),
    /// As the so-manyth who does.
    Writing(u64),
}

/// How it is at one moment.
#[derive(Clone, Debug, Default)]
pub struct Snapped {
    pub state: State,
    /// Age of the oldest change that may not be kept.
    pub lag_ms: u64,
    pub last_changes: u64,
    pub last_round_ms: u64,
    /// Erasures that were asked for here, and perhaps are not done there.
    pub pending_erasures: u64,
}

impl Snapshot {
    pub fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    pub fn state(&self) -> State {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.clone()
    }

    /// A round that began then has kept all there was; or the server has just begun.
    pub fn is_whole(&self, at_ms: u64) {
        self.whole_at_ms.store(at_ms, Ordering::Relaxed);
    }

    pub fn last_round(&self, changes: u64, took_ms: u64) {
        self.last_changes.store(changes, Ordering::Relaxed);
        self.last_ms.store(took_ms, Ordering::Relaxed);
    }

    pub fn pending(&self, erasures: u64) {
        self.pending.store(erasures, Ordering::Relaxed);
    }

    pub fn now(&self, now_ms: u64) -> Snapped {
        let whole_at = self.whole_at_ms.load(Ordering::Relaxed);
        Snapped {
            state: self.state(),
            lag_ms: if whole_at == 0 {
                0
            } else {
                now_ms.saturating_sub(whole_at)
            },
            last_changes: self.last_changes.load(Ordering::Relaxed),
            last_round_ms: self.last_ms.load(Ordering::Relaxed),
            pending_erasures: self.pending.load(Ordering::Relaxed),
        }
    }
}
