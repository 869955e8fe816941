//! What everybody counts together, second by second.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::tally::Second;
use crate::truth::Judge;

/// Counts of the second that goes on.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    connected: AtomicI64,
    frames: AtomicU64,
    deliveries: AtomicU64,
    errors: AtomicU64,
    /// Shared with what reads.
    pub(crate) bytes: Arc<AtomicU64>,
    second: Mutex<Second>,
}

impl Counts {
    pub(crate) fn connected(&self, more: i64) {
        self.connected.fetch_add(more, Ordering::Relaxed);
    }

    /// A message that tells of so many people who came or moved.
    pub(crate) fn frame(&self, people: usize) {
        self.frames.fetch_add(1, Ordering::Relaxed);
        self.deliveries.fetch_add(people as u64, Ordering::Relaxed);
    }

    pub(crate) fn error(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn moved(&self) {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        second.moves += 1;
    }

    /// How late the tool was for what nobody else held up.
    pub(crate) fn lagged(&self, late: Duration) {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        second.lateness.record(late);
    }

    /// From when somebody wanted to be connected to her welcome, or until she waits no longer for
    /// one; however often that was tried.
    pub(crate) fn called(&self, took: Duration) {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        second.connecting.record(took);
    }

    /// Counts what was found, and leaves nothing of it.
    pub(crate) fn take(&self, judge: &mut Judge) {
        if judge.checked == 0 && judge.took_us.is_empty() && judge.faults.total() == 0 {
            return;
        }
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        second.checked += std::mem::take(&mut judge.checked);
        second.faults.merge(&std::mem::take(&mut judge.faults));
        for took_us in judge.took_us.drain(..) {
            second.latency.record(Duration::from_micros(took_us));
        }
    }

    /// Ends the second that goes on.
    pub(crate) fn end(&self, at_s: u32) -> Second {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        let mut ended = std::mem::take(&mut *second);
        drop(second);
        ended.at_s = at_s;
        ended.connected = self.connected.load(Ordering::Relaxed).max(0) as u32;
        ended.deliveries = self.deliveries.swap(0, Ordering::Relaxed);
        ended.frames = self.frames.swap(0, Ordering::Relaxed);
        ended.errors = self.errors.swap(0, Ordering::Relaxed);
        ended.bytes = self.bytes.swap(0, Ordering::Relaxed);
        ended
    }
}
