//! What it takes to write: a connection, the epoch of the lease, and how often each group was
//! written. Who finds fewer writes than she knows of has found Redis as it was some time ago.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::keys::{GROUPS, Names};
use super::link::Connection;

/// Cheap to clone: all clones know of the same writes.
#[derive(Clone)]
pub(super) struct Pen {
    pub(super) to: Connection,
    pub(super) epoch: u64,
    /// By group, the shared one last.
    written: Arc<[Written]>,
}

/// Writes of one group, of which several may be under way at once.
#[derive(Default)]
struct Written {
    /// The most that Redis has counted.
    highest: AtomicU64,
    /// Those that were answered. Of one that was answered and lost, others under way take the number.
    answered: AtomicU64,
}

impl Pen {
    pub(super) fn new(to: Connection, epoch: u64) -> Self {
        Self {
            to,
            epoch,
            written: (0..=GROUPS).map(|_| Written::default()).collect(),
        }
    }

    /// How many writes a group has had at least.
    pub(super) fn writes(&self, names: &Names) -> u64 {
        let Written { highest, answered } = &self.written[names.number];
        let highest = highest.load(Ordering::Acquire);
        highest.max(answered.load(Ordering::Acquire))
    }

    /// A write was answered, as the `count`th.
    pub(super) fn has_written(&self, names: &Names, count: u64) {
        let Written { highest, answered } = &self.written[names.number];
        highest.fetch_max(count, Ordering::AcqRel);
        answered.fetch_add(1, Ordering::AcqRel);
    }
}
