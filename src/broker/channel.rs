//! Channels: for each user, who watches her and whom she watches. Friendship is mutual, so one
//! list of edges says both.
//!
//! Movers read a channel without a lock. Its owner's sweep and whoever makes or ends a friendship
//! hold the channel's gate; flags that others set are set without it.

use super::chunks::{Chunks, EDGES};
use super::pulse::Pulses;
use super::slot::Slot;
use super::sync::{AtomicU32, Mutex, MutexGuard, Ordering, lock};

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

    /// The friend's place in the world; 0, which is nobody's, in an empty word.
    #[inline]
    pub(crate) fn index(self) -> usize {
        (self.0 & Slot::MASK) as usize
    }

    /// Each has the other in view.
    #[inline]
    pub(crate) fn is_mutual(self) -> bool {
        const BOTH: u32 = Edge::SEES_ME | Edge::SHOWN;
        self.0 & (BOTH | Self::ENDED) == BOTH
    }

    #[inline]
    pub(crate) fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }
}

pub(crate) struct Channels {
    chunks: Chunks,
    /// Striped by slot. Nobody holds two.
    gates: Box<[Mutex<()>]>,
    /// Striped by pair; taken before a gate.
    pairs: Box<[Mutex<()>]>,
}

/// Proof that a channel's gate is held.
pub(crate) struct Gate<'a>(#[allow(dead_code, reason = "held, not read")] MutexGuard<'a, ()>);

/// What an insertion did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Inserted {
    Added,
    /// They are friends already.
    Kept,
    /// The edge was there as ended; it is a friend again.
    Revived,
    Full,
}

impl Channels {
    pub(crate) fn new(edges: usize, users: usize) -> Self {
        let locks = |count: usize| (0..count).map(|_| Mutex::new(())).collect();
        Self {
            chunks: Chunks::new(edges, users),
            gates: locks(if cfg!(loom) { 4 } else { 1024 }),
            pairs: locks(if cfg!(loom) { 1 } else { 1024 }),
        }
    }

    /// Held while a friendship is made or ended, so that its two edges come and go together.
    pub(crate) fn pair(&self, one: Slot, other: Slot) -> MutexGuard<'_, ()> {
        let (low, high) = (one.min(other).index(), one.max(other).index());
        lock(&self.pairs[low.wrapping_mul(31).wrapping_add(high) % self.pairs.len()])
    }

    pub(crate) fn gate(&self, slot: Slot) -> Gate<'_> {
        Gate(lock(&self.gates[slot.index() % self.gates.len()]))
    }

    /// Fetches the beginning of a channel that will be read soon.
    #[inline]
    pub(crate) fn expect(&self, head: &AtomicU32) {
        self.chunks.expect(head.load(Ordering::Relaxed));
    }

    /// Fetches the second chunk of a channel whose first is at hand.
    #[inline]
    pub(crate) fn expect_more(&self, head: &AtomicU32) {
        let first = head.load(Ordering::Relaxed);
        self.chunks
            .expect(self.chunks.at(first).next.load(Ordering::Relaxed));
    }

    /// The words of a channel. Some may be empty.
    #[inline]
    pub(crate) fn edges(&self, head: &AtomicU32) -> impl Iterator<Item = &AtomicU32> {
        self.pieces(head).flatten()
    }

    /// The same, piece by piece, for loops that must be tight.
    #[inline]
    pub(crate) fn pieces(&self, head: &AtomicU32) -> impl Iterator<Item = &[AtomicU32; EDGES]> {
        let chunk = |place: u32| (place != 0).then(|| self.chunks.at(place));
        let first = chunk(head.load(Ordering::Acquire));
        std::iter::successors(first, move |this| chunk(this.next.load(Ordering::Acquire)))
            .map(|chunk| &chunk.edges)
    }

    #[inline]
    pub(crate) fn find(&self, head: &AtomicU32, friend: Slot) -> Option<&AtomicU32> {
        let wanted = friend.get();
        let is = |word: &&AtomicU32| word.load(Ordering::Relaxed) & Slot::MASK == wanted;
        self.pieces(head).find_map(|piece| piece.iter().find(is))
    }

    /// Sets a flag on the edge to `friend`; answers what it was, if it is there.
    #[inline]
    pub(crate) fn set(&self, head: &AtomicU32, friend: Slot, flag: u32) -> Option<Edge> {
        set_on(self.find(head, friend)?, friend, flag)
    }

    /// Clears a flag of which a stale copy does no harm.
    pub(crate) fn clear_lazily(&self, head: &AtomicU32, friend: Slot, flag: u32) {
        if let Some(word) = self.find(head, friend) {
            let _ = word.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |was| {
                (Edge(was).slot() == Some(friend)).then_some(was & !flag)
            });
        }
    }

    /// Adds an edge. The caller holds the gate of the channel's owner.
    pub(crate) fn insert(
        &self,
        _gate: &Gate<'_>,
        owner: Slot,
        head: &AtomicU32,
        friend: Slot,
        pulses: &Pulses,
    ) -> Inserted {
        if let Some(word) = self.find(head, friend) {
            let was = Edge(word.fetch_and(!(Edge::ENDED | Edge::GONE), Ordering::SeqCst));
            return if was.has(Edge::ENDED) {
                Inserted::Revived
            } else {
                Inserted::Kept
            };
        }
        let edge = friend.get();
        if let Some(word) = self
            .edges(head)
            .find(|word| Edge::read(word).slot().is_none())
        {
            word.store(edge, Ordering::SeqCst);
            return Inserted::Added;
        }
        let Some(fresh) = self.chunks.take(owner, pulses) else {
            return Inserted::Full;
        };
        self.chunks.at(fresh).edges[0].store(edge, Ordering::SeqCst);
        // Last: who follows the chain sees the edge.
        let mut link = head;
        loop {
            match link.load(Ordering::Acquire) {
                0 => break,
                place => link = &self.chunks.at(place).next,
            }
        }
        link.store(fresh, Ordering::SeqCst);
        Inserted::Added
    }

    /// Gives an empty channel's chunks back.
    pub(crate) fn close(&self, _gate: &Gate<'_>, head: &AtomicU32, pulses: &Pulses) {
        let first = head.swap(0, Ordering::SeqCst);
        if first != 0 {
            self.chunks.give(first, pulses);
        }
    }

    /// Edges that there is room for in the chunks handed out.
    pub(crate) fn used(&self) -> usize {
        self.chunks.used() * EDGES
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
