//! What a client or an account may choose: modes and radius of a session, sharing of a user.

use std::sync::Arc;

use crate::wire::{ChangesWriter, Sharing, Who, Why};

use super::Broker;
use super::channel::Edge;
use super::pulse::Boundary;
use super::session::{Has, SessionId};
use super::slot::Slot;
use super::sync::Ordering;
use super::user::IdBuffer;
use super::worker::{Denied, Worker};
use super::world::Being;

/// What a session changes; absent: as it was.
#[derive(Clone, Copy, Default, Debug)]
pub struct Change {
    pub friends: Option<bool>,
    pub strangers: Option<bool>,
    pub radius_m: Option<f32>,
}

impl Worker {
    /// Changes a session. A mode that is added wants a `nearby` next; one that is removed clears
    /// the client's list, so nothing is told of it.
    pub fn set(&mut self, session: SessionId, change: &Change) -> Result<(), Denied> {
        let (slot, live) = self.sessions.named(session).ok_or(Denied::Ended)?;
        let (had_friends, had_strangers) = (live.has.is(Has::FRIENDS), live.has.is(Has::STRANGERS));
        if let Some(radius_m) = change.radius_m {
            self.set_radius(session, slot, radius_m);
        }
        if let Some(friends) = change.friends.filter(|&friends| friends != had_friends) {
            if !friends {
                self.hide_friends(session.place(), slot);
            }
            self.sessions
                .at_mut(session.place())
                .has
                .set(Has::FRIENDS, friends);
        }
        if let Some(strangers) = change
            .strangers
            .filter(|&strangers| strangers != had_strangers)
        {
            if strangers {
                self.sessions
                    .at_mut(session.place())
                    .has
                    .set(Has::STRANGERS, true);
                self.listen(session.place(), slot);
            } else {
                self.unlisten(session.place(), slot);
                self.sessions
                    .at_mut(session.place())
                    .has
                    .set(Has::STRANGERS, false);
            }
        }
        Ok(())
    }

    fn set_radius(&mut self, session: SessionId, slot: Slot, radius_m: f32) {
        let broker = Arc::clone(&self.broker);
        self.sessions.at_mut(session.place()).radius_m = radius_m;
        {
            // Held until the radius is set: another session may be coming or going elsewhere.
            let mut crowded = broker.crowded.entry(slot);
            let widest = match &mut crowded {
                dashmap::Entry::Occupied(crowded) => {
                    for one in crowded.get_mut().iter_mut().filter(|one| one.0 == session) {
                        one.1 = radius_m;
                    }
                    widest(crowded.get())
                }
                dashmap::Entry::Vacant(_) => radius_m,
            };
            // Before anybody is looked at: a mover that still reads the old radius moved before.
            broker.world.resident(slot).set_radius_m(widest);
        }
        self.sessions
            .at_mut(session.place())
            .has
            .set(Has::ROUND, true);
        self.queue(session.place());
    }

    /// Empties the view of a session without a word.
    pub(super) fn hide_friends(&mut self, place: u32, slot: Slot) {
        let broker = Arc::clone(&self.broker);
        if self.sessions.at(place).has.is(Has::FIRST) {
            let gate = broker.channels.gate(slot);
            broker.empty_view(&gate, slot);
        } else if let Some(aside) = &mut self.sessions.at_mut(place).aside {
            for friend in aside.own.shown.drain(..) {
                broker.unpin(friend);
            }
        }
    }

