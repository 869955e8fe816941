//! The answer at one instant: the list that replaces a client's, and pages that change nothing.

use std::sync::Arc;

use nearcast_grid::Position;

use crate::wire::{Encoding, Mode, NearbyWriter, Person};

use super::Broker;
use super::channel::Edge;
use super::cursor::Cursor;
use super::session::{Has, SessionId};
use super::slot::Slot;
use super::sync::{AtomicU32, Ordering};
use super::user::IdBuffer;
use super::view::{Sight, Verdict, Viewpoint};
use super::worker::{Denied, Worker};

/// Which page of a list is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page<'a> {
    pub id: Option<u32>,
    pub cursor: Option<&'a str>,
    pub limit: usize,
}

/// What a page leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged {
    /// Asks for the next page.
    pub next: Option<String>,
    /// How many may be shown to this viewer.
    pub total: u32,
}

/// A friend within the radius, before the list is cut.
struct Near {
    slot: Slot,
    sight: Sight,
    id: Box<str>,
}

impl Worker {
    /// Appends the unasked `nearby` of one mode: from here on the client has this list. Friends
    /// who do not fit into `limit` enter with the next sweeps; `None` is everybody.
    pub fn nearby(
        &mut self,
        session: SessionId,
        mode: Mode,
        limit: Option<usize>,
        now: u64,
        frame: &mut Vec<u8>,
    ) -> Result<(), Denied> {
        // What was to be told anew until now, the list tells.
        self.collect();
        self.reading(|worker| {
            let (slot, _) = worker.sessions.named(session).ok_or(Denied::Ended)?;
            match mode {
                Mode::Friends => worker.nearby_friends(session.place(), slot, limit, frame),
                Mode::Strangers => {
                    worker.nearby_strangers(session.place(), slot, limit, now, frame)
                }
            }
            Ok(())
        })
    }

    fn nearby_friends(
        &mut self,
        place: u32,
        slot: Slot,
        limit: Option<usize>,
        frame: &mut Vec<u8>,
    ) {
        if !self.sessions.at(place).has.is(Has::FRIENDS) {
            return;
        }
        let broker = Arc::clone(&self.broker);
        let view = Viewpoint::of(&broker, slot, self.sessions.at(place));
        let mut near = self.show_all(place, slot, &view);
        near.sort_by(order);
        let first = limit.unwrap_or(usize::MAX).min(near.len());
        for late in &near[first..] {
            self.show_later(place, slot, late.slot);
        }
        let total = near.len() as u32;
        let session = self.sessions.at_mut(place);
        let (encoding, seq) = (session.encoding, session.next_seq());
        let mut list = NearbyWriter::begin(frame, encoding, None, seq, false, Mode::Friends);
        for one in &near[..first] {
            let profile = broker.profile(one.slot);
            broker.tell(one.slot, one.sight, profile.as_ref(), |person| {
                list.person(person);
            });
        }
        list.finish(None, total);
    }

    /// Puts everybody who may be seen into the view of a session, and takes the others out.
    fn show_all(&mut self, place: u32, slot: Slot, view: &Viewpoint) -> Vec<Near> {
        let broker = Arc::clone(&self.broker);
        let session = self.sessions.at(place);
        let first = session.has.is(Has::FIRST);
        let mut near = Vec::new();
        let channel = &broker.world.resident(slot).channel;
        let gate = first.then(|| broker.channels.gate(slot));
        let mut shown = Vec::new();
        let words: Vec<&AtomicU32> = broker.channels.edges(channel).collect();
        for (at, word) in words.iter().enumerate() {
            broker.expect_channels(&words[at..]);
            let edge = Edge::read(word);
            let Some(friend) = edge.slot() else {
                continue;
            };
            if edge.has(Edge::ENDED) {
                // The list that replaces the client's says it without an exit.
                if first {
                    broker.remove_edge(word);
                }
                continue;
            }
            let session = self.sessions.at(place);
            let own = session.aside.as_ref().map(|aside| &aside.own);
            let was_shown = match own {
                _ if first => edge.has(Edge::SHOWN),
                Some(own) => own.shows(friend),
                None => false,
            };
            if first {
                word.fetch_and(!Edge::MARKED, Ordering::SeqCst);
            }
            let other = broker.world.resident(friend);
            let seen = match view.judge(other, was_shown) {
                Verdict::Enters(_) | Verdict::Stays(_) => !broker.hides(session, friend),
                _ => false,
            };
            let sight = if seen {
                broker.enter(slot, friend, view)
            } else {
                None
            };
            match sight {
                Some(sight) => {
                    if first {
                        word.fetch_or(Edge::SHOWN, Ordering::SeqCst);
                    }
                    shown.push(friend);
                    near.push(broker.near(friend, sight));
                }
                None if first => {
                    word.fetch_and(!Edge::SHOWN, Ordering::SeqCst);
                }
                None => {}
            }
        }
        drop(gate);
        let session = self.sessions.at_mut(place);
        session.has.set(Has::ANEW, false);
        if let Some(aside) = &mut session.aside {
            aside.anew.clear();
        }
        if !first {
            shown.sort_unstable();
            for &friend in &shown {
                broker.pin(friend);
            }
            let own = &mut session.aside().own;
            for friend in std::mem::replace(&mut own.shown, shown) {
                broker.unpin(friend);
            }
            own.marked.clear();
            own.all = false;
        }
        near
    }

