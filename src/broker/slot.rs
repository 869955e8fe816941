//! A slot: a user's place in the world's tables for as long as she is resident.

use std::num::NonZeroU32;

/// Never 0, so that an empty word in a channel is no edge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Slot(NonZeroU32);

impl Slot {
    /// Leaves five bits of a u32 for the flags of an edge: 134 million people.
    pub(crate) const BITS: u32 = 27;
    pub(crate) const MASK: u32 = (1 << Self::BITS) - 1;

    #[inline]
    pub(crate) fn from_bits(bits: u32) -> Option<Self> {
        NonZeroU32::new(bits & Self::MASK).map(Self)
    }

    #[inline]
    pub(crate) const fn get(self) -> u32 {
        self.0.get()
    }

    #[inline]
    pub(crate) fn index(self) -> usize {
        self.0.get() as usize
    }
}
