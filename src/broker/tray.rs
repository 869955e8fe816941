//! What a worker carries from one sweep to the next: marks on their way from the queue to their
//! pairs, and which sessions are to be swept.

use std::collections::VecDeque;

use super::channel::Edge;
use super::config::Config;
use super::marks::{Look, Mark};
use super::session::{Has, SessionId};
use super::slot::Slot;
use super::sync::Ordering;
use super::worker::Worker;
use super::world::Being;

pub(super) struct Tray {
    /// Marks of pairs, by ranges of viewers, so that what one range needs stays in the cache
    /// while it is looked at.
    bins: Box<[Bin]>,
    /// Viewers in a bin, as a power of two.
    bin_bits: u32,
    waiting: usize,
    /// The bins are being emptied.
    emptying: bool,
    /// Marks that may wait in the bins.
    most: usize,
    /// Marks that are no pairs.
    others: Vec<Mark>,
    /// Users whose first session is to be swept for marks on its edges.
    pub(super) dirty: Vec<Slot>,
    /// Other sessions to be swept.
    pub(super) queued: Vec<u32>,
    /// When the windows to resume close.
    pub(super) suspended: VecDeque<(u64, SessionId)>,
    /// The epoch of strangers that was last looked at.
    pub(super) epoch: u64,
    /// For grouping: the newest mark of each viewer of a bin, and of each mark the one before.
    newest: Vec<u32>,
    before: Vec<u32>,
    grouped: Vec<Mark>,
}

#[derive(Default)]
struct Bin {
    marks: Vec<Mark>,
    /// They are grouped by viewer and none is there twice.
    tidy: bool,
}

const BINS: usize = if cfg!(loom) { 2 } else { 2048 };
/// Marks between one stage of fetching and the next.
const STAGE: usize = 12;

impl Tray {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            bins: (0..BINS).map(|_| Bin::default()).collect(),
            bin_bits: (config.users / BINS + 1)
                .next_power_of_two()
                .trailing_zeros(),
            waiting: 0,
            emptying: false,
            most: config.collected.max(1),
            others: Vec::new(),
            dirty: Vec::new(),
            queued: Vec::new(),
            suspended: VecDeque::new(),
            epoch: 0,
            newest: Vec::new(),
            before: Vec::new(),
            grouped: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn put(&mut self, mark: Mark) {
        if !mark.is_pair() {
            self.others.push(mark);
            return;
        }
        let bin = &mut self.bins[mark.viewer().index() >> self.bin_bits];
        if bin.marks.len() == bin.marks.capacity() {
            // By a quarter: there are many bins, and what they do not use adds up.
            bin.marks.reserve_exact(bin.marks.len() / 4 + 16);
        }
        bin.marks.push(mark);
        bin.tidy = false;
        self.waiting += 1;
    }

    /// Whether marks are to be put on their pairs, where they need no room.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.waiting > self.most && !self.emptying
    }

    /// Groups a bin's marks by viewer and drops those that are there twice.
    fn tidy(&mut self, bin: usize) {
        const NONE: u32 = u32::MAX;
        let Self {
            bins,
            bin_bits,
            newest,
            before,
            grouped,
            waiting,
            ..
        } = self;
        let Bin { marks, tidy } = &mut bins[bin];
        if std::mem::replace(tidy, true) {
            return;
        }
        let count = marks.len();
        let viewers = 1 << *bin_bits;
        if count < viewers / 4 {
            marks.sort_unstable();
            marks.dedup();
        } else {
            // Chains through the marks: cheaper than a sort, and each mark is written once.
            newest.clear();
            newest.resize(viewers, NONE);
            before.clear();
            before.extend(marks.iter().enumerate().map(|(place, mark)| {
                let newest = &mut newest[mark.viewer().index() & (viewers - 1)];
                std::mem::replace(newest, place as u32)
            }));
            grouped.clear();
            for &newest in newest.iter().filter(|&&newest| newest != NONE) {
                let first = grouped.len();
                let mut place = newest;
                while place != NONE {
                    grouped.push(marks[place as usize]);
                    place = before[place as usize];
                }
                let group = &mut grouped[first..];
                if group.len() > 1 {
                    group.sort_unstable();
                    let mut kept = 1;
                    for place in 1..group.len() {
                        if group[place] != group[kept - 1] {
                            group[kept] = group[place];
                            kept += 1;
                        }
                    }
                    grouped.truncate(first + kept);
                }
            }
            marks.clear();
            marks.extend_from_slice(grouped);
        }
        *waiting -= count - marks.len();
    }
}

