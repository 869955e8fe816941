//! The sweep: the world is looked at, and each session is told in one frame the difference
//! between what it was shown and what is so.
//!
//! While a sink is full nothing is encoded for its session; the marks stay on the pairs, one per
//! friend, for as long as it takes.

use nearcast_grid::Position;

use crate::wire::{ChangesWriter, Encoding, Who, Why};

use super::Broker;
use super::channel::Edge;
use super::session::{Has, OwnView, Session, SessionId};
use super::slot::Slot;
use super::strangers::Say;
use super::sync::Ordering;
use super::user::IdBuffer;
use super::view::{Verdict, Viewpoint};
use super::worker::Worker;
use super::world::Being;

/// Where frames go.
pub trait Sink {
    /// Whether this session can take no frame now; it keeps its marks.
    fn is_full(&mut self, session: SessionId) -> bool;
    fn frame(&mut self, session: SessionId, frame: &[u8]);
}

/// One session's verdicts until they are encoded, and the frame.
#[derive(Default)]
pub(super) struct Desk {
    stays: Vec<(Slot, Position)>,
    entered: Vec<(Slot, Position)>,
    exited: Vec<(Slot, Why)>,
    pub(super) frame: Vec<u8>,
    held: Vec<Slot>,
    held_queued: Vec<u32>,
}

impl Desk {
    fn is_empty(&self) -> bool {
        self.stays.is_empty() && self.entered.is_empty() && self.exited.is_empty()
    }

    fn clear(&mut self) {
        self.stays.clear();
        self.entered.clear();
        self.exited.clear();
        self.frame.clear();
    }
}

impl Worker {
    /// Looks at every marked pair of this worker's sessions and hands each session its frame.
    pub fn sweep(&mut self, now: u64, sink: &mut impl Sink) {
        self.end_suspended(now);
        self.wake_curious();
        self.collect();
        self.apply_each(|worker| worker.reading(|worker| worker.sweep_dirty(now, sink)));
        self.tray.dirty.append(&mut self.desk.held);
        self.tray.queued.append(&mut self.desk.held_queued);
    }

    fn sweep_dirty(&mut self, now: u64, sink: &mut impl Sink) {
        let mut dirty = std::mem::take(&mut self.tray.dirty);
        for (place, &slot) in dirty.iter().enumerate() {
            if let Some(&ahead) = dirty.get(place + 8) {
                self.broker.world.expect_ledger(ahead);
            }
            let being = self.broker.world.resident(slot).flags.get();
            let word = self
                .broker
                .world
                .ledger(slot)
                .session
                .load(Ordering::Acquire);
            let session = SessionId::from_word(self.number, word);
            let here = being.is(Being::HOME | Being::DIRTY) && being.home() == self.number;
            if here
                && self
                    .sessions
                    .named(session)
                    .is_some_and(|(owner, _)| owner == slot)
            {
                self.sweep_session(session.place, now, sink);
            }
        }
        dirty.clear();
        self.tray.dirty = dirty;
        let mut queued = std::mem::take(&mut self.tray.queued);
        for place in queued.drain(..) {
            if self.sessions.at(place).has.is(Has::QUEUED) {
                self.sweep_session(place, now, sink);
            }
        }
        self.tray.queued = queued;
    }

