//! What a worker carries from one sweep to the next: marks on their way from the queue to their
//! pairs, and which sessions are to be swept.

use std::collections::{HashMap, VecDeque};

use super::Broker;
use super::channel::Edge;
use super::config::Config;
use super::marks::{Look, Mark};
use super::session::{Has, SessionId};
use super::slot::Slot;
use super::sync::Ordering;
use super::worker::Worker;
use super::world::Being;

pub(super) struct Tray {
    /// Marks taken from the queue, by ranges of viewers, so that what one range needs stays in
    /// the cache while it is looked at.
    bins: Box<[Vec<Mark>]>,
    /// Viewers in a bin, as a power of two.
    bin_bits: u32,
    waiting: usize,
    /// Marks that may wait in the bins.
    most: usize,
    /// Users whose first session is to be swept.
    pub(super) dirty: Vec<Slot>,
    /// Other sessions to be swept.
    pub(super) queued: Vec<u32>,
    /// Pairs to be told with a complete entry.
    pub(super) anew: HashMap<Slot, Vec<Slot>>,
    /// When the windows to resume close.
    pub(super) suspended: VecDeque<(u64, SessionId)>,
    /// The epoch of strangers that was last looked at.
    pub(super) epoch: u64,
}

const BINS: usize = 1024;
/// Marks between one stage of fetching and the next.
const STAGE: usize = 8;

impl Tray {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            bins: (0..BINS).map(|_| Vec::new()).collect(),
            bin_bits: (config.users / BINS + 1)
                .next_power_of_two()
                .trailing_zeros(),
            waiting: 0,
            most: config.collected.max(1),
            dirty: Vec::new(),
            queued: Vec::new(),
            anew: HashMap::new(),
            suspended: VecDeque::new(),
            epoch: 0,
        }
    }
}

impl Worker {
    /// Takes the marks off the queue, so that it never fills for a worker that cannot send.
    /// Cheap; to be called at each tick, also between sweeps.
    pub fn collect(&mut self) {
        let Self {
            broker,
            number,
            tray,
            ..
        } = self;
        let room = tray.most - tray.waiting;
        let taken = broker.queues[*number].take(room, |mark| {
            let bin = mark.viewer().index() >> tray.bin_bits;
            tray.bins[bin].push(mark);
        });
        tray.waiting += taken;
        if taken == room {
            self.apply_all();
        }
    }

    /// Puts every collected mark on its pair, where each is one bit.
    pub fn apply_all(&mut self) {
        for bin in 0..BINS {
            self.apply_bin(bin);
        }
        self.look_at_all_if_lost();
    }

    /// Puts the marks of each range of viewers on their pairs, and calls after each.
    pub(super) fn apply_each(&mut self, mut then: impl FnMut(&mut Self)) {
        for bin in 0..BINS {
            if !self.tray.bins[bin].is_empty() {
                self.apply_bin(bin);
                then(self);
            }
        }
        self.look_at_all_if_lost();
        then(self);
    }

    fn apply_bin(&mut self, bin: usize) {
        let mut marks = std::mem::take(&mut self.tray.bins[bin]);
        if marks.is_empty() {
            return;
        }
        self.tray.waiting -= marks.len();
        self.reading(|worker| {
            for (place, mark) in marks.iter().enumerate() {
                worker.broker.expect_marks(&marks[place..]);
                worker.apply(*mark);
            }
        });
        marks.clear();
        self.tray.bins[bin] = marks;
    }

    #[inline]
    fn apply(&mut self, mark: Mark) {
        match mark.look() {
            Look::Pair { viewer, subject } => self.apply_pair(viewer, subject),
            Look::Anew { viewer, subject } => {
                let pairs = self.tray.anew.entry(viewer).or_default();
                if !pairs.contains(&subject) {
                    pairs.push(subject);
                }
                self.apply_pair(viewer, subject);
            }
            Look::Round { viewer } => self.ask(viewer, Has::ROUND),
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
    fn ask(&mut self, viewer: Slot, what: u8) {
        let being = self.broker.world.resident(viewer).flags.get();
        if being.is(Being::HOME) && being.home() == self.number {
            let ledger = self.broker.world.ledger(viewer);
            let word = ledger.session.load(Ordering::Acquire);
            let session = SessionId::from_word(self.number, word);
            if self.sessions.named(session).is_some() {
                self.sessions.at_mut(session.place).has.set(what, true);
                self.queue(session.place);
            }
        }
        for place in self.further.get(&viewer).cloned().unwrap_or_default() {
            self.sessions.at_mut(place).has.set(what, true);
            self.queue(place);
        }
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
    fn look_at_all_if_lost(&mut self) {
        if !self.broker.queues[self.number].take_lost() {
            return;
        }
        let places: Vec<u32> = self.sessions.places().collect();
        for place in places {
            let session = self.sessions.at_mut(place);
            let (slot, first) = (session.slot, session.has.is(Has::FIRST));
            session.has.set(Has::CHOOSE, true);
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

impl Broker {
    /// Fetches a stage of the way from a mark to the edge that it is put on, for each of the next
    /// marks another one, and the line of whom it is about, which the sweep will read.
    #[inline]
    fn expect_marks(&self, next: &[Mark]) {
        if let Some(mark) = next.get(3 * STAGE) {
            self.world.expect(mark.viewer());
        }
        if let Some(mark) = next.get(2 * STAGE) {
            self.channels
                .expect(&self.world.resident(mark.viewer()).channel);
        }
        if let Some(mark) = next.get(STAGE) {
            self.channels
                .expect_more(&self.world.resident(mark.viewer()).channel);
            if let Look::Pair { subject, .. } = mark.look() {
                self.world.expect(subject);
            }
        }
    }
}
