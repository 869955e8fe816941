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
    writes: Arc<[AtomicU64]>,
}

impl Pen {
    pub(super) fn new(to: Connection, epoch: u64) -> Self {
        Self {
            to,
            epoch,
            writes: (0..=GROUPS).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// Writes that were answered.
    pub(super) fn writes(&self, names: &Names) -> u64 {
        self.writes[names.number].load(Ordering::Acquire)
    }

    pub(super) fn has_written(&self, names: &Names, count: u64) {
        self.writes[names.number].fetch_max(count, Ordering::AcqRel);
    }
}
