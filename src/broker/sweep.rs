//! The sweep: the world is looked at, and each session is told in one frame the difference
//! between what it was shown and what is so.
//!
//! While a sink is full nothing is encoded for its session; the marks stay on the pairs, one per
//! friend, for as long as it takes.

use crate::wire::Why;

use super::Broker;
use super::channel::Edge;
use super::desk::Desk;
use super::doubles::{is_news, is_pair_double};
use super::marks::Mark;
use super::session::{Has, OwnView, Session, SessionId};
use super::slot::Slot;
use super::sync::{AtomicU32, Ordering};
use super::view::{Sight, Verdict, Viewpoint};
use super::worker::Worker;
use super::world::Being;

/// Where frames go.
pub trait Sink {
    /// Whether this session can take no frame now; it keeps its marks. Otherwise it takes what
    /// comes before the next question: one frame, or two when a list of strangers is replaced.
    fn is_full(&mut self, session: SessionId) -> bool;
    fn frame(&mut self, session: SessionId, frame: &[u8]);
}

impl Worker {
    /// Looks at every marked pair of this worker's sessions and hands each session its frame.
    pub fn sweep(&mut self, now: u64, sink: &mut impl Sink) {
        self.end_suspended(now);
        self.wake_curious();
        self.collect();
        self.each_bin(|worker, marks| {
            worker.sweep_marks(marks, now, sink);
        });
        self.look_at_all_if_lost();
        self.reading(|worker| worker.sweep_waiting(now, sink));
    }

    /// Sweeps the viewers of marks that come straight from the queue.
    fn sweep_marks(&mut self, marks: &[Mark], now: u64, sink: &mut impl Sink) {
        self.each_viewer(marks, |worker, group| {
            if !worker.sweep_group(group, now, sink) {
                // To its edges, for the round of those who wait.
                for &mark in group {
                    worker.apply(mark);
                }
            }
        });
    }

    /// Sweeps one viewer; not if there is more to her than these marks, or no room for a frame.
    #[inline]
    fn sweep_group(&mut self, group: &[Mark], now: u64, sink: &mut impl Sink) -> bool {
        let slot = group[0].viewer();
        let resident = self.broker.world.resident(slot);
        let being = resident.flags.get();
        let alone = being.is(Being::HOME) && !being.any(Being::DIRTY | Being::MULTI);
        let place = resident.session.load(Ordering::Acquire);
        if !alone || being.home() != self.number || !self.sessions.belongs(place, slot) {
            return false;
        }
        let session = self.sessions.at(place);
        let id = SessionId::new(self.number, place, session.generation);
        if session.has.any(Has::SUSPENDED | Has::QUEUED) || sink.is_full(id) {
            return false;
        }
        self.sweep_session(id, slot, group, now, sink);
        true
    }

    /// Sweeps the sessions with marks on their edges, or with something else to be looked at.
    /// Those whose sinks are full wait on.
    fn sweep_waiting(&mut self, now: u64, sink: &mut impl Sink) {
        for slot in std::mem::take(&mut self.tray.dirty) {
            let resident = self.broker.world.resident(slot);
            let being = resident.flags.get();
            let place = resident.session.load(Ordering::Acquire);
            let here = being.is(Being::HOME | Being::DIRTY) && being.home() == self.number;
            if here && self.sessions.belongs(place, slot) && !self.sweep_place(place, now, sink) {
                self.tray.dirty.push(slot);
            }
        }
        for place in std::mem::take(&mut self.tray.queued) {
            if self.sessions.is_queued(place) && !self.sweep_place(place, now, sink) {
                self.tray.queued.push(place);
            }
        }
    }

    /// Sweeps a session for whatever waits for it, unless its sink is full.
    fn sweep_place(&mut self, place: u32, now: u64, sink: &mut impl Sink) -> bool {
        let session = self.sessions.at_mut(place);
        let Some(slot) = session.slot else {
            session.has.set(Has::QUEUED, false);
            return true;
        };
        let id = SessionId::new(self.number, place, session.generation);
        if session.has.is(Has::SUSPENDED) || sink.is_full(id) {
            return false;
        }
        session.has.set(Has::QUEUED, false);
        self.sweep_session(id, slot, &[], now, sink);
        true
    }

    /// `marks`: the pairs to look at; none: those that are marked on the edges.
    #[inline]
    fn sweep_session(
        &mut self,
        id: SessionId,
        slot: Slot,
        marks: &[Mark],
        now: u64,
        sink: &mut impl Sink,
    ) {
        let Self {
            broker,
            sessions,
            desk,
            ..
        } = self;
        let session = sessions.at_mut(id.place());
        desk.clear();
        let view = Viewpoint::of(broker, slot, session);
        if session.has.is(Has::FIRST) {
            look_first(broker, slot, session, &view, marks, desk);
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
            ..
        } = self;
        desk.encode(broker, sessions.at_mut(id.place()), now);
        if !desk.frame.is_empty() {
            sink.frame(id, &desk.frame);
        }
    }
}

