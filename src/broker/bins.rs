//! Marks of pairs on their way to a sweep, sorted in two steps, by ranges of viewers and then by
//! viewer, so that each step writes to few places at once and what a range needs stays in the
//! cache while it is looked at.
//!
//! A bin is a chain of blocks out of one bounded pool: nothing is ever moved to make room.

use super::doubles::WINDOW;
use super::marks::Mark;
use super::memory;
use super::peak::Peak;
use super::sync::zeroed;

/// Marks in a block; few where assertions are on, so that tests fill the pool.
const BLOCK: usize = if cfg!(debug_assertions) { 2 } else { 128 };
/// Viewers in a range, as a power of two: their counts stay in the innermost cache.
const RANGE_BITS: u32 = 10;
const VIEWERS: usize = 1 << RANGE_BITS;
/// Blocks whose memory is kept however few marks there are.
const RESTING: usize = 64;

pub(super) struct Bins {
    /// Where the next mark of each bin goes, one behind the end of its newest block when that is
    /// full. Block 0 is nobody's and ends every chain.
    next: Box<[u32]>,
    pool: Box<[Mark]>,
    /// Of each block, the one before it in its bin.
    before: Box<[u32]>,
    free: Vec<u32>,
    /// Blocks handed out since the bins were last empty.
    fresh: u32,
    /// The highest of them since memory was given back.
    touched: usize,
    /// Of blocks in use.
    peak: Peak,
    /// Blocks in use beyond which room is to be made.
    most: usize,
    /// Ranges in a bin, as a power of two.
    ranges_bits: u32,
}

/// The marks of one bin, by ranges of viewers.
#[derive(Default)]
pub(super) struct Pile {
    marks: Vec<Mark>,
    /// Where each range begins, and the end.
    starts: Vec<u32>,
    /// Where the next mark of each range or viewer goes.
    places: Vec<u32>,
    /// Viewers with so many that they are sorted.
    crowded: Vec<usize>,
    /// Marks of the fullest bin since it last rested.
    most: usize,
    /// Of those.
    peak: Peak,
}

impl Bins {
    /// For marks of `users` viewers. About `most` may wait, and a quarter more may come before
    /// room is made.
    pub(super) fn new(users: usize, most: usize) -> Self {
        let ranges = (users >> RANGE_BITS) + 1;
        // As many bins as ranges in a bin.
        let ranges_bits = ranges.next_power_of_two().trailing_zeros() / 2;
        let bins = (ranges >> ranges_bits) + 1;
        let most = most.div_ceil(BLOCK) + bins;
        let blocks = 1 + most + most / 4 + 2 * bins;
        assert!(
            u32::try_from(blocks * BLOCK).is_ok(),
            "more marks are to be collected than can be counted"
        );
        let pool = zeroed(blocks * BLOCK);
        memory::huge(&pool, memory::FEW);
        Self {
            next: vec![BLOCK as u32; bins].into(),
            pool,
            before: vec![0; blocks].into(),
            free: Vec::new(),
            fresh: 0,
            touched: 0,
            peak: Peak::default(),
            most,
            ranges_bits,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.next.len()
    }

    /// Takes a mark; false when there is no room left.
    #[inline(always)]
    pub(super) fn put(&mut self, mark: Mark) -> bool {
        let bin = mark.viewer().index() >> (self.ranges_bits + RANGE_BITS);
        let mut place = self.next[bin] as usize;
        if place.is_multiple_of(BLOCK) {
            match self.lengthen(bin) {
                Some(start) => place = start,
                None => return false,
            }
        }
        self.pool[place] = mark;
        self.next[bin] = place as u32 + 1;
        true
    }

    /// Hangs a new block on a bin's chain and answers where it begins.
    #[inline(never)]
    fn lengthen(&mut self, bin: usize) -> Option<usize> {
        let block = match self.free.pop() {
            Some(block) => block,
            None if (self.fresh as usize) < self.before.len() - 1 => {
                self.fresh += 1;
                self.touched = self.touched.max(self.fresh as usize);
                self.fresh
            }
            None => return None,
        };
        self.before[block as usize] = self.next[bin] / BLOCK as u32 - 1;
        Some(block as usize * BLOCK)
    }

    /// Empty bins give back what was for far more marks than there are of late.
    pub(super) fn rest(&mut self) {
        if self.used() > 0 {
            return;
        }
        self.peak.see(self.fresh as usize);
        let kept = self.peak.keeps(RESTING);
        if self.touched > kept {
            // Block 0 stands before the others.
            let beyond = (kept + 1) * BLOCK..(self.touched + 1) * BLOCK;
            memory::give_back(&mut self.pool, beyond);
            self.touched = kept;
        }
        self.free.clear();
        self.fresh = 0;
    }

    fn used(&self) -> usize {
        self.fresh as usize - self.free.len()
    }

    /// Whether room is to be made.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.used() > self.most
    }

