//! A worker: one thread's hand on the broker, with the sessions that it sweeps.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::wire::{Encoding, Mode, UserId};

use super::Broker;
use super::desk::Desk;
use super::index::Search;
use super::marks::Mark;
use super::session::{Has, Session, SessionId, Sessions};
use super::settings::widest;
use super::slot::Slot;
use super::sync::Ordering;
use super::tray::Tray;
use super::user::IdBuffer;
use super::world::{Being, Resident};

/// Why a call was refused. Nothing was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Denied {
    /// The session has ended.
    Ended,
    /// No such user in the world.
    Unknown,
    /// Not a friend; the same whether the other exists or not.
    NotFriends,
    /// The session only observes.
    Observes,
    /// One of the limits in [`super::Config`] is reached.
    Full,
    /// The cursor is not one of ours.
    Cursor,
}

/// How a session begins.
#[derive(Clone, Copy, Debug)]
pub struct Hello {
    pub encoding: Encoding,
    pub friends: bool,
    pub strangers: bool,
    pub radius_m: f32,
    /// A second screen: it sees and does not report.
    pub observes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opened {
    pub session: SessionId,
    /// The user's oldest session, to be closed by its worker since she has too many.
    pub replaced: Option<SessionId>,
}

pub struct Worker {
    pub(super) broker: Arc<Broker>,
    pub(super) number: usize,
    pub(super) sessions: Sessions,
    /// Sessions here that are not their user's first.
    pub(super) further: HashMap<Slot, Vec<u32>>,
    /// Sessions with a view of strangers.
    pub(super) curious: BTreeSet<u32>,
    pub(super) tray: Tray,
    pub(super) desk: Desk,
    /// Answers of the index.
    pub(super) search: Search,
}

impl Worker {
    pub(super) fn new(broker: Arc<Broker>, number: usize) -> Self {
        Self {
            number,
            sessions: Sessions::new(),
            further: HashMap::new(),
            curious: BTreeSet::new(),
            tray: Tray::new(&broker.config, broker.queues.len(), number),
            desk: Desk::default(),
            search: Search::default(),
            broker,
        }
    }

    pub fn broker(&self) -> &Arc<Broker> {
        &self.broker
    }

    pub fn number(&self) -> usize {
        self.number
    }

    /// Sessions that this worker sweeps.
    pub fn live(&self) -> usize {
        self.sessions.live()
    }

    /// Runs what reads other people's state, so that boundaries wait for it, and sends the marks
    /// that it made.
    #[inline]
    pub(super) fn reading<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        self.broker.pulses.begin(self.number);
        let answer = act(self);
        self.send_marks();
        self.broker.pulses.end(self.number);
        if self.tray.is_full() {
            self.make_room();
        }
        answer
    }

    #[inline]
    pub(super) fn send_marks(&mut self) {
        self.tray.send(&self.broker.queues);
    }

    #[inline]
    pub(super) fn mark(&mut self, viewer: Being, mark: Mark) {
        self.tray.mark(viewer, mark);
    }

    /// Begins a session of a user whom `admit` has brought into the world.
    pub fn open(&mut self, user: &str, hello: &Hello) -> Result<Opened, Denied> {
        self.reading(|worker| worker.open_for(user, hello))
    }

    fn open_for(&mut self, user: &str, hello: &Hello) -> Result<Opened, Denied> {
        let broker = Arc::clone(&self.broker);
        let slot = broker.slot(user)?;
        let _gate = broker.channels.gate(slot);
        let resident = broker.world.resident(slot);
        let being = resident.flags.get();
        if !being.is(Being::RESIDENT) {
            return Err(Denied::Unknown);
        }
        // Its slot is not another's before it is closed, even if she is erased.
        broker.pin(slot);
        let mut has = Has::default();
        let first = !being.is(Being::HOME);
        has.set(Has::FIRST, first);
        has.set(Has::FRIENDS, hello.friends);
        has.set(Has::STRANGERS, hello.strangers);
        has.set(Has::OBSERVES, hello.observes);
        let session = self.sessions.open(
            self.number,
            Session {
                slot: Some(slot),
                generation: 0,
                seq: 0,
                last_at: 0,
                radius_m: hello.radius_m,
                encoding: hello.encoding,
                has,
                aside: None,
            },
        );
        let replaced = if being.any(Being::HOME | Being::MULTI) {
            self.join(slot, session, hello.radius_m)
        } else {
            resident.set_radius_m(hello.radius_m);
            None
        };
        if first {
            let ledger = broker.world.ledger(slot);
            ledger
                .generation
                .store(session.generation(), Ordering::Release);
            resident.session.store(session.place(), Ordering::Release);
            resident.flags.settle_at(self.number);
        } else {
            self.further.entry(slot).or_default().push(session.place());
            resident.flags.set(Being::MULTI);
            // A move that did not know of this session may have looked as far as it does.
            let home = resident.flags.get().home();
            self.tray.mark_at(home, Mark::round(slot));
        }
        broker.world.draw_home(slot);
        if hello.strangers {
            self.listen(session.place(), slot);
        }
        Ok(Opened { session, replaced })
    }