    /// Takes one out of the view again, to enter with the next sweep.
    fn show_later(&mut self, place: u32, slot: Slot, friend: Slot) {
        let broker = Arc::clone(&self.broker);
        if self.sessions.at(place).has.is(Has::FIRST) {
            let channel = &broker.world.resident(slot).channel;
            let _gate = broker.channels.gate(slot);
            if let Some(word) = broker.channels.find(channel, friend) {
                word.fetch_and(!Edge::SHOWN, Ordering::SeqCst);
                word.fetch_or(Edge::MARKED, Ordering::SeqCst);
            }
        } else {
            let own = &mut self.sessions.at_mut(place).aside().own;
            if own.hide(friend) {
                broker.unpin(friend);
            }
            own.mark(friend, broker.config.friends as usize);
        }
        self.queue(place);
    }

    /// Appends a page that was asked for over a session. It shows and hides nothing.
    pub fn page(
        &mut self,
        session: SessionId,
        mode: Mode,
        page: &Page<'_>,
        now: u64,
        frame: &mut Vec<u8>,
    ) -> Result<(), Denied> {
        self.reading(|worker| {
            let (slot, live) = worker.sessions.named(session).ok_or(Denied::Ended)?;
            let start = frame.len();
            let (encoding, seq, radius_m): (Encoding, u64, f32) =
                (live.encoding, live.seq, live.radius_m);
            let listens = match mode {
                Mode::Friends => live.has.is(Has::FRIENDS),
                Mode::Strangers => live.has.is(Has::STRANGERS),
            };
            let mut list = NearbyWriter::begin(frame, encoding, page.id, seq, true, mode);
            let paged = match mode {
                _ if !listens => Ok(Paged {
                    next: None,
                    total: 0,
                }),
                Mode::Friends => {
                    worker.page_of_friends(slot, Some(session.place()), radius_m, page, |person| {
                        list.person(person);
                    })
                }
                Mode::Strangers => {
                    worker.page_of_strangers(slot, Some(session.place()), page, now, |person| {
                        list.person(person);
                    })
                }
            };
            match paged {
                Ok(paged) => {
                    list.finish(paged.next.as_deref(), paged.total);
                    Ok(())
                }
                Err(denied) => {
                    frame.truncate(start);
                    Err(denied)
                }
            }
        })
    }