    pub(super) fn is_half_full(&self) -> bool {
        self.used() > self.most / 2
    }

    /// Takes the marks out of a bin.
    pub(super) fn take(&mut self, bin: usize, pile: &mut Pile) {
        let ranges = 1 << self.ranges_bits;
        let range = |mark: &Mark| mark.viewer().index() >> RANGE_BITS & (ranges - 1);
        pile.places.clear();
        pile.places.resize(ranges, 0);
        self.each_block(bin, |_, block| {
            for mark in block {
                pile.places[range(mark)] += 1;
            }
        });
        let count = begin(&mut pile.places);
        pile.starts.clone_from(&pile.places);
        pile.starts.push(count);
        pile.marks.resize(count as usize, Mark::default());
        pile.most = pile.most.max(pile.marks.len());
        let mut free = std::mem::take(&mut self.free);
        self.each_block(bin, |number, block| {
            for mark in block {
                let place = &mut pile.places[range(mark)];
                pile.marks[*place as usize] = *mark;
                *place += 1;
            }
            free.push(number);
        });
        self.free = free;
        self.next[bin] = BLOCK as u32;
    }

    /// Calls with the number and the marks of each block of a bin, the newest first.
    #[inline]
    fn each_block(&self, bin: usize, mut act: impl FnMut(u32, &[Mark])) {
        let mut end = self.next[bin] as usize;
        let mut block = end.div_ceil(BLOCK) - 1;
        while block != 0 {
            let before = self.before[block] as usize;
            for line in self.pool[before * BLOCK..][..BLOCK].chunks(8) {
                memory::prefetch(&line[0]);
            }
            act(block as u32, &self.pool[block * BLOCK..end]);
            (block, end) = (before, (before + 1) * BLOCK);
        }
    }
}

impl Pile {
    /// Gives back what was for far more marks than there are of late; `grouped` is for those of one
    /// range.
    pub(super) fn rest(&mut self, grouped: &mut Vec<Mark>) {
        self.peak.see(std::mem::take(&mut self.most));
        let kept = self.peak.keeps(RESTING * BLOCK);
        for marks in [&mut self.marks, grouped] {
            if marks.capacity() > kept {
                marks.clear();
                marks.shrink_to(kept);
            }
        }
    }

    pub(super) fn ranges(&self) -> usize {
        self.starts.len() - 1
    }

    /// The marks of one range, grouped by viewer. What is there twice is less than [`WINDOW`] apart.
    pub(super) fn group(&mut self, range: usize, grouped: &mut Vec<Mark>) {
        let Self {
            marks,
            starts,
            places,
            crowded,
            ..
        } = self;
        let marks = &marks[starts[range] as usize..starts[range + 1] as usize];
        if marks.len() < VIEWERS / 4 {
            grouped.clear();
            grouped.extend_from_slice(marks);
            grouped.sort_unstable();
            return;
        }
        let viewer = |mark: &Mark| mark.viewer().index() % VIEWERS;
        places.clear();
        places.resize(VIEWERS, 0);
        crowded.clear();
        for mark in marks {
            let place = &mut places[viewer(mark)];
            *place += 1;
            if *place == WINDOW as u32 + 1 {
                crowded.push(viewer(mark));
            }
        }
        begin(places);
        grouped.resize(marks.len(), Mark::default());
        for mark in marks {
            let place = &mut places[viewer(mark)];
            grouped[*place as usize] = *mark;
            *place += 1;
        }
        for &viewer in &*crowded {
            let start = viewer.checked_sub(1).map_or(0, |before| places[before]);
            grouped[start as usize..places[viewer] as usize].sort_unstable();
        }
    }
}

