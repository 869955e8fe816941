//! Who changed since somebody last asked, for snapshots: a bit per slot.
//!
//! They are told part by part, so that nobody waits for all of them.

use nearcast_grid::{Cell, Position};

use crate::wire::Sharing;

use super::Broker;
use super::settings::sharing_of;
use super::slot::Slot;
use super::sync::{AtomicU64, Ordering, fence, zeroed};
use super::user::IdBuffer;
use super::worker::Worker;
use super::world::{About, Being};

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
    /// What strangers may know of where she is, and when she was seen, to the minute.
    pub released: Option<(Cell, u64)>,
}

/// What somebody has said of where she is, whomever it is shown to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Fix {
    pub position: Position,
    pub about: About,
    pub seen_at: u64,
}

pub(crate) struct Changed(Box<[AtomicU64]>);

/// Words of a part; few where assertions are on, so that tests have several.
const PART: usize = if cfg!(debug_assertions) { 1 } else { 64 };

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

    /// What is kept of her outside is as she is.
    pub(crate) fn forget(&self, slot: Slot) {
        self.0[slot.index() / 64].fetch_and(!(1 << (slot.index() % 64)), Ordering::SeqCst);
    }

    pub(crate) fn parts(&self) -> usize {
        self.0.len().div_ceil(PART)
    }

    /// Takes everybody noted in a part; who changes from now on is noted again.
    pub(crate) fn take(&self, part: usize, mut each: impl FnMut(Slot)) {
        let words = self.0.iter().enumerate().skip(part * PART).take(PART);
        for (place, word) in words {
            if word.load(Ordering::Relaxed) == 0 {
                continue;
            }
            let mut bits = word.swap(0, Ordering::SeqCst);
            // What is read of them now is no older than their notes.
            fence(Ordering::SeqCst);
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

impl Worker {
    /// Who changed since this was last called, of one of [`Broker::changed_parts`], with what a
    /// snapshot keeps of her.
    pub fn take_changed(&mut self, part: usize, mut each: impl FnMut(&Stand<'_>)) {
        self.reading(|worker| {
            let broker = &*worker.broker;
            broker
                .changed
                .take(part, |slot| broker.stand(slot, &mut each));
        });
    }

    /// Where somebody is by her own word, until that expires.
    pub fn whereabouts(&mut self, user: &str) -> Option<Fix> {
        self.reading(|worker| {
            let slot = worker.broker.slot(user).ok()?;
            let mut found = None;
            worker.broker.stand(slot, &mut |stand: &Stand<'_>| {
                found = stand.position.map(|position| Fix {
                    position,
                    about: worker.broker.world.resident(slot).about(),
                    seen_at: stand.seen_at,
                });
            });
            found
        })
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
            released: self.streets.lodging(slot).filter(|_| !gone),
        });
    }

    /// What is kept of a user outside is not as she is. Of who is not in the world nothing is to be
    /// kept.
    pub fn note_changed(&self, user: &str) {
        if let Ok(slot) = self.slot(user) {
            self.changed.note(slot);
        }
    }

    /// What is kept outside of anybody may not be as she is.
    pub fn note_everybody(&self) {
        for slot in (1..self.world.len() as u32).filter_map(Slot::from_bits) {
            if self.world.resident(slot).flags.get().is(Being::RESIDENT) {
                self.changed.note(slot);
            }
        }
    }

    /// Parts in which it is told who changed.
    pub fn changed_parts(&self) -> usize {
        self.changed.parts()
    }
}
