//! What is due at a given time: people who were not heard of for the TTL, sharing that was lent
//! for a while, the epoch of strangers.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::sync::Arc;

use super::Broker;
use super::slot::Slot;
use super::sync::{Mutex, Ordering, fence, lock};
use super::worker::Worker;
use super::world::Being;

/// Residents looked at between two looks up from it, so that nobody waits long for a boundary.
pub(super) const SLICE: usize = 512;

/// What happens to residents at a given time.
pub(super) struct Schedule(Mutex<Due>);

struct Due {
    ttl_ms: u64,
    /// By second in which it is to be seen whether they are still active.
    rounds: VecDeque<Vec<Slot>>,
    /// The second of the first round.
    first: u64,
    /// Ends of timed sharing; an entry may be out of date.
    ends: BinaryHeap<Reverse<(u64, Slot)>>,
}

impl Schedule {
    pub(super) fn new(ttl_ms: u64) -> Self {
        let due = Due {
            ttl_ms,
            rounds: VecDeque::new(),
            first: 0,
            ends: BinaryHeap::new(),
        };
        Self(Mutex::new(due))
    }

    /// To be looked at when `deadline` has passed; her flag `TIMED` says that there is one such
    /// entry, for whoever has the slot by then.
    pub(super) fn watch(&self, slot: Slot, deadline: u64, now: u64) {
        let mut due = lock(&self.0);
        if due.rounds.is_empty() {
            due.first = now / 1000;
        }
        // A clock that jumped ahead must not ask for a round per second of the jump.
        let most = due.ttl_ms / 1000 + 2;
        let round = (deadline / 1000 + 1).saturating_sub(due.first).min(most) as usize;
        if due.rounds.len() <= round {
            due.rounds.resize_with(round + 1, Vec::new);
        }
        due.rounds[round].push(slot);
    }

    fn take_due(&self, now: u64) -> Vec<Slot> {
        let mut due = lock(&self.0);
        let mut slots = Vec::new();
        while due.first <= now / 1000 {
            match due.rounds.pop_front() {
                Some(round) => slots.extend(round),
                None => break,
            }
            due.first += 1;
        }
        slots
    }

    fn ends(&self, slot: Slot, at: u64) {
        lock(&self.0).ends.push(Reverse((at, slot)));
    }

    /// Drops the ends that are out of date, when they have become most of them.
    fn forget_ends(&self, current: usize, is_current: impl Fn(Slot, u64) -> bool) {
        let mut due = lock(&self.0);
        if due.ends.len() > 2 * current + SLICE {
            due.ends.retain(|&Reverse((at, slot))| is_current(slot, at));
        }
    }

    fn take_ended(&self, now: u64) -> Vec<(u64, Slot)> {
        let mut due = lock(&self.0);
        let mut ended = Vec::new();
        while let Some(&Reverse((at, slot))) = due.ends.peek()
            && at <= now
        {
            due.ends.pop();
            ended.push((at, slot));
        }
        ended
    }
}

impl Worker {
    /// Does what is due; to be called by one worker before each round of sweeps.
    pub fn tidy(&mut self, now: u64) {
        self.reading(|worker| worker.mend_index(now));
        for ends in self.broker.schedule.take_ended(now).chunks(SLICE) {
            self.reading(|worker| {
                for &(at, slot) in ends {
                    worker.end_timed_sharing(slot, at, now);
                }
            });
        }
        self.release(now);
        // After the release, in which who has gone leaves her room: she has no reason to stay then.
        for slots in self.broker.schedule.take_due(now).chunks(SLICE) {
            self.reading(|worker| {
                for &slot in slots {
                    worker.review(slot, now);
                }
            });
        }
        // At rest itself, a worker does not hold up what waits for everybody's rest.
        self.settle_slots();
    }

    /// Brings the index up to date; whoever is new in it is watched for her expiry.
    pub(super) fn mend_index(&mut self, now: u64) {
        let broker = Arc::clone(&self.broker);
        broker.index.mend(&broker.world, |slot| {
            let resident = broker.world.resident(slot);
            let being = resident.flags.get();
            if being.is(Being::ACTIVE) && !resident.flags.set(Being::TIMED).is(Being::TIMED) {
                broker
                    .schedule
                    .watch(slot, resident.times().seen() + broker.config.ttl_ms, now);
            }
        });
    }

    /// Whether somebody is still active, and who is not has still a reason to stay.
    fn review(&mut self, slot: Slot, now: u64) {
        let broker = Arc::clone(&self.broker);
        let resident = broker.world.resident(slot);
        let being = resident.flags.stop_timer_of_who_left();
        if !being.is(Being::RESIDENT) {
            return;
        }
        let deadline = resident.times().seen() + broker.config.ttl_ms;
        if deadline > now {
            broker.schedule.watch(slot, deadline, now);
            return;
        }
        if being.is(Being::ACTIVE | Being::VEILED) {
            // Whether she is still there is told on epochs only.
            broker.schedule.watch(slot, now + 1000, now);
            return;
        }
        if being.is(Being::ACTIVE) {
            self.expire(slot, now);
        }
        if broker.streets.is_lodged(slot) {
            // Strangers hear on epochs that she has gone.
            broker.schedule.watch(slot, now + 1000, now);
            return;
        }
        // Whoever comes back from here on is watched anew.
        resident.flags.clear(Being::TIMED);
        let being = resident.flags.get();
        if !being.any(Being::ACTIVE | Being::HOME | Being::MULTI) {
            self.dismiss_idle(slot);
        }
        if resident.flags.get().is(Being::ACTIVE) {
            broker.index.note(&broker.world, slot);
        }
    }

    /// Ends an activity that is older than the TTL, unless a move comes in this very moment;
    /// answers whether it did.
    pub(super) fn expire(&mut self, slot: Slot, now: u64) -> bool {
        let broker = Arc::clone(&self.broker);
        let resident = broker.world.resident(slot);
        resident.flags.clear(Being::ACTIVE);
        fence(Ordering::SeqCst);
        if resident.times().seen() + broker.config.ttl_ms > now {
            resident.flags.wake(0);
            // Who looked meanwhile, or that move itself, took her for expired.
            broker.changed.note(slot);
            self.tell_watchers(slot);
            return false;
        }
        broker.index.note(&broker.world, slot);
        broker.changed.note(slot);
        self.tell_watchers(slot);
        true
    }
}

impl Broker {
    /// Ends the sharing of somebody at a given time, which stands in `lent`.
    pub(super) fn end_at(&self, slot: Slot, at: u64) {
        self.schedule.ends(slot, at);
        let is_current = |slot, at| self.lent.get(&slot).is_some_and(|lent| lent.until == at);
        self.schedule.forget_ends(self.lent.len(), is_current);
    }
}
