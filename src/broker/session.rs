//! Sessions: what one live client has been shown and how it wants to be told.
//!
//! A user's first session keeps its view in the flags of her channel's edges, which costs nothing
//! more; each further one keeps a list of its own.

use crate::wire::Encoding;

use super::memory;
use super::slot::Slot;
use super::strangers::Crowd;

/// Names a session to the server. A stale one names nobody.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct SessionId {
    /// Worker and place among its sessions.
    seat: u32,
    generation: u32,
}

impl SessionId {
    /// Leaves a worker 67 million sessions.
    const PLACE_BITS: u32 = 26;

    pub(super) fn new(worker: usize, place: u32, generation: u32) -> Self {
        Self {
            seat: (worker as u32) << Self::PLACE_BITS | place,
            generation,
        }
    }

    /// The worker whose session it is.
    pub fn worker(self) -> usize {
        (self.seat >> Self::PLACE_BITS) as usize
    }

    /// Its place among the sessions of its worker, taken by another one when it has ended.
    #[inline]
    pub fn place(self) -> u32 {
        self.seat & ((1 << Self::PLACE_BITS) - 1)
    }

    pub(super) fn generation(self) -> u32 {
        self.generation
    }

    /// As one number, to be written down and read again.
    pub fn to_bits(self) -> u64 {
        u64::from(self.seat) << 32 | u64::from(self.generation)
    }

    /// What is no session's number names nobody.
    pub fn from_bits(bits: u64) -> Self {
        Self {
            seat: (bits >> 32) as u32,
            generation: bits as u32,
        }
    }
}

pub(super) struct Session {
    /// None: the place is free.
    pub(super) slot: Option<Slot>,
    pub(super) generation: u32,
    /// Of the last unasked frame.
    pub(super) seq: u64,
    /// The client's own clock at its newest move.
    pub(super) last_at: u64,
    pub(super) radius_m: f32,
    pub(super) encoding: Encoding,
    pub(super) has: Has,
    pub(super) aside: Option<Box<Aside>>,
}

/// What is so of a session.
#[derive(Clone, Copy, Default)]
pub(super) struct Has(u16);

impl Has {
    /// It is its user's first: its view stands in the edges.
    pub(super) const FIRST: u16 = 1;
    pub(super) const FRIENDS: u16 = 1 << 1;
    pub(super) const STRANGERS: u16 = 1 << 2;
    /// It sees and does not report.
    pub(super) const OBSERVES: u16 = 1 << 3;
    /// Its client is away and may resume.
    pub(super) const SUSPENDED: u16 = 1 << 4;
    /// Everybody is to be asked whether they enter or leave the view.
    pub(super) const ROUND: u16 = 1 << 5;
    /// It stands in its worker's list of those to sweep.
    pub(super) const QUEUED: u16 = 1 << 6;
    /// Strangers are to be chosen anew.
    pub(super) const CHOOSE: u16 = 1 << 7;
    /// Whoever is told next is told complete: it is not known any more whose profile changed.
    pub(super) const ANEW: u16 = 1 << 8;

    pub(super) fn is(self, what: u16) -> bool {
        self.0 & what == what
    }

    pub(super) fn any(self, what: u16) -> bool {
        self.0 & what != 0
    }

    pub(super) fn set(&mut self, what: u16, on: bool) {
        if on {
            self.0 |= what;
        } else {
            self.0 &= !what;
        }
    }
}

/// What few sessions have.
#[derive(Default)]
pub(super) struct Aside {
    /// Friends whom this session hides.
    pub(super) unfollowed: Vec<Slot>,
    /// Friends to be told of with a complete entry.
    pub(super) anew: Vec<Slot>,
    pub(super) own: OwnView,
    pub(super) crowd: Crowd,
}

/// The view of a session that is not its user's first.
#[derive(Default)]
pub(super) struct OwnView {
    /// Sorted.
    pub(super) shown: Vec<Slot>,
    /// To be looked at again, sorted; all of them when `all`.
    pub(super) marked: Vec<Slot>,
    pub(super) all: bool,
}

impl OwnView {
    pub(super) fn shows(&self, friend: Slot) -> bool {
        self.shown.binary_search(&friend).is_ok()
    }

    pub(super) fn show(&mut self, friend: Slot) {
        if let Err(place) = self.shown.binary_search(&friend) {
            self.shown.insert(place, friend);
        }
    }

    /// Answers whether she was shown.
    pub(super) fn hide(&mut self, friend: Slot) -> bool {
        let place = self.shown.binary_search(&friend);
        if let Ok(place) = place {
            self.shown.remove(place);
        }
        place.is_ok()
    }

