//! Counters and histograms of atomics: no lock, no allocation after they are made.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Label;

/// A counter for each value of a label.
#[derive(Debug)]
pub struct Counts<L> {
    counts: Box<[AtomicU64]>,
    label: PhantomData<fn(L)>,
}

impl<L: Label> Default for Counts<L> {
    fn default() -> Self {
        Self {
            counts: L::ALL.iter().map(|_| AtomicU64::new(0)).collect(),
            label: PhantomData,
        }
    }
}

impl<L: Label> Counts<L> {
    pub fn one(&self, label: L) {
        self.add(label, 1);
    }

    pub fn add(&self, label: L, more: u64) {
        self.counts[label.index()].fetch_add(more, Ordering::Relaxed);
    }

    pub fn get(&self, label: L) -> u64 {
        self.counts[label.index()].load(Ordering::Relaxed)
    }
}

/// Upper bounds of the buckets in seconds: from what a move takes to what nobody should wait.
pub(super) const BOUNDS: [f64; 14] = [
    1e-6,
    5e-6,
    2e-5,
    1e-4,
    5e-4,
    1e-3,
    5e-3,
    1e-2,
    5e-2,
    0.1,
    0.5,
    1.0,
    5.0,
    f64::INFINITY,
];

/// A histogram of times for each value of a label.
#[derive(Debug)]
pub struct Durations<L> {
    timed: Box<[Timed]>,
    label: PhantomData<fn(L)>,
}

#[derive(Debug, Default)]
struct Timed {
    buckets: [AtomicU64; BOUNDS.len()],
    nanoseconds: AtomicU64,
}

impl<L: Label> Default for Durations<L> {
    fn default() -> Self {
        Self {
            timed: L::ALL.iter().map(|_| Timed::default()).collect(),
            label: PhantomData,
        }
    }
}

impl<L: Label> Durations<L> {
    pub fn took(&self, label: L, time: std::time::Duration) {
        let seconds = time.as_secs_f64();
        let bucket = BOUNDS.partition_point(|bound| *bound < seconds);
        let timed = &self.timed[label.index()];
        timed.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        let nanoseconds = time.as_nanos() as u64;
        timed.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// Adds what was counted for a label to a sum.
    pub(super) fn add_to(&self, sum: &mut Summed, label: L) {
        let timed = &self.timed[label.index()];
        sum.seconds += timed.nanoseconds.load(Ordering::Relaxed) as f64 / 1e9;
        for (total, bucket) in sum.buckets.iter_mut().zip(&timed.buckets) {
            total.1 += bucket.load(Ordering::Relaxed);
        }
    }
}

/// A histogram as it is told, each bucket without those below.
pub(super) struct Summed {
    pub(super) seconds: f64,
    pub(super) buckets: [(f64, u64); BOUNDS.len()],
}

impl Default for Summed {
    fn default() -> Self {
        Self {
            seconds: 0.0,
            buckets: BOUNDS.map(|bound| (bound, 0)),
        }
    }
}