    fn sweep_session(&mut self, place: u32, now: u64, sink: &mut impl Sink) {
        let Self {
            broker,
            number,
            sessions,
            desk,
            ..
        } = self;
        let session = sessions.at_mut(place);
        let Some(slot) = session.slot else {
            return;
        };
        let id = SessionId {
            worker: *number as u8,
            place,
            generation: session.generation,
        };
        if session.has.is(Has::SUSPENDED) || sink.is_full(id) {
            if session.has.is(Has::QUEUED) {
                desk.held_queued.push(place);
            } else {
                desk.held.push(slot);
            }
            return;
        }
        session.has.set(Has::QUEUED, false);
        let resident = broker.world.resident(slot);
        let first = session.has.is(Has::FIRST);
        if first && resident.flags.get().is(Being::DIRTY) {
            // Before the marks are taken: who marks from here on queues the session again.
            resident.flags.clear(Being::DIRTY);
        }
        desk.clear();
        let view = Viewpoint::of(broker, slot, session);
        if first {
            look_first(broker, slot, session, &view, desk);
        } else {
            look_further(broker, slot, session, &view, desk);
        }
        session.has.set(Has::ROUND, false);
        if session.has.is(Has::CHOOSE) {
            self.choose(id, now, sink);
        }
        let Self {
            broker,
            sessions,
            desk,
            tray,
            ..
        } = self;
        let session = sessions.at_mut(place);
        let anew = if tray.anew.is_empty() {
            None
        } else {
            tray.anew.remove(&slot)
        };
        desk.encode(
            broker,
            session,
            &view,
            now,
            anew.as_deref().unwrap_or_default(),
        );
        if !desk.frame.is_empty() {
            sink.frame(id, &desk.frame);
        }
    }
}

/// The view in the edges of a channel.
fn look_first(broker: &Broker, slot: Slot, session: &Session, view: &Viewpoint, desk: &mut Desk) {
    let round = session.has.is(Has::ROUND);
    let listens = session.has.is(Has::FRIENDS);
    let channel = &broker.world.resident(slot).channel;
    let multi = broker.world.resident(slot).flags.get().is(Being::MULTI);
    let _gate = broker.channels.gate(slot);
    for word in broker.channels.edges(channel) {
        let edge = Edge::read(word);
        let (marked, shown) = (edge.has(Edge::MARKED), edge.has(Edge::SHOWN));
        let Some(friend) = edge.slot().filter(|_| marked || round) else {
            continue;
        };
        if marked {
            // Before the world is read: a mark that comes now is for the next sweep.
            word.fetch_and(!Edge::MARKED, Ordering::SeqCst);
        }
        if edge.has(Edge::ENDED) {
            if shown {
                let why = if edge.has(Edge::GONE) {
                    Why::Inactive
                } else {
                    Why::Left
                };
                desk.exited.push((friend, why));
            }
            broker.remove_edge(word);
            continue;
        }
        let other = broker.world.resident(friend);
        let hidden = !listens || session.hides(friend);
        match view.judge(other, shown) {
            Verdict::Stays(position) if marked => desk.stays.push((friend, position)),
            Verdict::Enters(_) if !hidden => {
                word.fetch_or(Edge::SHOWN, Ordering::SeqCst);
                match broker.enter(slot, friend, view) {
                    Some(position) => desk.entered.push((friend, position)),
                    None => {
                        word.fetch_and(!Edge::SHOWN, Ordering::SeqCst);
                    }
                }
            }
            Verdict::Exits(why) => {
                word.fetch_and(!Edge::SHOWN, Ordering::SeqCst);
                desk.exited.push((friend, why));
                broker.unsee(slot, friend, multi);
            }
            Verdict::Hidden if marked => broker.unsee(slot, friend, multi),
            Verdict::Hidden | Verdict::Stays(_) | Verdict::Enters(_) => {}
        }
    }
}

