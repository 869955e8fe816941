//! Moves: a position is swapped, and who may now see something else is marked.
//!
//! Takes no lock, allocates nothing, and reads four bytes per friend who sees her and is surely
//! within her radius, a cache line of every other. Only when her sharing changes or another
//! session moves her in the very moment, a move takes her gate.

use std::sync::Arc;

use nearcast_grid::{Disc, Position, Vantage};

use super::Broker;
use super::channel::Edge;
use super::index::Index;
use super::marks::Mark;
use super::session::{Has, SessionId};
use super::slot::Slot;
use super::sync::{Ordering, fence};
use super::tray::Tray;
use super::view::margin_m;
use super::worker::{Denied, Worker};
use super::world::{About, Being, Times};

/// A client's clock this far ahead is not believed.
const AHEAD_MS: u64 = 300_000;
/// A mover and a sweep may compute the same distance from either end: what is this close to a
/// border is marked, and the sweep decides.
const DOUBT_M: f64 = 0.5;
/// A step from which whom she saw before is still where a glance tells apart.
const STEP_MOST_M: f64 = 60_000.0;
/// Beyond the step there is a radius of at most 50 km and its margin.
const _: () = assert!(STEP_MOST_M + 50_100.0 < Disc::AROUND_M);
/// With a radius below this a glance says little, and lines are fetched.
const NARROW_M: f32 = 1_500.0;

/// Moves of a batch between two looks up from it, so that nobody waits long for a boundary.
const TURN: usize = 16;

/// What a client says.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    pub position: Position,
    pub about: About,
    /// The client's own clock; orders moves within its session.
    pub at: Option<u64>,
}

/// What became of a move.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moved {
    /// The position is taken, and who may see it differently is marked.
    Went,
    /// Too short to tell anybody; she is still there.
    Stayed,
    /// Older than one before it: for the history only.
    Older,
}

/// Whose the next moves of a batch are.
#[derive(Default)]
struct Coming {
    slots: [Option<Slot>; Self::MOST],
    /// The first of which that is not known yet.
    known: usize,
}

impl Coming {
    const MOST: usize = 8;
}

impl Worker {
    /// A session says where its user is.
    pub fn move_to(&mut self, session: SessionId, said: &Move, now: u64) -> Result<Moved, Denied> {
        self.reading(|worker| worker.take_from(session, said, now, None))
    }

    #[inline]
    fn take_from(
        &mut self,
        session: SessionId,
        said: &Move,
        now: u64,
        next: Option<Slot>,
    ) -> Result<Moved, Denied> {
        let (slot, live) = self.sessions.named(session).ok_or(Denied::Ended)?;
        if live.has.is(Has::OBSERVES) {
            return Err(Denied::Observes);
        }
        if let Some(at) = said.at.filter(|&at| at <= now + AHEAD_MS) {
            if at < live.last_at {
                return Ok(Moved::Older);
            }
            self.sessions.at_mut(session.place()).last_at = at;
        }
        Ok(self.take_move(slot, said, now, next))
    }

    /// Many moves at once, as one round of reading sockets gives them. What the later ones need
    /// is fetched from memory while the earlier ones are taken.
    pub fn move_all(
        &mut self,
        moves: &[(SessionId, Move)],
        now: u64,
        mut each: impl FnMut(usize, Result<Moved, Denied>),
    ) {
        let mut coming = Coming::default();
        for first in (0..moves.len()).step_by(TURN) {
            let turn = first..moves.len().min(first + TURN);
            self.reading(|worker| {
                for place in turn {
                    let (session, said) = &moves[place];
                    let next = worker.expect_moves(moves, place, &mut coming);
                    each(place, worker.take_from(*session, said, now, next));
                    worker.send_marks();
                }
            });
        }
    }

    /// Fetches a stage of the way from a session to the friends of its user, for each of the next
    /// moves another one. Answers who moves next: her friends are fetched one by one while those
    /// of the mover are looked at, since of many lines asked for at once most are not fetched.
    #[inline]
    fn expect_moves(
        &self,
        moves: &[(SessionId, Move)],
        place: usize,
        coming: &mut Coming,
    ) -> Option<Slot> {
        let (world, channels) = (&self.broker.world, &self.broker.channels);
        if let Some((session, _)) = moves.get(place + 6) {
            self.sessions.expect(session.place());
        }
        while coming.known <= place + 4 {
            let session = moves.get(coming.known).map(|(session, _)| *session);
            let named = session.and_then(|session| self.sessions.named(session));
            let slot = named.map(|(slot, _)| slot);
            if let Some(slot) = slot {
                world.expect(slot);
            }
            coming.slots[coming.known % Coming::MOST] = slot;
            coming.known += 1;
        }
        let slot = |ahead: usize| coming.slots[(place + ahead) % Coming::MOST];
        if let Some(slot) = slot(3) {
            channels.expect(&world.resident(slot).channel);
        }
        if let Some(slot) = slot(2) {
            channels.expect_more(&world.resident(slot).channel);
        }
        slot(1)
    }

