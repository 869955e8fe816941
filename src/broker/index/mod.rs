//! Who is in which cell, for questions about a circle: positions that friends may have, bucketed
//! by geohash cells of precision 6, which stand together in the list of their district, a cell of
//! precision 5. A circle of many buckets so looks few lists up, and reads them in a row.
//!
//! A move that crosses a border only leaves a note; the keeper of the index mends it before the
//! next question, so a move never waits for a bucket.

mod buckets;

use std::hash::BuildHasherDefault;

use dashmap::DashMap;
use nearcast_grid::{Position, Vantage};

use buckets::{Bucket, COLUMN_BITS, Cover, District, Key, ROW_BITS};

use super::marks::{Mark, Queue};
use super::slot::{AsIs, Slot};
use super::sync::{Mutex, Ordering, lock};
use super::world::{Being, World};

/// Somebody in a district's list: the slot, and the number of the bucket in the bits above it.
#[derive(Clone, Copy)]
struct Dweller(u32);

impl Dweller {
    fn new(slot: Slot, bucket: Bucket) -> Self {
        Self(bucket.number() << Slot::BITS | slot.get())
    }

    fn number(self) -> u32 {
        self.0 >> Slot::BITS
    }

    fn slot(self) -> Option<Slot> {
        Slot::from_bits(self.0)
    }
}

const _: () = assert!(Slot::BITS + ROW_BITS + COLUMN_BITS == u32::BITS);

/// A resident's bucket and her place in the list of its district, as her ledger keeps it; 0 for none.
#[derive(Clone, Copy)]
struct Berth(u64);

impl Berth {
    fn new(bucket: Bucket, place: usize) -> Self {
        let number = u64::from(bucket.row) << 15 | u64::from(bucket.column);
        Self((number + 1) << 32 | place as u64)
    }

    fn read(self) -> Option<(Bucket, usize)> {
        let number = (self.0 >> 32).checked_sub(1)?;
        let bucket = Bucket {
            row: (number >> 15) as u32,
            column: number as u32 & 0x7fff,
        };
        Some((bucket, self.0 as u32 as usize))
    }
}

/// Somebody in a circle, and where she was when that was decided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) slot: Slot,
    pub(crate) position: Position,
    pub(crate) distance_sq: f64,
}

/// Who was found in a circle. Kept between questions, so that asking allocates nothing.
#[derive(Default)]
pub(crate) struct Search {
    /// Whose lines are to be read.
    candidates: Vec<Slot>,
    found: Vec<Found>,
    /// By distance, as [`Search::key`] makes them.
    order: Vec<u64>,
}

impl Search {
    const PLACE_BITS: u32 = Slot::BITS;

    /// A distance that is never negative, to a tenth of a millimetre at 8 km, before the place in
    /// `found`: words are sorted faster than what is found.
    #[inline]
    fn key(distance_sq: f64, place: usize) -> u64 {
        distance_sq.to_bits() >> Self::PLACE_BITS << Self::PLACE_BITS | place as u64
    }

    /// The nearest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Found> {
        self.order.iter().map(|&key| &self.found[Self::place(key)])
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    fn sort(&mut self, limit: usize) {
        let Self { found, order, .. } = self;
        order.clear();
        let keys = found.iter().enumerate();
        order.extend(keys.map(|(place, one)| Self::key(one.distance_sq, place)));
        let distance = |key: u64| key >> Self::PLACE_BITS;
        if let Some(last) = limit.checked_sub(1).filter(|&last| last < order.len()) {
            let far = distance(*order.select_nth_unstable(last).1);
            order.retain(|&key| distance(key) <= far);
        }
        order.sort_unstable();
        // Who is as far comes by slot: their places in the lists tell where others have been.
        for tied in order.chunk_by_mut(|&a, &b| distance(a) == distance(b)) {
            if tied.len() > 1 {
                tied.sort_unstable_by_key(|&key| found[Self::place(key)].slot);
            }
        }
        order.truncate(limit);
    }

    fn place(key: u64) -> usize {
        (key & ((1 << Self::PLACE_BITS) - 1)) as usize
    }
}

pub(crate) struct Index {
    districts: DashMap<Key, Vec<Dweller>, BuildHasherDefault<AsIs>>,
    astray: Queue,
    keeper: Mutex<()>,
}

