//! Glances: what a move must know of nearly every friend, in four bytes instead of a line:
//! roughly where she is and which worker sweeps her. Forty million bytes for ten million people
//! stay mostly in the cache, their lines do not.
//!
//! A glance answers for a pair that sees each other only; what it leaves open is read in the line.
//! An old patch does no harm: such a pair is marked by whichever of the two moves. An old home
//! does none either: a session makes its home known before it first reads where her friends are,
//! and a mover looks for it after she has gone there, so that one of the two sees the other.

use nearcast_grid::{Patch, Position};

use super::config::MOST_WORKERS;
use super::memory;
use super::slot::Slot;
use super::sync::{AtomicU32, Ordering, zeroed};

/// A patch, and above it the worker plus one; 0 for none, or more than one.
#[derive(Clone, Copy)]
pub(crate) struct Glance(u32);

const PATCH: u32 = (1 << Patch::BITS) - 1;
const _: () = assert!(MOST_WORKERS < 1 << (u32::BITS - Patch::BITS));

impl Glance {
    #[inline]
    pub(crate) fn patch(self) -> Patch {
        Patch::from_bits(self.0)
    }

    /// The worker that sweeps all her sessions.
    #[inline]
    pub(crate) fn home(self) -> Option<usize> {
        ((self.0 >> Patch::BITS) as usize).checked_sub(1)
    }
}

pub(crate) struct Glances(Box<[AtomicU32]>);

impl Glances {
    pub(crate) fn new(slots: usize) -> Self {
        let glances = zeroed(slots);
        memory::huge(&glances, memory::FEW);
        Self(glances)
    }

    #[inline]
    pub(crate) fn at(&self, place: usize) -> Glance {
        Glance(self.0[place].load(Ordering::SeqCst))
    }

    #[inline]
    pub(crate) fn expect_at(&self, place: usize) {
        memory::prefetch_at(&self.0, place);
    }

    #[inline]
    pub(crate) fn set_patch(&self, slot: Slot, position: Position) {
        self.change(slot, PATCH, Patch::of(position).to_bits());
    }

    pub(crate) fn set_home(&self, slot: Slot, worker: Option<usize>) {
        let home = worker.map_or(0, |worker| worker as u32 + 1);
        self.change(slot, !PATCH, home << Patch::BITS);
    }

    #[inline]
    fn change(&self, slot: Slot, mask: u32, bits: u32) {
        let glance = &self.0[slot.index()];
        let mut was = glance.load(Ordering::SeqCst);
        // Mostly she is where she was, and a read is cheaper.
        while was & mask != bits {
            let now = was & !mask | bits;
            match glance.compare_exchange_weak(was, now, Ordering::SeqCst, Ordering::SeqCst) {
                Ok(_) => return,
                Err(newer) => was = newer,
            }
        }
    }
}
