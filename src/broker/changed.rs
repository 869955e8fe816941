//! Who changed since somebody last asked, for snapshots: a bit per slot.

use nearcast_grid::Position;

use crate::wire::Sharing;

use super::Broker;
use super::settings::sharing_of;
use super::slot::Slot;
use super::sync::{AtomicU64, Ordering, zeroed};
use super::user::IdBuffer;
use super::world::Being;

/// How a user stands, for who keeps it outside the process.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Stand<'a> {
    pub user: &'a str,
    /// True, whatever is shown; none: she has not said where she is, or that has expired.
    pub position: Option<Position>,
    pub seen_at: u64,
    pub sharing: Sharing,
    /// May be shown to strangers.
    pub open: bool,
}

pub(crate) struct Changed(Box<[AtomicU64]>);

impl Changed {
    pub(crate) fn new(users: usize) -> Self {
        Self(zeroed(users / 64 + 1))
    }

    #[inline]
    pub(crate) fn note(&self, slot: Slot) {
        let (word, bit) = (&self.0[slot.index() / 64], 1 << (slot.index() % 64));
        // Mostly it is set already, and a read is cheaper.
        if word.load(Ordering::SeqCst) & bit == 0 {
            word.fetch_or(bit, Ordering::SeqCst);
        }
    }

    /// Takes everybody noted; who changes from now on is noted again.
    pub(crate) fn take(&self, mut each: impl FnMut(Slot)) {
        for (place, word) in self.0.iter().enumerate() {
            if word.load(Ordering::Relaxed) == 0 {
                continue;
            }
            let mut bits = word.swap(0, Ordering::SeqCst);
            while bits != 0 {
                let slot = (place * 64) as u32 + bits.trailing_zeros();
                bits &= bits - 1;
                if let Some(slot) = Slot::from_bits(slot) {
                    each(slot);
                }
            }
        }
    }
}

impl Broker {
    /// Tells how somebody stands. Of who left the world only that she is nowhere.
    pub(super) fn stand(&self, slot: Slot, each: &mut impl FnMut(&Stand<'_>)) {
        let resident = self.world.resident(slot);
        let being = resident.flags.get();
        let mut buffer: IdBuffer = [0; 64];
        let user = self.roster.id(slot, &resident.id, &mut buffer);
        // Who left and came again stands elsewhere; of a slot that is free nothing is known.
        let gone = !being.is(Being::RESIDENT);
        if gone && (user.is_empty() || self.roster.slot(user).is_some()) {
            return;
        }
        each(&Stand {
            user,
            position: self.eye(slot).filter(|_| being.is(Being::ACTIVE)),
            seen_at: resident.times().seen(),
            sharing: sharing_of(being),
            open: being.is(Being::OPEN),
        });
    }
}
