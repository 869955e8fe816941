//! Friendships among those who are in the world: made, ended, blocked.

use std::sync::Arc;

use super::Broker;
use super::channel::{Edge, Gate, Inserted};
use super::marks::Mark;
use super::pulse::Boundary;
use super::slot::Slot;
use super::sync::{AtomicU32, Ordering};
use super::worker::{Denied, Worker};
use super::world::Being;

/// What became of a friendship.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Befriended {
    Watched,
    /// One of them is not in the world: it is made again when she comes.
    Absent,
    /// One blocked the other.
    Blocked,
}

impl Worker {
    /// Makes two users friends. Each sees the other from the next sweep on.
    pub fn befriend(&mut self, one: &str, other: &str) -> Result<Befriended, Denied> {
        self.reading(|worker| {
            let broker = Arc::clone(&worker.broker);
            let (Ok(one), Ok(other)) = (broker.slot(one), broker.slot(other)) else {
                return Ok(Befriended::Absent);
            };
            if one == other {
                return Err(Denied::NotFriends);
            }
            let _pair = broker.channels.pair(one, other);
            if broker.streets.blocked(&broker.world, one, other) {
                return Ok(Befriended::Blocked);
            }
            let joined = broker.join_to(one, other).and_then(|of_one| {
                let of_other = broker.join_to(other, one)?;
                Ok([(one, other, of_one), (other, one, of_other)])
            });
            let joined = match joined {
                Ok(joined) => joined,
                Err(denied) => {
                    worker.end_edge(one, other, Edge::ENDED);
                    // Dismissed in this very moment.
                    let absent = denied == Denied::Unknown;
                    return absent.then_some(Befriended::Absent).ok_or(denied);
                }
            };
            if joined.iter().all(|(.., edge)| *edge == Inserted::Kept) {
                // Who arrives again brings her friends again; nobody is to look at them for it.
                return Ok(Befriended::Watched);
            }
            for (viewer, friend, edge) in joined {
                broker.keep_in_view(viewer, friend);
                let being = broker.world.resident(viewer).flags.get();
                // Who is still in view may have another name, of which she was not told.
                let may_be_in_view = edge == Inserted::Revived || being.is(Being::MULTI);
                let mark = if may_be_in_view {
                    Mark::anew(viewer, friend)
                } else {
                    Mark::pair(viewer, friend)
                };
                worker.mark(being, mark);
            }
            worker.reconsider_strangers(one, other);
            Ok(Befriended::Watched)
        })
    }

    /// Ends a friendship. Nothing about either is encoded for the other, but one exit, once the
    /// boundary has passed.
    pub fn unfriend(&mut self, one: &str, other: &str) -> Boundary {
        self.reading(|worker| {
            let broker = Arc::clone(&worker.broker);
            if let (Ok(one), Ok(other)) = (broker.slot(one), broker.slot(other)) {
                worker.part_friends(one, other, Edge::ENDED);
            }
            broker.pulses.boundary()
        })
    }

    /// `one` does not want to see `other` or be seen, in any mode; a friendship ends with it. To be
    /// made again when one of them has left the world and comes back.
    pub fn block(&mut self, one: &str, other: &str) -> Result<Boundary, Denied> {
        self.reading(|worker| {
            let broker = Arc::clone(&worker.broker);
            if let (Ok(one), Ok(other)) = (broker.slot(one), broker.slot(other)) {
                worker.block_slots(one, other)?;
            }
            Ok(broker.pulses.boundary())
        })
    }

    /// A block that was made when there was room for it: no limit undoes it.
    pub fn keep_block(&mut self, one: &str, other: &str) {
        self.reading(|worker| {
            let broker = &worker.broker;
            if let (Ok(one), Ok(other)) = (broker.slot(one), broker.slot(other)) {
                worker.block_within(one, other, usize::MAX);
            }
        });
    }

    pub(super) fn block_slots(&mut self, one: Slot, other: Slot) -> Result<(), Denied> {
        let most = self.broker.config.blocks as usize;
        if self.block_within(one, other, most) {
            return Ok(());
        }
        Err(Denied::Full)
    }

    /// Answers false when `one` has blocked as many as she may.
    fn block_within(&mut self, one: Slot, other: Slot, most: usize) -> bool {
        let broker = Arc::clone(&self.broker);
        {
            let _pair = broker.channels.pair(one, other);
            if !broker.streets.block(&broker.world, one, other, most) {
                return false;
            }
            self.end_edge(one, other, Edge::ENDED);
            self.end_edge(other, one, Edge::ENDED);
        }
        self.reconsider_strangers(one, other);
        true
    }

