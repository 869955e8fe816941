//! A slot: a user's place in the world's tables for as long as she is resident.

use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::num::NonZeroU32;

use dashmap::DashMap;

/// Never 0, so that an empty word in a channel is no edge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Slot(NonZeroU32);

/// What some of the residents have. Slots are given by the server, so nobody can choose where they
/// fall.
pub(crate) type BySlot<T> = DashMap<Slot, T, BuildHasherDefault<AsIs>>;

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

impl Hash for Slot {
    /// Spread over a map's shards and groups.
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.get()).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    }
}

/// For keys that are words spread already.
#[derive(Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn write(&mut self, _: &[u8]) {
        unreachable!("only words that are hashes already are hashed here")
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