    /// Adds a session to those of a user who has one; answers the oldest if it is one too many.
    fn join(&self, slot: Slot, session: SessionId, radius_m: f32) -> Option<SessionId> {
        let broker = &self.broker;
        let resident = broker.world.resident(slot);
        let mut crowded = broker
            .crowded
            .entry(slot)
            .or_insert_with(|| vec![(broker.first_session(slot), resident.radius_m())]);
        crowded.push((session, radius_m));
        resident.set_radius_m(widest(&crowded));
        // Those that were replaced before may not have been closed yet.
        let beyond = crowded.len().checked_sub(broker.config.sessions_per_user);
        let replaced = beyond?.checked_sub(1)?;
        Some(crowded[replaced].0)
    }

    /// Ends a session of this worker, at once and for good.
    pub fn close(&mut self, session: SessionId, now: u64) {
        let Some((slot, live)) = self.sessions.named(session) else {
            return;
        };
        let first = live.has.is(Has::FIRST);
        let curious = live.has.is(Has::STRANGERS);
        let broker = Arc::clone(&self.broker);
        if curious {
            self.unlisten(session.place(), slot);
        }
        if let Some(aside) = self.sessions.at_mut(session.place()).aside.take() {
            for friend in aside.unfollowed.iter().chain(&aside.own.shown) {
                broker.unpin(*friend);
            }
        }
        self.sessions.close(session.place());
        let resident = broker.world.resident(slot);
        let gate = broker.channels.gate(slot);
        if first {
            resident.flags.clear(Being::HOME | Being::DIRTY);
            broker.empty_view(&gate, slot);
        } else if let Some(places) = self.further.get_mut(&slot) {
            places.retain(|&place| place != session.place());
            if places.is_empty() {
                self.further.remove(&slot);
            }
        }
        self.part(slot, resident, session);
        broker.world.draw_home(slot);
        let being = resident.flags.get();
        if being.is(Being::RESIDENT)
            && !being.any(Being::ACTIVE | Being::HOME | Being::MULTI)
            && !resident.flags.set(Being::TIMED).is(Being::TIMED)
        {
            // Nothing else would look after her any more.
            broker.schedule.watch(slot, now, now);
        }
        broker.unpin(slot);
    }

    fn part(&self, slot: Slot, resident: &Resident, session: SessionId) {
        let dashmap::Entry::Occupied(mut crowded) = self.broker.crowded.entry(slot) else {
            return;
        };
        let left = crowded.get_mut();
        left.retain(|one| one.0 != session);
        resident.set_radius_m(widest(left));
        let first_alone = left.len() == 1 && resident.flags.get().is(Being::HOME);
        if left.is_empty() || first_alone {
            crowded.remove();
            resident.flags.clear(Being::MULTI);
        }
    }

    /// Keeps a session for a client that may resume; its marks wait with it.
    pub fn suspend(&mut self, session: SessionId, now: u64) {
        if self.sessions.named(session).is_some() {
            let until = now + self.broker.config.resume_window_ms;
            let live = self.sessions.at_mut(session.place());
            live.has.set(Has::SUSPENDED, true);
            // Its client's clock counts anew when it comes back; until then this is the deadline.
            live.last_at = until;
            self.tray.suspended.push_back((until, session));
        }
    }

