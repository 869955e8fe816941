//! Channels: for each user, who watches her and whom she watches. Friendship is mutual, so one
//! list of edges says both.
//!
//! Movers read a channel without a lock. Its owner's sweep and whoever makes or ends a friendship
//! hold the channel's gate; flags that others set are set without it.

use super::arena::{Arena, Place};
use super::pulse::Pulses;
use super::slot::Slot;
use super::sync::{AtomicU32, AtomicU64, Mutex, MutexGuard, Ordering, lock};

/// One friend in a user's channel: a slot and what is known about the pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Edge(u32);

impl Edge {
    /// The friend has me in view, in any of her sessions. May be set where it is no longer so
    /// (that costs a mark, which clears it), never clear where it is so.
    pub(crate) const SEES_ME: u32 = 1 << 27;
    /// I have the friend in view, in my first session. Changed under the gate only.
    pub(crate) const SHOWN: u32 = 1 << 28;
    /// To be looked at again for my first session.
    pub(crate) const MARKED: u32 = 1 << 29;
    /// No longer a friend; kept until my first session has been told.
    pub(crate) const ENDED: u32 = 1 << 30;
    /// With `ENDED`: she has gone from the world, which is `inactive` and not `left`.
    pub(crate) const GONE: u32 = 1 << 31;
    const _APART: () = assert!(Self::SEES_ME > Slot::MASK);

    fn to(slot: Slot, flags: u32) -> Self {
        Self(slot.get() | flags)
    }

    #[inline]
    pub(crate) fn read(word: &AtomicU32) -> Self {
        Self(word.load(Ordering::SeqCst))
    }

    /// What a word said before it was changed.
    #[inline]
    pub(crate) fn was(word: u32) -> Self {
        Self(word)
    }

    /// Empties a word and answers what it was.
    pub(crate) fn take(word: &AtomicU32) -> Self {
        Self(word.swap(0, Ordering::SeqCst))
    }

    /// The friend; none in an empty word.
    #[inline]
    pub(crate) fn slot(self) -> Option<Slot> {
        Slot::from_bits(self.0)
    }

    #[inline]
    pub(crate) fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }
}

/// The word in a resident's line that says where her channel is: start in units of eight words,
/// capacity, and how far it has been used.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Locator(u64);

impl Locator {
    fn new(place: Place, used: u32) -> Self {
        Self(u64::from(place.start / 8) << 32 | u64::from(place.len) << 16 | u64::from(used))
    }

    fn place(self) -> Place {
        Place {
            start: ((self.0 >> 32) * 8) as u32,
            len: (self.0 >> 16) as u32 & 0xffff,
        }
    }

    #[inline]
    fn used(self) -> Place {
        Place {
            start: ((self.0 >> 32) * 8) as u32,
            len: self.0 as u32 & 0xffff,
        }
    }
}

pub(crate) struct Channels {
    arena: Arena,
    /// Striped by slot. Nobody holds two.
    gates: Box<[Mutex<()>]>,
}

/// Proof that a channel's gate is held.
pub(crate) struct Gate<'a>(#[allow(dead_code, reason = "held, not read")] MutexGuard<'a, ()>);

/// What an insertion did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Inserted {
    Added,
    /// The edge was there, perhaps as ended; it is a friend again.
    Kept,
    Full,
}

impl Channels {
    pub(crate) fn new(words: usize) -> Self {
        let gates = if cfg!(loom) { 4 } else { 1024 };
        Self {
            arena: Arena::new(words),
            gates: (0..gates).map(|_| Mutex::new(())).collect(),
        }
    }