impl Worker {
    /// Takes the marks off the queue, so that it never fills for a worker that cannot send.
    /// Cheap; to be called at each tick, also between sweeps.
    pub fn collect(&mut self) {
        let mut left = self.broker.config.marks;
        loop {
            let Self {
                broker,
                number,
                tray,
                ..
            } = self;
            let room = tray.most.saturating_sub(tray.waiting).min(left);
            let taken = broker.queues[*number].take(room, |mark| tray.put(mark));
            for mark in std::mem::take(&mut self.tray.others) {
                self.apply(mark);
            }
            // At most a queueful: what others mark in the meantime is for the next time.
            left -= taken;
            if taken < room || left == 0 {
                break;
            }
            self.make_room();
        }
    }

    /// Drops what is there twice and, if that is not enough, empties the bins.
    #[cold]
    pub(super) fn make_room(&mut self) {
        for bin in 0..BINS {
            self.tray.tidy(bin);
        }
        if self.tray.waiting > self.tray.most / 2 {
            self.put_on_pairs();
        }
    }

    /// Takes the marks off the queue and brings them in order, each pair once: the first half of
    /// a sweep.
    pub fn drain(&mut self) {
        self.collect();
        for bin in 0..BINS {
            self.tray.tidy(bin);
        }
    }

    /// Puts every mark on the edge of its pair, where it is one bit and needs no room.
    pub fn put_on_pairs(&mut self) {
        self.tray.emptying = true;
        self.each_bin(|worker, marks| {
            for (place, &mark) in marks.iter().enumerate() {
                worker.expect_marks(&marks[place..]);
                worker.apply(mark);
            }
        });
        self.look_at_all_if_lost();
        self.tray.emptying = false;
    }

    /// Calls with the marks of each range of viewers, grouped by viewer, and drops them.
    pub(super) fn each_bin(&mut self, mut act: impl FnMut(&mut Self, &[Mark])) {
        for bin in 0..BINS {
            self.tray.tidy(bin);
            let mut marks = std::mem::take(&mut self.tray.bins[bin].marks);
            if !marks.is_empty() {
                self.tray.waiting -= marks.len();
                self.reading(|worker| act(worker, &marks));
                marks.clear();
                if !self.tray.emptying {
                    // Others go on marking while this lasts.
                    self.collect();
                }
            }
            // Unless others have marked in between.
            if self.tray.bins[bin].marks.is_empty() {
                self.tray.bins[bin].marks = marks;
            }
        }
    }

    /// Fetches a stage of the way from a mark to what a look at it needs, for each of the next
    /// marks another one.
    #[inline]
    pub(super) fn expect_marks(&self, next: &[Mark]) {
        let Self {
            broker, sessions, ..
        } = self;
        let (world, channels) = (&broker.world, &broker.channels);
        if let Some(mark) = next.get(3 * STAGE) {
            world.expect(mark.viewer());
        }
        if let Some(mark) = next.get(2 * STAGE) {
            let resident = world.resident(mark.viewer());
            channels.expect(&resident.channel);
            sessions.expect(resident.session.load(Ordering::Relaxed));
        }
        if let Some(mark) = next.get(STAGE) {
            channels.expect_more(&world.resident(mark.viewer()).channel);
            world.expect(mark.subject());
        }
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
        if !self.broker.queues[self.number].take_lost() {
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