    /// Bounded: more marks than `most` are one order to look at everybody.
    pub(super) fn mark(&mut self, friend: Slot, most: usize) {
        let Err(place) = self.marked.binary_search(&friend) else {
            return;
        };
        if self.all {
            return;
        }
        if self.marked.len() >= most {
            self.all = true;
            self.marked.clear();
        } else {
            self.marked.insert(place, friend);
        }
    }
}

impl Session {
    pub(super) fn aside(&mut self) -> &mut Aside {
        self.aside.get_or_insert_default()
    }

    /// Whoever of them is told next is told complete. Bounded: more than `most` are everybody.
    pub(super) fn renew(&mut self, friend: Slot, most: usize) {
        let anew = &mut self.aside().anew;
        if anew.contains(&friend) {
            return;
        }
        if anew.len() < most {
            anew.push(friend);
        } else {
            anew.clear();
            self.has.set(Has::ANEW, true);
        }
    }

    pub(super) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }
}

/// A worker's sessions. Places never move, so growing copies nothing.
pub(super) struct Sessions {
    rooms: Vec<Vec<Session>>,
    free: Vec<u32>,
    next_generation: u32,
    live: usize,
}

/// So many that a room is worth huge pages, but for the first: most workers need no other. Few
/// where assertions are on, so that tests fill it.
const ROOM: usize = if cfg!(debug_assertions) { 4 } else { 1 << 17 };

impl Sessions {
    pub(super) fn new() -> Self {
        Self {
            rooms: Vec::new(),
            free: Vec::new(),
            next_generation: 1,
            live: 0,
        }
    }

    pub(super) fn open(&mut self, worker: usize, mut session: Session) -> SessionId {
        let generation = self.next_generation;
        self.next_generation = self.next_generation.wrapping_add(1).max(1);
        self.live += 1;
        session.generation = generation;
        let place = match self.free.pop() {
            Some(place) => {
                *self.at_mut(place) = session;
                place
            }
            None => {
                if self.rooms.last().is_none_or(|room| room.len() == ROOM) {
                    let mut room = Vec::with_capacity(ROOM);
                    if !self.rooms.is_empty() {
                        memory::huge(room.spare_capacity_mut(), 0);
                    }
                    self.rooms.push(room);
                }
                let room = self.rooms.len() - 1;
                self.rooms[room].push(session);
                (room * ROOM + self.rooms[room].len() - 1) as u32
            }
        };
        SessionId::new(worker, place, generation)
    }

    pub(super) fn close(&mut self, place: u32) {
        let session = self.at_mut(place);
        session.slot = None;
        session.aside = None;
        self.free.push(place);
        self.live -= 1;
        if self.live == 0 {
            // Who kept a place asks whether there is a session, and whose.
            self.rooms.truncate(1);
            self.rooms[0].clear();
            self.free = Vec::new();
        }
    }

    #[inline]
    pub(super) fn at(&self, place: u32) -> &Session {
        &self.rooms[place as usize / ROOM][place as usize % ROOM]
    }

    #[inline]
    pub(super) fn at_mut(&mut self, place: u32) -> &mut Session {
        &mut self.rooms[place as usize / ROOM][place as usize % ROOM]
    }

    fn get(&self, place: u32) -> Option<&Session> {
        self.rooms
            .get(place as usize / ROOM)?
            .get(place as usize % ROOM)
    }

    /// Fetches a session that will be read soon.
    #[inline]
    pub(super) fn expect(&self, place: u32) {
        if let Some(session) = self.get(place) {
            memory::prefetch(session);
        }
    }

    /// Whether the session at a place, if there is one, is to be swept.
    pub(super) fn is_queued(&self, place: u32) -> bool {
        self.get(place)
            .is_some_and(|session| session.has.is(Has::QUEUED))
    }

    /// Whether the session at a place is this user's.
    #[inline]
    pub(super) fn belongs(&self, place: u32, slot: Slot) -> bool {
        self.get(place)
            .is_some_and(|session| session.slot == Some(slot))
    }

    /// The session, if it is the one that was named.
    pub(super) fn named(&self, id: SessionId) -> Option<(Slot, &Session)> {
        let session = self
            .rooms
            .get(id.place() as usize / ROOM)?
            .get(id.place() as usize % ROOM)?;
        let slot = session
            .slot
            .filter(|_| session.generation == id.generation())?;
        Some((slot, session))
    }

    pub(super) fn live(&self) -> usize {
        self.live
    }

    /// Every live session's place.
    pub(super) fn places(&self) -> impl Iterator<Item = u32> + '_ {
        self.rooms
            .iter()
            .flatten()
            .enumerate()
            .filter_map(|(place, session)| session.slot.map(|_| place as u32))
    }
}