    /// A move without a session.
    pub fn report(&mut self, user: &str, said: &Move, now: u64) -> Result<Moved, Denied> {
        self.reading(|worker| {
            let slot = worker.broker.slot(user)?;
            let moved = worker.take_move(slot, said, now, None);
            // Let go of in this very moment: her account is to be admitted again.
            let being = worker.broker.world.resident(slot).flags.get();
            let is_here = being.is(Being::RESIDENT);
            is_here.then_some(moved).ok_or(Denied::Unknown)
        })
    }

    #[inline]
    fn take_move(&mut self, slot: Slot, said: &Move, now: u64, next: Option<Slot>) -> Moved {
        let broker = &self.broker;
        let resident = broker.world.resident(slot);
        let being = resident.flags.get();
        let veiled = being.is(Being::VEILED);
        let here = Vantage::new(said.position);
        let was = if veiled {
            broker.streets.exact(slot)
        } else {
            resident.position()
        };
        resident.set_about(said.about);

        let known = being.is(Being::ACTIVE | Being::LOCATED);
        let step_sq = if known {
            here.distance_sq(was)
        } else {
            f64::INFINITY
        };
        let least = broker.config.move_min_m;
        if step_sq < least * least {
            // Into another cell no step is short: whether it was ten metres would show.
            let shows_cell = being.any(Being::VEILED | Being::OPEN);
            if !shows_cell || !broker.streets.divide(was, said.position) {
                return self.stay(slot, now);
            }
        }
        resident.set_times(Times::new(now, now));
        if veiled {
            broker.streets.go_to(slot, said.position);
        } else {
            broker.world.go_to(slot, said.position);
        }
        if broker.eye_of(slot, resident, resident.flags.get()) != said.position {
            self.follow_the_veil(slot, said.position);
        }
        if !resident.flags.get().is(Being::ACTIVE | Being::LOCATED) {
            resident.flags.wake(Being::LOCATED);
            broker.index.note(&broker.world, slot);
        } else if !veiled && Index::divides(was, said.position) {
            broker.index.note(&broker.world, slot);
        }
        // Behind what it tells of: who takes the note reads this move or is noted again.
        broker.changed.note(slot);
        if being.is(Being::CURIOUS) && broker.streets.divide(was, said.position) {
            self.mark(being, Mark::strangers(slot));
        }
        self.fan_out(slot, &here, step_sq <= STEP_MOST_M * STEP_MOST_M, next);
        Moved::Went
    }

    /// Her sharing changed while she moved, and the position is where nobody reads it or was
    /// undone; or another session moved her too.
    #[cold]
    fn follow_the_veil(&self, slot: Slot, position: Position) {
        let broker = &self.broker;
        let _gate = broker.channels.gate(slot);
        let resident = broker.world.resident(slot);
        if resident.flags.get().is(Being::VEILED) {
            broker.streets.go_to(slot, position);
        } else {
            broker.world.go_to(slot, position);
        }
        broker.index.note(&broker.world, slot);
    }

    /// Somebody is where she was. Her watchers are told once a minute.
    fn stay(&mut self, slot: Slot, now: u64) -> Moved {
        let broker = Arc::clone(&self.broker);
        let resident = broker.world.resident(slot);
        let times = resident.times();
        let veiled = resident.flags.get().is(Being::VEILED);
        if veiled || times.untold_s(now) < broker.config.refresh_s {
            resident.set_times(times.refreshed(now));
        } else {
            resident.set_times(Times::new(now, now));
            self.tell_watchers(slot);
        }
        // Either this sees that it expired in this very moment, or that sees these times; and so
        // does who is told that she changed.
        fence(Ordering::SeqCst);
        if !resident.flags.get().is(Being::ACTIVE) {
            resident.flags.wake(0);
            broker.index.note(&broker.world, slot);
            self.fan_out(slot, &Vantage::new(resident.position()), false, None);
        }
        broker.changed.note(slot);
        Moved::Stayed
    }

    /// Marks everybody who might have `slot` in view, wherever they are.
    pub(super) fn tell_watchers(&mut self, slot: Slot) {
        self.mark_watchers(slot, Mark::pair);
    }

    /// The same, for a complete entry: name or picture have changed.
    pub(super) fn reintroduce(&mut self, slot: Slot) {
        self.mark_watchers(slot, Mark::anew);
    }

