//! Pulses: how one worker knows that every other has looked up from what it was doing.
//!
//! A worker beats once when it begins to read other people's state and once when it is done (odd
//! while it reads). Who has changed what others may see takes a [`Boundary`]; when it has passed,
//! nothing that is encoded anywhere is older than the change.

use super::sync::{AtomicU64, Ordering, fence};

/// Loom lets a sequentially consistent load read a release store from before a sequentially
/// consistent one, which the language does not; so there both are.
const AT_REST: Ordering = if cfg!(loom) {
    Ordering::SeqCst
} else {
    Ordering::Release
};

/// On a line of its own: its worker writes it at each operation.
#[repr(align(64))]
#[derive(Default)]
struct Pulse(AtomicU64);

pub(crate) struct Pulses(Box<[Pulse]>);

/// What every worker was doing at one instant.
#[derive(Clone, Debug)]
pub struct Boundary(Vec<u64>);

impl Pulses {
    pub(crate) fn new(workers: usize) -> Self {
        Self((0..workers).map(|_| Pulse::default()).collect())
    }

    #[inline]
    pub(crate) fn begin(&self, worker: usize) {
        let pulse = &self.0[worker].0;
        let rests = pulse.load(Ordering::Relaxed);
        debug_assert!(
            rests.is_multiple_of(2),
            "one who reads within reading seems at rest"
        );
        // A swap and not a store: what this worker reads from here on is not older than a boundary
        // that saw it at rest.
        pulse.swap(rests + 1, Ordering::SeqCst);
    }

    #[inline]
    pub(crate) fn end(&self, worker: usize) {
        let pulse = &self.0[worker].0;
        pulse.store(pulse.load(Ordering::Relaxed) + 1, AT_REST);
    }

    pub(crate) fn boundary(&self) -> Boundary {
        fence(Ordering::SeqCst);
        Boundary(
            self.0
                .iter()
                .map(|pulse| pulse.0.load(Ordering::SeqCst))
                .collect(),
        )
    }

    /// Whether every worker has been at rest since.
    pub(crate) fn passed(&self, boundary: &Boundary) -> bool {
        boundary
            .0
            .iter()
            .zip(&self.0)
            .all(|(&then, pulse)| then.is_multiple_of(2) || pulse.0.load(Ordering::Acquire) != then)
    }
}