/// The view in the edges of a channel.
#[inline]
fn look_first(
    broker: &Broker,
    slot: Slot,
    session: &Session,
    view: &Viewpoint,
    marks: &[Mark],
    desk: &mut Desk,
) {
    let resident = broker.world.resident(slot);
    let _gate = broker.channels.gate(slot);
    // Under the gate, which a session that opens needs: its view cannot begin before this ends.
    let being = resident.flags.get();
    let look = Look {
        broker,
        slot,
        session,
        view,
        listens: session.has.is(Has::FRIENDS),
        multi: being.is(Being::MULTI),
    };
    if !marks.is_empty() {
        for (place, mark) in marks.iter().enumerate() {
            if is_pair_double(marks, place) {
                continue;
            }
            if let Some(word) = broker.channels.find(&resident.channel, mark.subject()) {
                look.at(word, Edge::read(word), is_news(marks, place), desk);
            }
        }
        return;
    }
    if being.is(Being::DIRTY) {
        // Before the marks are taken: who marks from here on makes it dirty again.
        resident.flags.clear(Being::DIRTY);
    }
    let round = session.has.is(Has::ROUND);
    for word in broker.channels.edges(&resident.channel) {
        let edge = Edge::read(word);
        if edge.has(Edge::MARKED) {
            // Before the world is read: a mark that comes now is for the next sweep.
            word.fetch_and(!Edge::MARKED, Ordering::SeqCst);
            look.at(word, edge, true, desk);
        } else if round {
            look.at(word, edge, false, desk);
        }
    }
}

/// One session's look at the edges of its user.
struct Look<'a> {
    broker: &'a Broker,
    slot: Slot,
    session: &'a Session,
    view: &'a Viewpoint,
    /// It has the mode friends.
    listens: bool,
    /// Another session may have in view whom this one has not.
    multi: bool,
}

impl Look<'_> {
    /// `news`: the friend herself may have changed.
    #[inline]
    fn at(&self, word: &AtomicU32, edge: Edge, news: bool, desk: &mut Desk) {
        let Self {
            broker, slot, view, ..
        } = *self;
        let Some(friend) = edge.slot() else {
            return;
        };
        let shown = edge.has(Edge::SHOWN);
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
            return;
        }
        match view.judge(broker.world.resident(friend), shown) {
            Verdict::Stays(sight) if news => desk.stays.push((friend, sight)),
            Verdict::Enters(_) if self.listens && !broker.hides(self.session, friend) => {
                word.fetch_or(Edge::SHOWN, Ordering::SeqCst);
                match broker.enter(slot, friend, view) {
                    Some(sight) => desk.entered.push((friend, sight)),
                    None => {
                        word.fetch_and(!Edge::SHOWN, Ordering::SeqCst);
                    }
                }
            }
            Verdict::Exits(why) => {
                word.fetch_and(!Edge::SHOWN, Ordering::SeqCst);
                desk.exited.push((friend, why));
                broker.unsee(slot, friend, self.multi);
            }
            Verdict::Hidden if news => broker.unsee(slot, friend, self.multi),
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
        let hidden = !listens || broker.hides(session, friend);
        let OwnView { shown, .. } = &session.aside().own;
        let was_shown = shown.binary_search(&friend).is_ok();
        let own = &mut session.aside().own;
        if !broker.are_friends(slot, friend) {
            if own.hide(friend) {
                broker.unpin(friend);
                desk.exited.push((friend, broker.why_ended(friend)));
            }
            continue;
        }
        match view.judge(broker.world.resident(friend), was_shown) {
            Verdict::Stays(sight) if all || marked.binary_search(&friend).is_ok() => {
                desk.stays.push((friend, sight));
            }
            Verdict::Enters(_) if !hidden => {
                if let Some(sight) = broker.enter(slot, friend, view) {
                    broker.pin(friend);
                    own.show(friend);
                    desk.entered.push((friend, sight));
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
    pub(super) fn enter(&self, viewer: Slot, friend: Slot, view: &Viewpoint) -> Option<Sight> {
        let other = self.world.resident(friend);
        self.channels.set(&other.channel, viewer, Edge::SEES_ME)?;
        match view.judge(other, true) {
            Verdict::Stays(sight) => Some(sight),
            _ => None,
        }
    }

    /// Why somebody is no friend any more, for a view that is not in the edges.
    fn why_ended(&self, friend: Slot) -> Why {
        let being = self.world.resident(friend).flags.get();
        // An erased one shares nothing; one who only went still would.
        if being.is(Being::SHARES) && !being.is(Being::RESIDENT) {
            Why::Inactive
        } else {
            Why::Left
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
