//! What a worker carries from one sweep to the next: marks on their way from the queue to their
//! pairs, and which sessions are to be swept.

use std::collections::VecDeque;

use super::bins::{Bins, Pile};
use super::channel::Edge;
use super::config::Config;
use super::doubles::is_double;
use super::marks::{Look, Mark, Outboxes, Queue};
use super::session::{Has, SessionId};
use super::slot::Slot;
use super::sync::Ordering;
use super::worker::Worker;
use super::world::Being;

pub(super) struct Tray {
    /// The worker's number.
    own: usize,
    bins: Bins,
    /// Marks for which there was no room: everybody is to be looked at.
    lost: u64,
    /// The bins are being emptied onto the pairs.
    emptying: bool,
    /// Marks that are no pairs.
    others: Vec<Mark>,
    outboxes: Outboxes,
    /// One bin's marks, and one range's of them, while they are looked at.
    pile: Pile,
    grouped: Vec<Mark>,
    /// Where the marks of each viewer end.
    ends: Vec<usize>,
    /// Users whose first session is to be swept for marks on its edges.
    pub(super) dirty: Vec<Slot>,
    /// Other sessions to be swept.
    pub(super) queued: Vec<u32>,
    /// When the windows to resume close.
    pub(super) suspended: VecDeque<(u64, SessionId)>,
    /// The epoch of strangers that was last looked at.
    pub(super) epoch: u64,
}

/// Viewers between one stage of fetching and the next.
const STAGE: usize = 3;
/// Lines that are fetched of one viewer's subjects; with more they would push out each other.
const MOST_AHEAD: usize = 32;
/// Marks taken off the queue between two looks at the room that is left.
const HANDFUL: usize = 4096;

impl Tray {
    pub(super) fn new(config: &Config, workers: usize, own: usize) -> Self {
        Self {
            own,
            bins: Bins::new(config.users, config.collected),
            lost: 0,
            emptying: false,
            others: Vec::with_capacity(HANDFUL),
            // Of a move: each friend and the mover may be marked.
            outboxes: Outboxes::new(workers, 2 * config.friends as usize + 2),
            pile: Pile::default(),
            grouped: Vec::new(),
            ends: Vec::new(),
            dirty: Vec::new(),
            queued: Vec::new(),
            suspended: VecDeque::new(),
            epoch: 0,
        }
    }

    /// Puts a mark where the sessions of its viewer are swept.
    #[inline]
    pub(super) fn mark(&mut self, viewer: Being, mark: Mark) {
        if viewer.is(Being::MULTI) {
            for worker in 0..self.outboxes.len() {
                self.mark_at(worker, mark);
            }
        } else if viewer.is(Being::HOME) {
            self.mark_at(viewer.home(), mark);
        }
    }

    #[inline(always)]
    pub(super) fn mark_at(&mut self, worker: usize, mark: Mark) {
        if worker == self.own {
            self.put(mark);
        } else {
            self.outboxes.put(worker, mark);
        }
    }

    #[inline]
    pub(super) fn send(&mut self, queues: &[Queue]) {
        self.outboxes.send(queues);
    }

    #[inline(always)]
    fn put(&mut self, mark: Mark) {
        if mark.is_pair() {
            self.lost += u64::from(!self.bins.put(mark));
        } else {
            self.others.push(mark);
        }
    }

    /// Whether room is to be made.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        (self.bins.is_full() || self.others.len() >= HANDFUL) && !self.emptying
    }

    /// Drops what is twice in a bin.
    fn tidy(&mut self, bin: usize) {
        let Self {
            bins,
            lost,
            pile,
            grouped,
            ..
        } = self;
        bins.take(bin, pile);
        for range in 0..pile.ranges() {
            pile.group(range, grouped);
            for (place, &mark) in grouped.iter().enumerate() {
                if !is_double(grouped, place) {
                    *lost += u64::from(!bins.put(mark));
                }
            }
        }
    }
}