    pub(crate) fn gate(&self, slot: Slot) -> Gate<'_> {
        Gate(lock(&self.gates[slot.index() % self.gates.len()]))
    }

    /// The words of a channel. Some may be empty.
    #[inline]
    pub(crate) fn edges(&self, locator: &AtomicU64) -> &[AtomicU32] {
        self.arena
            .words(Locator(locator.load(Ordering::SeqCst)).used())
    }

    #[inline]
    pub(crate) fn find<'a>(&'a self, locator: &AtomicU64, friend: Slot) -> Option<&'a AtomicU32> {
        let wanted = friend.get();
        self.edges(locator)
            .iter()
            .find(|word| word.load(Ordering::Relaxed) & Slot::MASK == wanted)
    }

    /// Sets a flag on the edge to `friend` without the gate, also while the channel moves to a
    /// larger block. Answers what the edge was before, if it is there.
    #[inline]
    pub(crate) fn set(&self, locator: &AtomicU64, friend: Slot, flag: u32) -> Option<Edge> {
        loop {
            let seen = locator.load(Ordering::SeqCst);
            let words = self.arena.words(Locator(seen).used());
            let wanted = friend.get();
            let word = words
                .iter()
                .find(|w| w.load(Ordering::Relaxed) & Slot::MASK == wanted);
            let before = match word {
                Some(word) => set_on(word, friend, flag),
                None => None,
            };
            // Either this sees that the channel moved, or who moves it sees the flag.
            if locator.load(Ordering::SeqCst) == seen {
                return before;
            }
        }
    }

    /// Clears a flag of which a stale copy does no harm.
    pub(crate) fn clear_lazily(&self, locator: &AtomicU64, friend: Slot, flag: u32) {
        if let Some(word) = self.find(locator, friend) {
            let _ = word.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |was| {
                (Edge(was).slot() == Some(friend)).then_some(was & !flag)
            });
        }
    }

    /// Adds an edge. The caller holds the gate of the channel's owner.
    pub(crate) fn insert(
        &self,
        _gate: &Gate<'_>,
        locator: &AtomicU64,
        friend: Slot,
        pulses: &Pulses,
    ) -> Inserted {
        if let Some(word) = self.find(locator, friend) {
            word.fetch_and(!(Edge::ENDED | Edge::GONE), Ordering::SeqCst);
            return Inserted::Kept;
        }
        let edge = Edge::to(friend, 0).0;
        let was = Locator(locator.load(Ordering::SeqCst));
        let (place, used) = (was.place(), was.used().len);
        if let Some(word) = self
            .arena
            .words(was.used())
            .iter()
            .find(|w| Edge::read(w).slot().is_none())
        {
            word.store(edge, Ordering::SeqCst);
            return Inserted::Added;
        }
        if used < place.len {
            self.arena.words(place)[used as usize].store(edge, Ordering::SeqCst);
            locator.store(Locator::new(place, used + 1).0, Ordering::SeqCst);
            return Inserted::Added;
        }
        let Some(larger) = self.arena.take(used + 1, pulses) else {
            return Inserted::Full;
        };
        let (old, new) = (self.arena.words(was.used()), self.arena.words(larger));
        for (from, to) in old.iter().zip(new) {
            // Who watches me may be changing this very moment: assume that all do.
            to.store(
                from.load(Ordering::SeqCst) | Edge::SEES_ME,
                Ordering::SeqCst,
            );
        }
        new[used as usize].store(edge, Ordering::SeqCst);
        locator.store(Locator::new(larger, used + 1).0, Ordering::SeqCst);
        for (from, to) in old.iter().zip(new) {
            // Marks that came between the copy and the move.
            if Edge::read(from).has(Edge::MARKED) {
                to.fetch_or(Edge::MARKED, Ordering::SeqCst);
            }
        }
        if place.len > 0 {
            self.arena.give(place, pulses);
        }
        Inserted::Added
    }

    /// Gives an empty channel's block back.
    pub(crate) fn close(&self, _gate: &Gate<'_>, locator: &AtomicU64, pulses: &Pulses) {
        let was = Locator(locator.swap(0, Ordering::SeqCst));
        if was.place().len > 0 {
            self.arena.give(was.place(), pulses);
        }
    }

    /// Words handed out to channels.
    pub(crate) fn used(&self) -> u64 {
        self.arena.used()
    }
}

/// Sets a flag on a word if it still is the edge to `friend`; answers what it was.
#[inline]
fn set_on(word: &AtomicU32, friend: Slot, flag: u32) -> Option<Edge> {
    let mut was = word.load(Ordering::SeqCst);
    loop {
        if Edge(was).slot() != Some(friend) {
            return None;
        }
        if was & flag == flag {
            return Some(Edge(was));
        }
        match word.compare_exchange_weak(was, was | flag, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => return Some(Edge(was)),
            Err(now) => was = now,
        }
    }
}
