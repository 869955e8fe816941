//! The release: once per epoch, what others may know of people who show a cell is brought up to
//! what is so. The one place where the true position of such a person is looked at.
//!
//! A cell is released when it was hers at two epochs running, the first one too, so neither a
//! line that is crossed nor jitter across it can be timed.

use std::sync::Arc;

use nearcast_grid::Cell;

use super::super::marks::Mark;
use super::super::pulse::Boundary;
use super::super::schedule::SLICE;
use super::super::slot::Slot;
use super::super::sync::{Ordering, lock};
use super::super::worker::Worker;
use super::super::world::Being;
use super::Veil;

/// Somebody whose cell is released on epochs.
pub(super) struct Listed {
    pub(super) slot: Slot,
    /// Not before this has passed: a move that began earlier may still write in the open.
    pub(super) since: Option<Boundary>,
    /// The epoch that she was last looked at in.
    pub(super) looked_at: u64,
}

const MINUTE_MS: u64 = 60_000;

impl Worker {
    /// Releases an epoch, if one is due.
    pub(in super::super) fn release(&mut self, now: u64) {
        let broker = Arc::clone(&self.broker);
        let streets = &broker.streets;
        let epoch = now / streets.rules.epoch_ms;
        if streets.epoch.load(Ordering::Acquire) >= epoch {
            return;
        }
        // From the end: who is struck off meanwhile is replaced by one who was looked at.
        let mut left = lock(&streets.list).len();
        while left > 0 {
            self.reading(|worker| left = worker.release_slice(left, epoch, now));
        }
        streets.rooms.follow_the_crowd();
        self.reading(|worker| worker.clear_old_trails(now));
        streets.clear_departed(now);
        streets.partings.clear(now / streets.rules.alias_ms);
        streets.released_at.store(now, Ordering::Release);
        // Last: who sees the new epoch sees all that was released in it.
        streets.epoch.store(epoch, Ordering::Release);
    }

    /// Releases some of the listed, of whom those from `left` on were looked at; answers how many
    /// are left.
    fn release_slice(&mut self, left: usize, epoch: u64, now: u64) -> usize {
        let broker = Arc::clone(&self.broker);
        let mut list = lock(&broker.streets.list);
        let end = left.min(list.len());
        let start = end.saturating_sub(SLICE);
        for listed in &mut list[start..end] {
            let is_open = |since: &Boundary| !broker.pulses.passed(since);
            if listed.looked_at == epoch || listed.since.as_ref().is_some_and(is_open) {
                continue;
            }
            listed.looked_at = epoch;
            listed.since = None;
            self.release_one(listed.slot, now);
        }
        start
    }

    fn release_one(&mut self, slot: Slot, now: u64) {
        let broker = Arc::clone(&self.broker);
        let (streets, resident) = (&broker.streets, broker.world.resident(slot));
        let (veil, being) = (streets.veil(slot), resident.flags.get());
        let seen = resident.times().seen();
        let fresh = being.is(Being::RESIDENT | Being::ACTIVE) && seen + broker.config.ttl_ms > now;
        if !fresh {
            let moved = being.is(Being::VEILED | Being::ACTIVE) && !self.expire(slot, now);
            if !moved {
                self.take_back(slot);
            }
            // Who moved in this very moment is looked at in the next epoch.
            return;
        }
        if !being.is(Being::SHARES) {
            // Where she was meanwhile is nobody's when she shares again.
            self.take_back(slot);
            return;
        }
        let veiled = being.is(Being::VEILED);
        let position = if veiled {
            streets.exact(slot)
        } else {
            resident.position()
        };
        let cell = streets.rules.privacy.cell_at(position);
        let settled = veil.candidate.swap(cell.to_u64(), Ordering::AcqRel) == cell.to_u64();
        let before = streets.released(slot);
        let moved = settled && before != Some(cell);
        let seen = seen / MINUTE_MS * MINUTE_MS;
        let seen_before = veil.seen.swap(seen, Ordering::SeqCst);
        if moved {
            self.leave_room(slot);
            veil.released.store(cell.to_u64(), Ordering::Release);
        }
        if veiled && (moved || settled && !being.is(Being::RELEASED)) {
            broker.world.go_to(slot, cell.centre());
            resident.flags.set(Being::RELEASED);
            broker.index.note(&broker.world, slot);
            self.tell_watchers(slot);
        } else if veiled && seen != seen_before && being.is(Being::RELEASED) {
            self.tell_watchers(slot);
        }
        self.lodge(slot, veil);
        if seen != seen_before && streets.is_lodged(slot) {
            broker.changed.note(slot);
        }
    }

    /// Nothing of her is released any more.
    fn take_back(&self, slot: Slot) {
        let veil = self.broker.streets.veil(slot);
        veil.candidate.store(0, Ordering::Release);
        self.leave_room(slot);
        veil.released.store(0, Ordering::Release);
        self.broker
            .world
            .resident(slot)
            .flags
            .clear(Being::RELEASED);
    }

    /// Puts somebody into the room of her released cell, if she may be shown and is in none. Who
    /// withdraws meanwhile waits for the list, and then finds her there.
    fn lodge(&self, slot: Slot, veil: &Veil) {
        let streets = &self.broker.streets;
        let being = self.broker.world.resident(slot).flags.get();
        let Some(cell) = streets.released(slot) else {
            return;
        };
        if !being.is(Being::OPEN | Being::SHARES) {
            return;
        }
        if veil.lodged.swap(cell.to_u64(), Ordering::SeqCst) != 0 {
            return;
        }
        let (number, pool) = numbers(veil);
        streets
            .rooms
            .lodge(slot, number, pool, cell, cell.parent(streets.rules.reach));
        self.broker.changed.note(slot);
    }

    /// Takes somebody out of her room; answers who listened there. The caller holds the list.
    pub(super) fn leave_room(&self, slot: Slot) -> Vec<Slot> {
        let streets = &self.broker.streets;
        let veil = streets.veil(slot);
        let mut heard = Vec::new();
        // Of who was never in a room nothing is written, and so no page taken for her veil.
        if let Some(cell) = Cell::from_u64(veil.lodged.load(Ordering::Acquire)) {
            // Seen by who is told of it after the note.
            veil.lodged.swap(0, Ordering::SeqCst);
            self.broker.changed.note(slot);
            let (number, pool) = numbers(veil);
            let reach = cell.parent(streets.rules.reach);
            streets
                .rooms
                .leave(slot, number, pool, cell, reach, |viewer| heard.push(viewer));
        }
        heard
    }

    /// Somebody is not to be shown to strangers any more: who listens to her is to look again.
    pub(in super::super) fn withdraw(&mut self, slot: Slot) {
        let broker = Arc::clone(&self.broker);
        let heard = {
            let _list = lock(&broker.streets.list);
            self.leave_room(slot)
        };
        self.choose_again(&heard);
    }

    pub(super) fn choose_again(&mut self, viewers: &[Slot]) {
        for &viewer in viewers {
            let being = self.broker.world.resident(viewer).flags.get();
            self.mark(being, Mark::strangers(viewer));
        }
    }

    /// The same, if she may not be shown.
    pub(in super::super) fn withdraw_if_closed(&mut self, slot: Slot) {
        if !self
            .broker
            .world
            .resident(slot)
            .flags
            .get()
            .is(Being::OPEN | Being::SHARES)
        {
            self.withdraw(slot);
        }
    }
}

fn numbers(veil: &Veil) -> (u64, u64) {
    (
        veil.number.load(Ordering::Acquire),
        veil.pool.load(Ordering::Acquire),
    )
}