impl Index {
    pub(crate) fn new(users: usize) -> Self {
        Self {
            districts: DashMap::default(),
            // Nobody is noted twice, so nothing is lost that would not fit an eighth.
            astray: Queue::new((users / 8).max(if cfg!(loom) { 4 } else { 64 })),
            keeper: Mutex::new(()),
        }
    }

    /// Whether two positions are in different buckets.
    #[inline]
    pub(crate) fn divides(a: Position, b: Position) -> bool {
        Bucket::of(a) != Bucket::of(b)
    }

    /// Notes that a resident's place is to be mended.
    pub(crate) fn note(&self, world: &World, slot: Slot) {
        if !world
            .resident(slot)
            .flags
            .set(Being::ASTRAY)
            .is(Being::ASTRAY)
        {
            self.astray.put(&[Mark::round(slot)]);
        }
    }

    /// Mends what was noted, and tells who was noted.
    pub(crate) fn mend(&self, world: &World, mut noted: impl FnMut(Slot)) {
        let _keeper = lock(&self.keeper);
        let mut mend = |slot| {
            self.place(world, slot);
            noted(slot);
        };
        if self.astray.take_lost() {
            for slot in (1..world.len() as u32).filter_map(Slot::from_bits) {
                if world.resident(slot).flags.get().is(Being::ASTRAY) {
                    mend(slot);
                }
            }
        }
        self.astray.take(usize::MAX, |mark| mend(mark.viewer()));
    }

    fn place(&self, world: &World, slot: Slot) {
        let resident = world.resident(slot);
        // Before the position is read: who moves on from here notes it again.
        let being = resident.flags.clear(Being::ASTRAY);
        let berth = &world.ledger(slot).berth;
        let was = Berth(berth.load(Ordering::Relaxed)).read();
        let bucket = being
            .is(Being::ACTIVE)
            .then(|| Bucket::of(resident.position()));
        if was.map(|(bucket, _)| bucket) == bucket {
            return;
        }
        if let (Some((was, place)), Some(bucket)) = (was, bucket)
            && was.district() == bucket.district()
        {
            if let Some(mut dwellers) = self.districts.get_mut(&bucket.district().key()) {
                dwellers[place] = Dweller::new(slot, bucket);
            }
            berth.store(Berth::new(bucket, place).0, Ordering::Relaxed);
            return;
        }
        if let Some((bucket, place)) = was {
            self.take_out(world, bucket.district(), place);
            berth.store(0, Ordering::Relaxed);
        }
        if let Some(bucket) = bucket {
            let mut dwellers = self.districts.entry(bucket.district().key()).or_default();
            berth.store(Berth::new(bucket, dwellers.len()).0, Ordering::Relaxed);
            dwellers.push(Dweller::new(slot, bucket));
        }
    }

    fn take_out(&self, world: &World, district: District, place: usize) {
        let dashmap::Entry::Occupied(mut entry) = self.districts.entry(district.key()) else {
            return;
        };
        let dwellers = entry.get_mut();
        dwellers.swap_remove(place);
        if let Some(moved) = dwellers.get(place)
            && let Some(slot) = moved.slot()
        {
            let berth = Berth::new(district.bucket(moved.number()), place).0;
            world.ledger(slot).berth.store(berth, Ordering::Relaxed);
        }
        if dwellers.is_empty() {
            entry.remove();
        } else if dwellers.capacity() > 8 && dwellers.len() < dwellers.capacity() / 4 {
            dwellers.shrink_to(dwellers.len() * 2);
        }
    }

    /// Everybody visible within the circle, in no order.
    fn within(&self, world: &World, centre: &Vantage, radius_m: f64, search: &mut Search) {
        let Search {
            candidates, found, ..
        } = search;
        candidates.clear();
        // First all whose lines will be read, which are fetched meanwhile.
        let mut expect = |dwellers: &[Dweller], buckets: u32| {
            for dweller in dwellers {
                if buckets >> dweller.number() & 1 == 1
                    && let Some(slot) = dweller.slot()
                {
                    world.expect(slot);
                    candidates.push(slot);
                }
            }
        };
        let cover = Cover::of(centre.position(), radius_m);
        if cover.districts() > self.districts.len() as i64 {
            for dwellers in &self.districts {
                expect(&dwellers, u32::MAX);
            }
        } else {
            cover.each(|district, buckets| {
                if let Some(dwellers) = self.districts.get(&district.key()) {
                    expect(&dwellers, buckets);
                }
            });
        }
        found.clear();
        found.extend(candidates.iter().filter_map(|&slot| {
            let resident = world.resident(slot);
            // The flags first: a position that is read after them is at least as coarse as they say.
            let visible = resident.flags.get().visible();
            let position = resident.position();
            let distance_sq = centre.distance_sq(position);
            (visible && distance_sq <= radius_m * radius_m).then_some(Found {
                slot,
                position,
                distance_sq,
            })
        }));
    }