impl Worker {
    /// Takes the marks off the queue, so that it never fills for a worker that cannot send.
    /// Cheap; to be called at each tick, also between sweeps.
    pub fn collect(&mut self) {
        // At most a queueful: what others mark in the meantime is for the next time.
        for _ in 0..=self.broker.config.marks / HANDFUL {
            let Self { broker, tray, .. } = self;
            let taken = broker.queues[tray.own].take(HANDFUL, |mark| tray.put(mark));
            self.apply_others();
            if self.tray.is_full() {
                self.make_room();
            }
            if taken < HANDFUL {
                break;
            }
        }
    }

    fn apply_others(&mut self) {
        let mut others = std::mem::take(&mut self.tray.others);
        for mark in others.drain(..) {
            self.apply(mark);
        }
        // Given back, so that a move that makes such a mark takes no memory for it.
        self.tray.others = others;
    }

    /// Drops what is there twice and, if that is not enough, puts the rest on the pairs.
    #[cold]
    pub(super) fn make_room(&mut self) {
        self.apply_others();
        if !self.tray.bins.is_full() {
            return;
        }
        for bin in 0..self.tray.bins.len() {
            self.tray.tidy(bin);
        }
        if self.tray.bins.is_half_full() {
            self.put_on_pairs();
        }
    }

    /// Takes the marks off the queue and drops what is there twice, which a sweep does bin by bin
    /// as it looks.
    pub fn drain(&mut self) {
        for bin in 0..self.tray.bins.len() {
            self.collect();
            self.tray.tidy(bin);
        }
    }

    /// Puts every mark on the edge of its pair, where it is one bit and needs no room.
    pub fn put_on_pairs(&mut self) {
        self.tray.emptying = true;
        self.each_bin(|worker, marks| {
            worker.each_viewer(marks, |worker, group| {
                for &mark in group {
                    worker.apply(mark);
                }
            });
        });
        self.look_at_all_if_lost();
        self.tray.emptying = false;
    }

    /// Calls with the marks of each range of viewers, grouped by viewer, and drops them.
    pub(super) fn each_bin(&mut self, mut act: impl FnMut(&mut Self, &[Mark])) {
        let mut pile = std::mem::take(&mut self.tray.pile);
        let mut marks = std::mem::take(&mut self.tray.grouped);
        for bin in 0..self.tray.bins.len() {
            self.tray.bins.take(bin, &mut pile);
            for range in 0..pile.ranges() {
                pile.group(range, &mut marks);
                if marks.is_empty() {
                    continue;
                }
                self.reading(|worker| act(worker, &marks));
                if !self.tray.emptying {
                    // Others go on marking while this lasts.
                    self.collect();
                }
            }
        }
        pile.rest(&mut marks);
        self.tray.bins.rest();
        self.tray.pile = pile;
        self.tray.grouped = marks;
    }

    /// Calls with the marks of each viewer, which stand together. What the later ones need is
    /// fetched meanwhile, a stage of the way for each of the next viewers.
    #[inline]
    pub(super) fn each_viewer(&mut self, marks: &[Mark], mut act: impl FnMut(&mut Self, &[Mark])) {
        let mut ends = std::mem::take(&mut self.tray.ends);
        ends.clear();
        ends.push(0);
        for (place, pair) in marks.windows(2).enumerate() {
            if pair[0].viewer() != pair[1].viewer() {
                ends.push(place + 1);
            }
        }
        ends.push(marks.len());
        let group = |number: usize| {
            let end = *ends.get(number + 1)?;
            Some(&marks[ends[number]..end])
        };
        for number in 0.. {
            let Some(current) = group(number) else {
                break;
            };
            let (world, channels) = (&self.broker.world, &self.broker.channels);
            if let Some(next) = group(number + 3 * STAGE) {
                world.expect(next[0].viewer());
            }
            if let Some(next) = group(number + 2 * STAGE) {
                let resident = world.resident(next[0].viewer());
                channels.expect(&resident.channel);
                let session = resident.session.load(Ordering::Relaxed);
                self.sessions.expect(session);
            }
            if let Some(next) = group(number + STAGE) {
                channels.expect_more(&world.resident(next[0].viewer()).channel);
                for mark in next.iter().take(MOST_AHEAD) {
                    world.expect(mark.subject());
                }
            }
            act(self, current);
        }
        self.tray.ends = ends;
    }