    fn mark_watchers(&mut self, slot: Slot, mark: impl Fn(Slot, Slot) -> Mark) {
        let broker = Arc::clone(&self.broker);
        for word in broker.channels.edges(&broker.world.resident(slot).channel) {
            let edge = Edge::read(word);
            if let Some(friend) = edge.slot().filter(|_| !edge.has(Edge::ENDED)) {
                self.mark(
                    broker.world.resident(friend).flags.get(),
                    mark(friend, slot),
                );
            }
        }
    }
}

/// Somebody who moved, and what her friends are measured against.
struct Mover<'a> {
    broker: &'a Broker,
    slot: Slot,
    being: Being,
    here: &'a Vantage,
    /// Friends who are within their radius of her may be told.
    tells: bool,
    /// She sees friends herself.
    sees: bool,
    enter_sq: f64,
    leave_sq: f64,
}

impl Worker {
    /// Marks who may see `slot` differently now that she is at `here`, and whom she may. The
    /// friends of `next` are fetched meanwhile.
    ///
    /// One pass over mutual friends serves both directions: who watches the mover, and whom she
    /// watches. Her own distance before counts for nothing; two friends who move at once would
    /// miss each other by it. That it was `near` says only how far a glance can be believed: whom
    /// she saw was in her view or is marked, and is marked again by whichever of them moves.
    #[inline]
    fn fan_out(&mut self, slot: Slot, here: &Vantage, near: bool, next: Option<Slot>) {
        let Self { broker, tray, .. } = self;
        let resident = broker.world.resident(slot);
        let being = resident.flags.get();
        let radius = f64::from(resident.radius_m());
        // She and her sweep look from the same place: a doubt here would be looked at for nothing.
        let leave = radius + margin_m(resident.radius_m());
        let mover = Mover {
            broker,
            slot,
            being,
            here,
            // Of who shares approximately her friends hear on epochs.
            tells: being.visible() && !being.is(Being::VEILED),
            sees: being.is(Being::HOME),
            enter_sq: radius * radius,
            leave_sq: leave * leave,
        };
        let surely = near && mover.tells && mover.sees;
        let disc = Disc::within(here, if surely { radius } else { -1.0 });

        let (world, channels) = (&broker.world, &broker.channels);
        let next = next.map(|next| world.resident(next));
        let narrow = next.is_some_and(|next| next.radius_m() < NARROW_M);
        let mut ahead = next.map(|next| channels.pieces(&next.channel));
        for piece in channels.pieces(&resident.channel) {
            // Without a next one the same lines are asked for again, which costs little.
            let coming = ahead.as_mut().and_then(Iterator::next).unwrap_or(piece);
            for (word, coming) in piece.iter().zip(coming) {
                let coming = Edge::read(coming);
                if coming.is_mutual() && !narrow {
                    world.expect_glance_at(coming.index());
                } else {
                    world.expect_at(coming.index());
                }
                let edge = Edge::read(word);
                let Some(friend) = edge.slot() else {
                    continue;
                };
                // Nearly always each sees the other and goes on doing so.
                if edge.is_mutual() {
                    let glance = world.glance(friend);
                    if let Some(home) = glance.home()
                        && disc.holds(glance.patch())
                    {
                        tray.mark_at(home, Mark::pair(friend, slot));
                        continue;
                    }
                }
                mover.weigh(edge, friend, tray);
            }
        }
        if being.is(Being::MULTI) || mover.sees && being.home() != self.number {
            // Her further sessions have views of their own, and a sweep elsewhere may be looking
            // from where she was.
            tray.mark(being, Mark::round(slot));
        }
    }
}

impl Mover<'_> {
    /// Marks what the move may change between her and one friend.
    #[inline(never)]
    fn weigh(&self, edge: Edge, friend: Slot, tray: &mut Tray) {
        if edge.has(Edge::ENDED) {
            return;
        }
        let Self { broker, here, .. } = *self;
        let other = broker.world.resident(friend);
        let their = other.flags.get();
        if self.tells && their.any(Being::HOME | Being::MULTI) {
            let reach = f64::from(other.radius_m()) + DOUBT_M;
            let reaches = || here.distance_sq(broker.eye_of(friend, other, their)) <= reach * reach;
            if edge.has(Edge::SEES_ME) || reaches() {
                tray.mark(their, Mark::pair(friend, self.slot));
            }
        }
        if self.sees && their.visible() {
            let distance_sq = here.distance_sq(other.position());
            let changes = if edge.has(Edge::SHOWN) {
                distance_sq > self.leave_sq
            } else {
                distance_sq <= self.enter_sq
            };
            if changes {
                tray.mark(self.being, Mark::passage(self.slot, friend));
            }
        }
    }
}
