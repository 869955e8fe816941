//! What a client or an account may choose: modes and radius of a session, sharing of a user.

use std::sync::Arc;

use crate::wire::{ChangesWriter, Sharing, Who, Why};

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
        let widest = match broker.crowded.get_mut(&slot) {
            Some(mut crowded) => {
                for one in crowded.iter_mut().filter(|one| one.0 == session) {
                    one.1 = radius_m;
                }
                crowded.iter().map(|one| one.1).fold(0.0, f32::max)
            }
            None => radius_m,
        };
        // Before anybody is looked at: a mover that still reads the old radius moved before.
        broker.world.resident(slot).set_radius_m(widest);
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
            let _gate = broker.channels.gate(slot);
            for word in broker.channels.edges(&broker.world.resident(slot).channel) {
                if Edge::read(word).has(Edge::ENDED) {
                    broker.remove_edge(word);
                } else {
                    word.fetch_and(!(Edge::SHOWN | Edge::MARKED), Ordering::SeqCst);
                }
            }
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
            live.aside().unfollowed.push(hidden);
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
            worker.share(slot, sharing, until, now);
            Ok(worker.broker.pulses.boundary())
        })
    }

    /// How a user is shown now.
    pub fn sharing(&self, user: &str) -> Result<(Sharing, Option<u64>), Denied> {
        let slot = self.broker.slot(user)?;
        let until = self.broker.lent.get(&slot).map(|lent| lent.0);
        Ok((
            sharing_of(self.broker.world.resident(slot).flags.get()),
            until,
        ))
    }

    pub(super) fn share(&mut self, slot: Slot, sharing: Sharing, until: Option<u64>, now: u64) {
        let broker = Arc::clone(&self.broker);
        let before = sharing_of(broker.world.resident(slot).flags.get());
        let sharing = match until {
            // It has ended already; the account may have been stored long ago.
            Some(until) if until <= now => Sharing::Off,
            _ => sharing,
        };
        match until.filter(|&until| until > now) {
            Some(until) => {
                let was_lent = broker.lent.get(&slot).map(|lent| lent.1);
                let lasting = was_lent.unwrap_or(before);
                let then = if sharing == Sharing::Off {
                    lasting
                } else {
                    Sharing::Off
                };
                broker.lent.insert(slot, (until, then));
                broker.schedule.ends(slot, until);
            }
            None => {
                broker.lent.remove(&slot);
            }
        }
        self.share_as(slot, sharing);
    }

    pub(super) fn end_timed_sharing(&mut self, slot: Slot, at: u64) {
        let ended = self.broker.lent.remove_if(&slot, |_, lent| lent.0 == at);
        if let Some((_, (_, then))) = ended {
            self.share_as(slot, then);
        }
    }

    fn share_as(&mut self, slot: Slot, sharing: Sharing) {
        let broker = Arc::clone(&self.broker);
        let resident = broker.world.resident(slot);
        let before = sharing_of(resident.flags.get());
        if before == sharing {
            return;
        }
        let veiled = resident.flags.get().is(Being::VEILED);
        match sharing {
            Sharing::Off => {
                resident.flags.clear(Being::SHARES);
            }
            Sharing::Exact => {
                if veiled {
                    resident.go_to(broker.streets.exact(slot));
                }
                resident
                    .flags
                    .change(Being::VEILED | Being::RELEASED, Being::SHARES);
                if veiled {
                    broker.streets.unlist(&broker.world, slot);
                    broker.index.note(&broker.world, slot);
                }
            }
            Sharing::Approximate if veiled => {
                resident.flags.set(Being::SHARES);
            }
            Sharing::Approximate => {
                // Nobody sees her until a cell has been released.
                broker.streets.go_to(slot, resident.position());
                resident
                    .flags
                    .change(Being::RELEASED, Being::VEILED | Being::SHARES);
                broker.streets.go_to(slot, resident.position());
                broker.streets.enlist(&broker.world, &broker.pulses, slot);
            }
        }
        broker.changed.note(slot);
        self.withdraw_if_closed(slot);
        self.tell_watchers(slot);
    }
}

pub(super) fn sharing_of(being: Being) -> Sharing {
    match (being.is(Being::SHARES), being.is(Being::VEILED)) {
        (false, _) => Sharing::Off,
        (true, false) => Sharing::Exact,
        (true, true) => Sharing::Approximate,
    }
}