    /// Takes a block back; who blocked the other way still does.
    pub fn unblock(&mut self, one: &str, other: &str) {
        self.reading(|worker| {
            let broker = &worker.broker;
            if let (Ok(one), Ok(other)) = (broker.slot(one), broker.slot(other)) {
                let _pair = broker.channels.pair(one, other);
                broker.streets.unblock(one, other);
            }
        });
    }

    /// Two who must not, or need no longer, be shown to each other as strangers.
    fn reconsider_strangers(&mut self, one: Slot, other: Slot) {
        for viewer in [one, other] {
            let being = self.broker.world.resident(viewer).flags.get();
            if being.is(Being::CURIOUS) {
                self.mark(being, Mark::strangers(viewer));
            }
        }
    }

    /// Ends both edges of a friendship. `how`: what the friend's ends with.
    pub(super) fn part_friends(&mut self, one: Slot, friend: Slot, how: u32) {
        let broker = Arc::clone(&self.broker);
        let _pair = broker.channels.pair(one, friend);
        self.end_edge(friend, one, how);
        self.end_edge(one, friend, Edge::ENDED);
    }

    /// Ends the edge from `owner` to `friend`: at once, or when her first session has been told.
    /// The caller holds their pair.
    fn end_edge(&mut self, owner: Slot, friend: Slot, flags: u32) {
        let broker = Arc::clone(&self.broker);
        let resident = broker.world.resident(owner);
        {
            let _gate = broker.channels.gate(owner);
            let Some(word) = broker.channels.find(&resident.channel, friend) else {
                return;
            };
            if Edge::read(word).has(Edge::SHOWN) {
                word.fetch_or(flags, Ordering::SeqCst);
            } else {
                broker.remove_edge(word);
            }
        }
        // Her session may have opened a moment ago, and shown her friend.
        self.mark(resident.flags.get(), Mark::pair(owner, friend));
    }
}

impl Broker {
    /// Adds `friend` to the channel of `owner`.
    fn join_to(&self, owner: Slot, friend: Slot) -> Result<Inserted, Denied> {
        let resident = self.world.resident(owner);
        let gate = self.channels.gate(owner);
        if !resident.flags.get().is(Being::RESIDENT) {
            return Err(Denied::Unknown);
        }
        let edges = self.channels.edges(&resident.channel);
        let friends = edges
            .filter(|word| Edge::read(word).slot().is_some())
            .count();
        let known = self.channels.find(&resident.channel, friend).is_some();
        if !known && friends >= self.config.friends as usize {
            return Err(Denied::Full);
        }
        let inserted = self
            .channels
            .insert(&gate, owner, &resident.channel, friend, &self.pulses);
        match inserted {
            Inserted::Added => self.pin(friend),
            Inserted::Kept | Inserted::Revived => {}
            Inserted::Full => return Err(Denied::Full),
        }
        Ok(inserted)
    }

    /// A friendship that is made again before its end was told: the viewer may have the friend in
    /// view, and the friend's edge, which says so, may be a new one.
    fn keep_in_view(&self, viewer: Slot, friend: Slot) {
        let resident = self.world.resident(viewer);
        let edge = self.channels.find(&resident.channel, friend);
        let shown = edge.is_some_and(|word| Edge::read(word).has(Edge::SHOWN));
        if shown || resident.flags.get().is(Being::MULTI) {
            let channel = &self.world.resident(friend).channel;
            self.channels.set(channel, viewer, Edge::SEES_ME);
        }
    }

    /// Takes everybody out of the view in a channel's edges, without a word.
    pub(super) fn empty_view(&self, _gate: &Gate<'_>, owner: Slot) {
        for word in self.channels.edges(&self.world.resident(owner).channel) {
            if Edge::read(word).has(Edge::ENDED) {
                self.remove_edge(word);
            } else {
                word.fetch_and(!(Edge::SHOWN | Edge::MARKED), Ordering::SeqCst);
            }
        }
    }

    /// Empties an edge's word. The caller holds the gate of the channel's owner.
    pub(super) fn remove_edge(&self, word: &AtomicU32) {
        if let Some(friend) = Edge::take(word).slot() {
            self.unpin(friend);
        }
    }

    pub(super) fn pin(&self, slot: Slot) {
        self.world.ledger(slot).pins.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn unpin(&self, slot: Slot) {
        self.world.ledger(slot).pins.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether two are friends now.
    pub(super) fn are_friends(&self, one: Slot, other: Slot) -> bool {
        let channel = &self.world.resident(one).channel;
        self.channels
            .find(channel, other)
            .is_some_and(|word| !Edge::read(word).has(Edge::ENDED))
    }
}