    /// A page as a new session would get it, for who asks without one.
    pub fn peek(
        &mut self,
        user: &str,
        mode: Mode,
        radius_m: f32,
        page: &Page<'_>,
        now: u64,
        person: impl FnMut(&Person<'_>),
    ) -> Result<Paged, Denied> {
        self.reading(|worker| {
            let slot = worker.broker.slot(user)?;
            match mode {
                Mode::Friends => worker.page_of_friends(slot, None, radius_m, page, person),
                Mode::Strangers => worker.page_of_strangers(slot, None, page, now, person),
            }
        })
    }

    fn page_of_friends(
        &self,
        slot: Slot,
        session: Option<u32>,
        radius_m: f32,
        page: &Page<'_>,
        mut say: impl FnMut(&Person<'_>),
    ) -> Result<Paged, Denied> {
        let broker = &*self.broker;
        let after = page
            .cursor
            .map(|text| broker.read_cursor(slot, Mode::Friends, text));
        let after = after.transpose()?;
        // All pages of a list are seen from where the first was.
        let origin = after
            .as_ref()
            .map_or_else(|| broker.eye(slot), Cursor::position);
        let view = Viewpoint::new(origin, radius_m);
        let mut near: Vec<Near> = broker
            .channels
            .edges(&broker.world.resident(slot).channel)
            .filter_map(|word| {
                let edge = Edge::read(word);
                let friend = edge.slot().filter(|_| !edge.has(Edge::ENDED))?;
                let hidden =
                    session.is_some_and(|place| broker.hides(self.sessions.at(place), friend));
                match view.judge(broker.world.resident(friend), false) {
                    Verdict::Enters(sight) if !hidden => Some(broker.near(friend, sight)),
                    _ => None,
                }
            })
            .collect();
        near.sort_by(order);
        let total = near.len() as u32;
        let start = after.as_ref().map_or(0, |after| {
            near.partition_point(|one| !after.is_before(one.sight.distance_m, &one.id))
        });
        let end = near.len().min(start.saturating_add(page.limit));
        for one in &near[start..end] {
            let profile = broker.profile(one.slot);
            broker.tell(one.slot, one.sight, profile.as_ref(), &mut say);
        }
        let next = (end < near.len() && end > start).then(|| {
            let last = &near[end - 1];
            let origin = origin.map_or(0, Position::pack);
            let cursor = Cursor::new(Mode::Friends, origin, 0, last.sight.distance_m, &last.id);
            broker.write_cursor(slot, &cursor)
        });
        Ok(Paged { next, total })
    }

    /// Everybody visible in a circle, the nearest first, for who holds a server key. Nobody is in
    /// one whose radius is negative or no number.
    pub fn within(
        &mut self,
        centre: Position,
        radius_m: f64,
        limit: usize,
        now: u64,
        mut say: impl FnMut(&Person<'_>),
    ) -> usize {
        /// Farther than that is nobody.
        const HALF_ROUND_M: f64 = 20_100_000.0;
        if radius_m.is_nan() || radius_m < 0.0 {
            return 0;
        }
        let radius_m = radius_m.min(HALF_ROUND_M);
        self.reading(|worker| {
            worker.mend_index(now);
            let broker = &*worker.broker;
            let vantage = nearcast_grid::Vantage::new(centre);
            let search = &mut worker.search;
            broker
                .index
                .nearest(&broker.world, &vantage, radius_m, limit, search);
            for one in search.iter() {
                let sight = Sight {
                    position: one.position,
                    distance_m: one.distance_sq.sqrt(),
                };
                let profile = broker.profile(one.slot);
                broker.tell(one.slot, sight, profile.as_ref(), &mut say);
            }
            search.len()
        })
    }
}

fn order(a: &Near, b: &Near) -> std::cmp::Ordering {
    a.sight
        .distance_m
        .total_cmp(&b.sight.distance_m)
        .then_with(|| a.id.cmp(&b.id))
}

impl Broker {
    fn near(&self, slot: Slot, sight: Sight) -> Near {
        let mut buffer: IdBuffer = [0; 64];
        let id = self
            .roster
            .id(slot, &self.world.resident(slot).id, &mut buffer)
            .into();
        Near { slot, sight, id }
    }
}

impl Broker {
    /// Fetches a stage of the way to the edges of some friends, for each of the next another one.
    fn expect_channels(&self, next: &[&AtomicU32]) {
        const STAGE: usize = 4;
        let (world, channels) = (&self.world, &self.channels);
        let friend = |ahead: usize| Edge::read(next.get(ahead)?).slot();
        if let Some(friend) = friend(3 * STAGE) {
            world.expect(friend);
        }
        if let Some(friend) = friend(2 * STAGE) {
            channels.expect(&world.resident(friend).channel);
        }
        if let Some(friend) = friend(STAGE) {
            channels.expect_more(&world.resident(friend).channel);
        }
    }
}