    /// The nearest of those, sorted. Small circles first: where many are near, few are looked at.
    pub(crate) fn nearest(
        &self,
        world: &World,
        centre: &Vantage,
        radius_m: f64,
        limit: usize,
        search: &mut Search,
    ) {
        const FIRST_M: f64 = 800.0;
        let mut reach_m = if limit < 1000 {
            radius_m.min(FIRST_M)
        } else {
            radius_m
        };
        loop {
            self.within(world, centre, reach_m, search);
            if search.found.len() >= limit || reach_m >= radius_m {
                break;
            }
            reach_m = (2.0 * reach_m).min(radius_m);
        }
        search.sort(limit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repeatable number from 0 to 1.
    fn unit(state: &mut u64) -> f64 {
        *state = state
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        (*state >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn place(state: &mut u64, lat: f64, lon: f64, spread: f64) -> Position {
        let north = (lat + (unit(state) - 0.5) * spread).clamp(-90.0, 90.0);
        let east = lon + (unit(state) - 0.5) * spread / north.to_radians().cos().max(1e-3);
        Position::new(north, (east + 540.0).rem_euclid(360.0) - 180.0).unwrap()
    }

    /// Wherever the circle lies and however wide it is, nobody in it is left out and nobody
    /// beside it is found.
    #[test]
    fn a_circle_finds_everybody_in_it_once_the_nearest_first() {
        let mut state = 7;
        let places = [
            (0.0, 0.0),
            (48.2, 16.4),
            (-33.9, 179.99),
            (60.0, -179.999),
            (89.9, 10.0),
            (-89.99, -70.0),
            (90.0, 0.0),
        ];
        for (lat, lon) in places {
            for (radius_m, spread) in [(500.0, 0.02), (8_000.0, 0.3), (60_000.0, 2.0), (3e6, 60.0)]
            {
                let (users, world) = (2_000, World::new(2_000));
                let index = Index::new(users);
                for turn in 0..2 {
                    for slot in (1..=users as u32).filter_map(Slot::from_bits) {
                        // The second time some stay, and some have gone.
                        if turn == 0 || slot.get() % 3 > 0 {
                            world.go_to(slot, place(&mut state, lat, lon, spread));
                        }
                        let gone = turn == 1 && slot.get() % 7 == 0;
                        let flags = &world.resident(slot).flags;
                        flags.set(Being::RESIDENT | Being::SHARES | Being::ACTIVE);
                        if gone {
                            flags.clear(Being::ACTIVE);
                        }
                        index.note(&world, slot);
                    }
                    index.mend(&world, |_| {});
                    let centre = Vantage::new(place(&mut state, lat, lon, spread / 4.0));
                    let mut expected: Vec<(f64, Slot)> = (1..=users as u32)
                        .filter_map(Slot::from_bits)
                        .filter(|slot| world.resident(*slot).flags.get().visible())
                        .map(|slot| (centre.distance_sq(world.resident(slot).position()), slot))
                        .filter(|(distance_sq, _)| *distance_sq <= radius_m * radius_m)
                        .collect();
                    expected.sort_unstable_by(|a, b| a.partial_cmp(b).unwrap());
                    for limit in [1, 40, usize::MAX] {
                        let mut search = Search::default();
                        index.nearest(&world, &centre, radius_m, limit, &mut search);
                        let found: Vec<f64> =
                            search.iter().map(|one| one.distance_sq.sqrt()).collect();
                        let first = expected.len().min(limit);
                        assert_eq!(found.len(), first, "{lat} {lon} {radius_m} {limit}");
                        for (found, (expected_sq, _)) in found.iter().zip(&expected) {
                            assert!(
                                (found - expected_sq.sqrt()).abs() < 0.05,
                                "{lat} {lon} {radius_m}"
                            );
                        }
                        let mut slots: Vec<Slot> = search.iter().map(|one| one.slot).collect();
                        slots.sort_unstable();
                        slots.dedup();
                        assert_eq!(slots.len(), first);
                    }
                }
            }
        }
    }
}