/// From how many there are to where they begin; answers how many there are in all.
fn begin(places: &mut [u32]) -> u32 {
    let mut start = 0;
    for place in places {
        start += std::mem::replace(place, start);
    }
    start
}

#[cfg(all(test, not(loom)))]
pub(super) mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::broker::doubles::is_double;
    use crate::broker::slot::Slot;

    pub(in crate::broker) fn mark(viewer: u32, subject: u32) -> Mark {
        let slot = |bits| Slot::from_bits(bits).expect("not nobody's");
        Mark::pair(slot(viewer), slot(subject))
    }

    /// Takes everything out, and sees that each viewer's marks stand together.
    pub(in crate::broker) fn taken(bins: &mut Bins) -> Vec<Mark> {
        let (mut pile, mut all) = (Pile::default(), Vec::new());
        let mut group = Vec::new();
        for bin in 0..bins.len() {
            bins.take(bin, &mut pile);
            for range in 0..pile.ranges() {
                pile.group(range, &mut group);
                let places = 0..group.len();
                let kept = places.filter(|&place| !is_double(&group, place));
                all.extend(kept.map(|place| group[place]));
            }
        }
        let groups = all.chunk_by(|one, other| one.viewer() == other.viewer());
        let viewers: BTreeSet<Slot> = all.iter().map(|mark| mark.viewer()).collect();
        assert_eq!(groups.count(), viewers.len());
        all
    }

    #[test]
    fn every_mark_comes_out_once() {
        // Few marks, many, and many of a few viewers.
        for (users, marks, viewers) in [
            (1, 50, 1),
            (3_000, 40, 3_000),
            (3_000, 60_000, 3_000),
            (200_000, 90_000, 200_000),
            (200_000, 90_000, 7),
        ] {
            let mut bins = Bins::new(users as usize, marks);
            let mut put = BTreeSet::new();
            let mut draw = 1_u32;
            for _ in 0..marks {
                draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let mark = mark(1 + (draw >> 8) % viewers, 1 + (draw >> 4) % 300);
                assert!(bins.put(mark));
                put.insert(mark);
            }
            let all = taken(&mut bins);
            assert_eq!(all.len(), put.len(), "of {users} users");
            assert_eq!(BTreeSet::from_iter(all), put, "of {users} users");
            assert!(taken(&mut bins).is_empty());
        }
    }

    #[test]
    fn what_a_crowd_needed_is_given_back_when_few_are_left() {
        // Some of which lie in huge pages as a whole, so that these are given back.
        let (mut bins, mut pile) = (Bins::new(1_000, 500_000), Pile::default());
        let mut round = |count: u32| {
            for subject in 1..=count {
                assert!(bins.put(mark(1, subject)));
            }
            let (mut grouped, mut taken) = (Vec::new(), BTreeSet::new());
            for bin in 0..bins.len() {
                bins.take(bin, &mut pile);
                for range in 0..pile.ranges() {
                    pile.group(range, &mut grouped);
                    taken.extend(grouped.iter().map(|mark| mark.subject().get()));
                }
            }
            bins.rest();
            pile.rest(&mut grouped);
            assert_eq!(taken.len(), count as usize);
            assert!(taken.iter().all(|subject| (1..=count).contains(subject)));
            (bins.touched * BLOCK, pile.marks.capacity())
        };
        let (few, many) = (10, 500_000);
        let (pool, room) = round(many as u32);
        assert!(pool >= many && room >= many);
        let (pool, room) = round(few);
        assert!(pool >= many / 2 && room >= many / 2, "not at once");
        let (pool, room) = (0..100).map(|_| round(few)).last().expect("a hundred");
        let kept = 2 * RESTING * BLOCK;
        assert!(pool <= kept && room <= kept, "{pool} and {room}");
        round(many as u32);
    }

    #[test]
    fn a_full_pool_says_so_and_keeps_what_it_has() {
        let mut bins = Bins::new(10, 1_000);
        let put = (1..)
            .take_while(|&subject| bins.put(mark(1, subject)))
            .count();
        assert!(put >= 1_000 && bins.is_full());
        assert_eq!(taken(&mut bins).len(), put);
        assert!(!bins.is_half_full() && bins.put(mark(1, 1)));
    }
}