    /// Hides one friend from this session. Answers whether a `changes` frame that says so was
    /// appended to `frame`.
    pub fn unfollow(
        &mut self,
        session: SessionId,
        user: &str,
        now: u64,
        frame: &mut Vec<u8>,
    ) -> Result<bool, Denied> {
        self.reading(|worker| {
            let (slot, live) = worker.sessions.named(session).ok_or(Denied::Ended)?;
            let hidden = worker.friend_of(slot, user)?;
            let broker = Arc::clone(&worker.broker);
            if broker.hides(live, hidden) {
                return Ok(false);
            }
            broker.pin(hidden);
            let live = worker.sessions.at_mut(session.place());
            let unfollowed = &mut live.aside().unfollowed;
            if unfollowed.len() >= broker.config.friends as usize {
                // Some of them are friends no more.
                for past in unfollowed.extract_if(.., |one| !broker.are_friends(slot, *one)) {
                    broker.unpin(past);
                }
            }
            unfollowed.push(hidden);
            let was_shown = if live.has.is(Has::FIRST) {
                let channel = &broker.world.resident(slot).channel;
                let _gate = broker.channels.gate(slot);
                broker.channels.find(channel, hidden).is_some_and(|word| {
                    let kept = !(Edge::SHOWN | Edge::MARKED);
                    Edge::was(word.fetch_and(kept, Ordering::SeqCst)).has(Edge::SHOWN)
                })
            } else {
                let shown = live.aside().own.hide(hidden);
                if shown {
                    broker.unpin(hidden);
                }
                shown
            };
            if was_shown {
                let mut buffer: IdBuffer = [0; 64];
                let stored = &broker.world.resident(hidden).id;
                let user = broker.roster.id(hidden, stored, &mut buffer);
                let (encoding, seq) = (live.encoding, live.next_seq());
                let mut changes = ChangesWriter::begin(frame, encoding, seq, now);
                changes.exited(Who::User(user), Why::Left);
                changes.finish();
            }
            Ok(was_shown)
        })
    }

    /// Shows a hidden friend again, from the next sweep on.
    pub fn follow(&mut self, session: SessionId, user: &str) -> Result<(), Denied> {
        self.reading(|worker| {
            let (slot, _) = worker.sessions.named(session).ok_or(Denied::Ended)?;
            let shown = worker.friend_of(slot, user)?;
            let broker = &worker.broker;
            let live = worker.sessions.at_mut(session.place());
            if broker.hides(live, shown) {
                let is_she = |hidden: &mut Slot| broker.is_the_same(*hidden, shown);
                for hidden in live.aside().unfollowed.extract_if(.., is_she) {
                    broker.unpin(hidden);
                }
                worker
                    .sessions
                    .at_mut(session.place())
                    .has
                    .set(Has::ROUND, true);
                worker.queue(session.place());
            }
            Ok(())
        })
    }

    fn friend_of(&self, slot: Slot, user: &str) -> Result<Slot, Denied> {
        let friend = self.broker.slot(user).map_err(|_| Denied::NotFriends)?;
        if self.broker.are_friends(slot, friend) {
            Ok(friend)
        } else {
            Err(Denied::NotFriends)
        }
    }

    /// Changes how a user is shown to friends. With `off`: nothing about her is encoded, but one
    /// exit per viewer, once the boundary has passed. `until`: then off, or after a timed off what
    /// was before.
    pub fn set_sharing(
        &mut self,
        user: &str,
        sharing: Sharing,
        until: Option<u64>,
        now: u64,
    ) -> Result<Boundary, Denied> {
        self.reading(|worker| {
            let slot = worker.broker.slot(user)?;
            worker.share(slot, sharing, until, None, now);
            Ok(worker.broker.pulses.boundary())
        })
    }

    /// How a user is shown now.
    pub fn sharing(&self, user: &str) -> Result<(Sharing, Option<u64>), Denied> {
        let slot = self.broker.slot(user)?;
        let until = self.broker.lent.get(&slot).map(|lent| lent.until);
        Ok((
            sharing_of(self.broker.world.resident(slot).flags.get()),
            until,
        ))
    }