    #[inline]
    pub(super) fn apply(&mut self, mark: Mark) {
        match mark.look() {
            Look::Pair { viewer, subject } => self.apply_pair(viewer, subject),
            Look::Anew { viewer, subject } => {
                let most = self.broker.config.friends as usize;
                for place in self.places_of(viewer) {
                    self.sessions.at_mut(place).renew(subject, most);
                }
                self.apply_pair(viewer, subject);
            }
            Look::Passage { viewer } | Look::Round { viewer } => self.ask(viewer, Has::ROUND),
            Look::Strangers { viewer } => self.ask(viewer, Has::CHOOSE),
        }
    }

    #[inline]
    fn apply_pair(&mut self, viewer: Slot, subject: Slot) {
        let Self {
            broker,
            number,
            tray,
            ..
        } = self;
        let resident = broker.world.resident(viewer);
        let being = resident.flags.get();
        if being.is(Being::HOME) && being.home() == *number {
            let marked = broker
                .channels
                .set(&resident.channel, subject, Edge::MARKED);
            if marked.is_some() && !being.is(Being::DIRTY) {
                resident.flags.set(Being::DIRTY);
                tray.dirty.push(viewer);
            }
        }
        if being.is(Being::MULTI) {
            self.mark_further(viewer, subject);
        }
    }

    #[cold]
    fn mark_further(&mut self, viewer: Slot, subject: Slot) {
        let Self {
            broker,
            further,
            sessions,
            tray,
            ..
        } = self;
        for &place in further.get(&viewer).into_iter().flatten() {
            let session = sessions.at_mut(place);
            session
                .aside()
                .own
                .mark(subject, broker.config.friends as usize);
            if !session.has.is(Has::QUEUED) {
                session.has.set(Has::QUEUED, true);
                tray.queued.push(place);
            }
        }
    }

    /// Asks every session of a user here for something.
    fn ask(&mut self, viewer: Slot, what: u16) {
        for place in self.places_of(viewer) {
            self.sessions.at_mut(place).has.set(what, true);
            self.queue(place);
        }
    }

    /// The sessions of a user that are swept here.
    fn places_of(&self, viewer: Slot) -> Vec<u32> {
        let mut places = self.further.get(&viewer).cloned().unwrap_or_default();
        let being = self.broker.world.resident(viewer).flags.get();
        if being.is(Being::HOME) && being.home() == self.number {
            let place = self
                .broker
                .world
                .resident(viewer)
                .session
                .load(Ordering::Acquire);
            if self.sessions.belongs(place, viewer) {
                places.push(place);
            }
        }
        places
    }

    /// Puts a session among those to be swept.
    pub(super) fn queue(&mut self, place: u32) {
        let session = self.sessions.at_mut(place);
        if !session.has.is(Has::QUEUED) {
            session.has.set(Has::QUEUED, true);
            self.tray.queued.push(place);
        }
    }

    /// Marks were lost: every pair of every session here is looked at.
    pub(super) fn look_at_all_if_lost(&mut self) {
        let queue = &self.broker.queues[self.number];
        let behind = std::mem::take(&mut self.tray.lost);
        queue.count_dropped(behind);
        if !queue.take_lost() && behind == 0 {
            return;
        }
        let places: Vec<u32> = self.sessions.places().collect();
        for place in places {
            let session = self.sessions.at_mut(place);
            let (slot, first) = (session.slot, session.has.is(Has::FIRST));
            session.has.set(Has::CHOOSE | Has::ANEW, true);
            match slot {
                Some(slot) if first => {
                    let resident = self.broker.world.resident(slot);
                    for word in self.broker.channels.edges(&resident.channel) {
                        if let Some(friend) = Edge::read(word).slot() {
                            self.broker
                                .channels
                                .set(&resident.channel, friend, Edge::MARKED);
                        }
                    }
                }
                _ => session.aside().own.all = true,
            }
            self.queue(place);
        }
    }
}
