//! User ids as the world keeps them: 24 bytes in the resident's line, or the long ones aside.

use std::hash::{BuildHasherDefault, Hasher};

use dashmap::DashMap;
use siphasher::sip128::{Hasher128, SipHasher13};

use super::slot::{AsIs, BySlot, Slot};
use super::sync::{AtomicU64, Ordering};

/// A user id of up to 23 bytes; the last byte is its length, so that the id is aligned and read by
/// words. A longer one is in [`Roster::long`].
#[cfg_attr(not(loom), derive(zerocopy::FromZeros))]
#[derive(Default)]
pub(crate) struct StoredId([AtomicU64; 3]);

const INLINE: usize = 23;
const LONG: u8 = 0xff;

/// Room for any id.
pub(crate) type IdBuffer = [u8; 64];

impl StoredId {
    fn set(&self, id: &str) {
        let mut bytes = [0; 24];
        if id.len() <= INLINE {
            bytes[..id.len()].copy_from_slice(id.as_bytes());
            bytes[INLINE] = id.len() as u8;
        } else {
            bytes[INLINE] = LONG;
        }
        for (word, chunk) in self.0.iter().zip(bytes.chunks_exact(8)) {
            let chunk = chunk.try_into().expect("chunks of eight");
            word.store(u64::from_le_bytes(chunk), Ordering::Release);
        }
    }

    /// The id, if it is a short one.
    #[inline]
    fn short<'b>(&self, buffer: &'b mut IdBuffer) -> Option<&'b str> {
        for (word, chunk) in self.0.iter().zip(buffer.chunks_exact_mut(8)) {
            chunk.copy_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        let len = usize::from(buffer[INLINE]);
        let bytes = buffer.get(..len).filter(|_| len <= INLINE)?;
        std::str::from_utf8(bytes).ok()
    }
}

/// 96 bits of a keyed hash of an id: with ten million users two share one with probability 1e-15.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Fingerprint([u32; 3]);

impl std::hash::Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(u64::from(self.0[0]) << 32 | u64::from(self.0[1]));
    }
}

/// Who is resident, by id.
pub(crate) struct Roster {
    key: [u8; 16],
    slots: DashMap<Fingerprint, Slot, BuildHasherDefault<AsIs>>,
    /// Ids too long for the resident's line.
    long: BySlot<Box<str>>,
}

impl Roster {
    /// They grow as people come: room for everybody at once would scatter a few over all of its
    /// pages. Who is looked up in one that grows waits for it; so many are small even with ten
    /// million users, a megabyte each.
    const SHARDS: usize = 256;

    pub(crate) fn new(key: [u8; 16]) -> Self {
        Self {
            key,
            slots: DashMap::with_hasher_and_shard_amount(Default::default(), Self::SHARDS),
            long: BySlot::default(),
        }
    }

    fn fingerprint(&self, id: &str) -> Fingerprint {
        let mut hasher = SipHasher13::new_with_key(&self.key);
        hasher.write(id.as_bytes());
        let hash = hasher.finish128();
        Fingerprint([hash.h1 as u32, (hash.h1 >> 32) as u32, hash.h2 as u32])
    }

    pub(crate) fn slot(&self, id: &str) -> Option<Slot> {
        self.slots.get(&self.fingerprint(id)).map(|slot| *slot)
    }

    /// Enters a user, unless she is there or `slot` has none to give.
    pub(crate) fn enter(
        &self,
        id: &str,
        stored: impl FnOnce() -> Option<Slot>,
        line: impl FnOnce(Slot, &dyn Fn(&StoredId)),
    ) -> Option<Slot> {
        use dashmap::Entry;
        match self.slots.entry(self.fingerprint(id)) {
            Entry::Occupied(entry) => Some(*entry.get()),
            Entry::Vacant(entry) => {
                let slot = stored()?;
                if id.len() > INLINE {
                    self.long.insert(slot, id.into());
                }
                line(slot, &|place| place.set(id));
                entry.insert(slot);
                Some(slot)
            }
        }
    }

    /// Nobody finds her by her id any more; her slot still answers it.
    pub(crate) fn leave(&self, id: &str) {
        self.slots.remove(&self.fingerprint(id));
    }

    /// Forgets the id of a slot that is free.
    pub(crate) fn forget(&self, slot: Slot) {
        self.long.remove(&slot);
    }

    /// The id of a resident.
    #[inline]
    pub(crate) fn id<'b>(
        &self,
        slot: Slot,
        stored: &StoredId,
        buffer: &'b mut IdBuffer,
    ) -> &'b str {
        // The borrow of a short id would otherwise last into the other branch.
        if (stored.0[2].load(Ordering::Relaxed) >> 56) as u8 != LONG {
            return stored.short(buffer).unwrap_or_default();
        }
        let Some(long) = self.long.get(&slot) else {
            return "";
        };
        let bytes = &mut buffer[..long.len()];
        bytes.copy_from_slice(long.as_bytes());
        std::str::from_utf8(bytes).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }
}