    /// `then`: what follows a timed sharing; none: what the sharing before makes of it.
    pub(super) fn share(
        &mut self,
        slot: Slot,
        sharing: Sharing,
        until: Option<u64>,
        then: Option<Sharing>,
        now: u64,
    ) {
        let broker = Arc::clone(&self.broker);
        self.expire_if_over(slot, now);
        let changed = {
            // Of two changes at once one is the later.
            let _gate = broker.channels.gate(slot);
            if !broker.world.resident(slot).flags.get().is(Being::RESIDENT) {
                return;
            }
            match until.filter(|&until| until > now) {
                Some(until) => {
                    let then = then.unwrap_or_else(|| broker.after(slot, sharing));
                    broker.lent.insert(slot, Lent { until, then });
                    broker.end_at(slot, until);
                    broker.share_as(slot, sharing)
                }
                None => {
                    broker.lent.remove(&slot);
                    // It may have ended long ago, in the account store.
                    let ended = until.map(|_| then.unwrap_or(Sharing::Off));
                    broker.share_as(slot, ended.unwrap_or(sharing))
                }
            }
        };
        self.tell_of_sharing(slot, changed);
    }

    /// What she showed exactly and is over ends now, and not on an epoch because it is veiled.
    fn expire_if_over(&mut self, slot: Slot, now: u64) {
        let resident = self.broker.world.resident(slot);
        let (being, seen) = (resident.flags.get(), resident.times().seen());
        let is_over = seen + self.broker.config.ttl_ms <= now;
        if is_over && being.is(Being::ACTIVE) && !being.is(Being::VEILED) {
            self.expire(slot, now);
        }
    }

    pub(super) fn end_timed_sharing(&mut self, slot: Slot, at: u64, now: u64) {
        let broker = Arc::clone(&self.broker);
        self.expire_if_over(slot, now);
        let changed = {
            let _gate = broker.channels.gate(slot);
            let ended = broker.lent.remove_if(&slot, |_, lent| lent.until == at);
            ended.is_some_and(|(_, lent)| broker.share_as(slot, lent.then))
        };
        self.tell_of_sharing(slot, changed);
    }

    fn tell_of_sharing(&mut self, slot: Slot, changed: bool) {
        if changed {
            self.broker.changed.note(slot);
            self.withdraw_if_closed(slot);
            self.tell_watchers(slot);
        }
    }
}

impl Broker {
    /// What follows `sharing` when it ends.
    fn after(&self, slot: Slot, sharing: Sharing) -> Sharing {
        if sharing != Sharing::Off {
            return Sharing::Off;
        }
        let lent = self.lent.get(&slot).map(|lent| lent.then);
        lent.unwrap_or_else(|| sharing_of(self.world.resident(slot).flags.get()))
    }

    /// Answers whether that is a change. The caller holds the gate of her channel.
    fn share_as(&self, slot: Slot, sharing: Sharing) -> bool {
        let resident = self.world.resident(slot);
        let being = resident.flags.get();
        if sharing_of(being) == sharing {
            return false;
        }
        match sharing {
            Sharing::Off => {
                resident.flags.clear(Being::SHARES);
            }
            Sharing::Exact if being.is(Being::VEILED) => {
                self.streets.unveil(&self.world, slot);
                self.index.note(&self.world, slot);
            }
            Sharing::Approximate if !being.is(Being::VEILED) => {
                // Nobody sees her until a cell has been released.
                self.streets.veil_from_now(&self.world, &self.pulses, slot);
            }
            Sharing::Exact | Sharing::Approximate => {
                resident.flags.set(Being::SHARES);
            }
        }
        true
    }
}

/// Sharing for a while.
#[derive(Clone, Copy)]
pub(super) struct Lent {
    pub(super) until: u64,
    pub(super) then: Sharing,
}

/// The largest radius of a user's sessions.
pub(super) fn widest(sessions: &[(SessionId, f32)]) -> f32 {
    sessions.iter().map(|one| one.1).fold(0.0, f32::max)
}

pub(super) fn sharing_of(being: Being) -> Sharing {
    match (being.is(Being::SHARES), being.is(Being::VEILED)) {
        (false, _) => Sharing::Off,
        (true, false) => Sharing::Exact,
        (true, true) => Sharing::Approximate,
    }
}