/// The view of a session that is not its user's first.
fn look_further(
    broker: &Broker,
    slot: Slot,
    session: &mut Session,
    view: &Viewpoint,
    desk: &mut Desk,
) {
    let round = session.has.is(Has::ROUND);
    let listens = session.has.is(Has::FRIENDS);
    let channel = &broker.world.resident(slot).channel;
    let own = &mut session.aside().own;
    let all = std::mem::take(&mut own.all);
    let marked = std::mem::take(&mut own.marked);
    let mut looks = marked.clone();
    if all || round {
        let edges = broker.channels.edges(channel);
        looks.extend(edges.filter_map(|word| Edge::read(word).slot()));
        looks.extend(&own.shown);
        looks.sort_unstable();
        looks.dedup();
    }
    for friend in looks {
        let hidden = !listens || session.hides(friend);
        let OwnView { shown, .. } = &session.aside().own;
        let was_shown = shown.binary_search(&friend).is_ok();
        let own = &mut session.aside().own;
        if !broker.are_friends(slot, friend) {
            if own.hide(friend) {
                broker.unpin(friend);
                desk.exited.push((friend, Why::Left));
            }
            continue;
        }
        match view.judge(broker.world.resident(friend), was_shown) {
            Verdict::Stays(position) if all || marked.contains(&friend) => {
                desk.stays.push((friend, position));
            }
            Verdict::Enters(_) if !hidden => {
                if let Some(position) = broker.enter(slot, friend, view) {
                    broker.pin(friend);
                    own.show(friend);
                    desk.entered.push((friend, position));
                }
            }
            Verdict::Exits(why) => {
                own.hide(friend);
                broker.unpin(friend);
                desk.exited.push((friend, why));
            }
            Verdict::Hidden | Verdict::Stays(_) | Verdict::Enters(_) => {}
        }
    }
}

impl Broker {
    /// Tells a friend's edge that `viewer` has her in view, and then looks again: who moves from
    /// here on marks the pair, and what moved before is seen now.
    pub(super) fn enter(&self, viewer: Slot, friend: Slot, view: &Viewpoint) -> Option<Position> {
        let other = self.world.resident(friend);
        self.channels.set(&other.channel, viewer, Edge::SEES_ME)?;
        match view.judge(other, true) {
            Verdict::Stays(position) => Some(position),
            _ => None,
        }
    }

    /// Tells a friend's edge that `viewer` does not have her in view any more. With several
    /// sessions another may; then the edge is left, which costs marks only.
    pub(super) fn unsee(&self, viewer: Slot, friend: Slot, multi: bool) {
        if !multi {
            let channel = &self.world.resident(friend).channel;
            self.channels.clear_lazily(channel, viewer, Edge::SEES_ME);
        }
    }
}

impl Desk {
    /// Writes what was found into one frame; none if nothing was.
    fn encode(
        &mut self,
        broker: &Broker,
        session: &mut Session,
        view: &Viewpoint,
        now: u64,
        anew: &[Slot],
    ) {
        if !anew.is_empty() {
            let again = self.stays.extract_if(.., |(slot, _)| anew.contains(slot));
            self.entered.extend(again);
        }
        let crowd = session
            .aside
            .as_mut()
            .and_then(|aside| aside.crowd.told.take());
        if self.is_empty() && crowd.is_none() {
            return;
        }
        let (encoding, seq): (Encoding, u64) = (session.encoding, session.next_seq());
        let mut changes = ChangesWriter::begin(&mut self.frame, encoding, seq, now);
        for &(slot, position) in &self.stays {
            broker.tell(view, slot, position, None, |person| changes.moved(person));
        }
        let told = crowd.as_deref();
        if let Some(told) = told {
            broker.say_strangers(told, Say::Moved, &mut changes);
        }
        for &(slot, position) in &self.entered {
            let profile = broker.profile(slot);
            broker.tell(view, slot, position, profile.as_ref(), |person| {
                changes.entered(person)
            });
        }
        if let Some(told) = told {
            broker.say_strangers(told, Say::Entered, &mut changes);
        }
        for &(slot, why) in &self.exited {
            let mut buffer: IdBuffer = [0; 64];
            let stored = &broker.world.resident(slot).id;
            changes.exited(Who::User(broker.roster.id(slot, stored, &mut buffer)), why);
        }
        if let Some(told) = told {
            broker.say_strangers(told, Say::Exited, &mut changes);
            changes.cells(told.cells.iter().map(|cell| &**cell));
        }
        changes.finish();
    }
}