    /// Ends the sessions whose window to resume has closed.
    pub(super) fn end_suspended(&mut self, now: u64) {
        while let Some(&(until, session)) = self.tray.suspended.front()
            && until <= now
        {
            self.tray.suspended.pop_front();
            // It may have come back, and gone again.
            let due = self
                .sessions
                .named(session)
                .is_some_and(|(_, live)| live.last_at == until);
            if due && self.suspended(session) {
                self.close(session, now);
            }
        }
    }

    fn suspended(&self, session: SessionId) -> bool {
        self.sessions
            .named(session)
            .is_some_and(|(_, live)| live.has.is(Has::SUSPENDED))
    }

    /// Takes a suspended session up again. Answers whether its view is what the client has, so
    /// that changes go on; otherwise the client needs a complete `nearby` per mode.
    pub fn resume(&mut self, session: SessionId, seq: u64) -> Result<bool, Denied> {
        if !self.suspended(session) {
            return Err(Denied::Ended);
        }
        let live = self.sessions.at_mut(session.place());
        live.has.set(Has::SUSPENDED, false);
        live.last_at = 0;
        Ok(live.seq == seq)
    }

    /// The modes of a session.
    pub fn modes(&self, session: SessionId) -> Result<Vec<Mode>, Denied> {
        let (_, live) = self.sessions.named(session).ok_or(Denied::Ended)?;
        let modes = [
            (Has::FRIENDS, Mode::Friends),
            (Has::STRANGERS, Mode::Strangers),
        ];
        Ok(modes
            .iter()
            .filter(|(bit, _)| live.has.is(*bit))
            .map(|(_, mode)| *mode)
            .collect())
    }

    /// How a session's client, which may have come back with another one, wants its frames.
    pub fn speak(&mut self, session: SessionId, encoding: Encoding) {
        if self.sessions.named(session).is_some() {
            self.sessions.at_mut(session.place()).encoding = encoding;
        }
    }

    /// Whose session it is.
    pub fn user(&self, session: SessionId) -> Result<UserId, Denied> {
        let (slot, _) = self.sessions.named(session).ok_or(Denied::Ended)?;
        let mut buffer: IdBuffer = [0; 64];
        let stored = &self.broker.world.resident(slot).id;
        let id = self.broker.roster.id(slot, stored, &mut buffer);
        UserId::new(id).map_err(|_| Denied::Unknown)
    }

    /// Whether the user of a session may be shown to strangers, and so see them.
    pub fn is_open(&self, session: SessionId) -> Result<bool, Denied> {
        let (slot, _) = self.sessions.named(session).ok_or(Denied::Ended)?;
        Ok(self.broker.world.resident(slot).flags.get().is(Being::OPEN))
    }

    pub fn radius_m(&self, session: SessionId) -> Result<f32, Denied> {
        let (_, live) = self.sessions.named(session).ok_or(Denied::Ended)?;
        Ok(live.radius_m)
    }

    /// The number of a session's last unasked frame.
    pub fn seq(&self, session: SessionId) -> Result<u64, Denied> {
        self.sessions
            .named(session)
            .map(|(_, live)| live.seq)
            .ok_or(Denied::Ended)
    }
}

impl Worker {
    /// Every session of a user on any worker, the oldest first; of who is not in the world none.
    pub fn sessions(&self, user: &str) -> Vec<SessionId> {
        let slot = self.broker.slot(user);
        slot.map_or_else(|_| Vec::new(), |slot| self.broker.sessions_of(slot))
    }
}

impl Broker {
    /// Every session of a user, the oldest first.
    pub(super) fn sessions_of(&self, slot: Slot) -> Vec<SessionId> {
        if let Some(crowded) = self.crowded.get(&slot) {
            return crowded.iter().map(|one| one.0).collect();
        }
        let being = self.world.resident(slot).flags.get();
        being
            .is(Being::HOME)
            .then(|| self.first_session(slot))
            .into_iter()
            .collect()
    }

    fn first_session(&self, slot: Slot) -> SessionId {
        let resident = self.world.resident(slot);
        let generation = self.world.ledger(slot).generation.load(Ordering::Acquire);
        let place = resident.session.load(Ordering::Acquire);
        SessionId::new(resident.flags.get().home(), place, generation)
    }
}
