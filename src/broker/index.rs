//! Who is in which cell, for questions about a circle: positions that friends may have, bucketed
//! by geohash cells of precision 6.
//!
//! A move that crosses a border only leaves a note; the keeper of the index mends it before the
//! next question, so a move never waits for a bucket.

use std::hash::BuildHasherDefault;

use dashmap::DashMap;
use nearcast_grid::{Position, Vantage};

use super::marks::{Mark, Queue};
use super::slot::Slot;
use super::sync::{Mutex, Ordering, lock};
use super::user::AsIs;
use super::world::{Being, World};

/// Cells of geohash precision 6, numbered by row and column: 15 bits each.
const ROWS: i64 = 1 << 15;
const COLUMNS: i64 = 1 << 15;
const ROW_E7: f64 = 1_800_000_000.0 / ROWS as f64;
const COLUMN_E7: f64 = 3_600_000_000.0 / COLUMNS as f64;
/// Metres in a degree of latitude, at least.
const DEGREE_M: f64 = 110_500.0;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Bucket {
    row: u32,
    column: u32,
}

impl Bucket {
    #[inline]
    fn of(position: Position) -> Self {
        let north = (i64::from(position.lat_e7()) + 900_000_000) * ROWS / 1_800_000_000;
        let east = (i64::from(position.lon_e7()) + 1_800_000_000) * COLUMNS / 3_600_000_000;
        Self {
            row: north.min(ROWS - 1) as u32,
            column: east as u32,
        }
    }

    /// Spread over the map's shards; the rows of one town lie together in it.
    fn key(self) -> Key {
        let number = u64::from(self.row) << 15 | u64::from(self.column);
        Key((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Key(u64);

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// A resident's place in her bucket, as her ledger keeps it; 0 for none.
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

/// Somebody in a circle.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Found {
    pub(crate) slot: Slot,
    pub(crate) distance_sq: f64,
}

pub(crate) struct Index {
    buckets: DashMap<Key, Vec<Slot>, BuildHasherDefault<AsIs>>,
    astray: Queue,
    keeper: Mutex<()>,
}

impl Index {
    pub(crate) fn new(users: usize) -> Self {
        Self {
            buckets: DashMap::default(),
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
        if let Some((bucket, place)) = was {
            self.take_out(world, bucket, place);
            berth.store(0, Ordering::Relaxed);
        }
        if let Some(bucket) = bucket {
            let mut slots = self.buckets.entry(bucket.key()).or_default();
            berth.store(Berth::new(bucket, slots.len()).0, Ordering::Relaxed);
            slots.push(slot);
        }
    }

    fn take_out(&self, world: &World, bucket: Bucket, place: usize) {
        let dashmap::Entry::Occupied(mut entry) = self.buckets.entry(bucket.key()) else {
            return;
        };
        let slots = entry.get_mut();
        slots.swap_remove(place);
        if let Some(&moved) = slots.get(place) {
            let berth = Berth::new(bucket, place).0;
            world.ledger(moved).berth.store(berth, Ordering::Relaxed);
        }
        if slots.is_empty() {
            entry.remove();
        } else if slots.capacity() > 8 && slots.len() < slots.capacity() / 4 {
            slots.shrink_to(slots.len() * 2);
        }
    }

    /// Everybody visible within the circle, in no order.
    pub(crate) fn within(
        &self,
        world: &World,
        centre: &Vantage,
        radius_m: f64,
        found: &mut Vec<Found>,
    ) {
        let mut look = |slots: &[Slot]| {
            for slot in slots {
                world.expect(*slot);
            }
            for &slot in slots {
                let resident = world.resident(slot);
                let distance_sq = centre.distance_sq(resident.position());
                if distance_sq <= radius_m * radius_m && resident.flags.get().visible() {
                    found.push(Found { slot, distance_sq });
                }
            }
        };
        let cover = Cover::of(centre.position(), radius_m);
        if cover.cells() > self.buckets.len() as i64 {
            for bucket in &self.buckets {
                look(&bucket);
            }
            return;
        }
        cover.each(|bucket| {
            if let Some(slots) = self.buckets.get(&bucket.key()) {
                look(&slots);
            }
        });
    }

    /// The nearest of those, sorted. Small circles first: where many are near, few are looked at.
    pub(crate) fn nearest(
        &self,
        world: &World,
        centre: &Vantage,
        radius_m: f64,
        limit: usize,
        found: &mut Vec<Found>,
    ) {
        const FIRST_M: f64 = 800.0;
        let mut reach_m = if limit < 1000 {
            radius_m.min(FIRST_M)
        } else {
            radius_m
        };
        loop {
            found.clear();
            self.within(world, centre, reach_m, found);
            if found.len() >= limit || reach_m >= radius_m {
                break;
            }
            reach_m = radius_m.min(2.0 * reach_m);
        }
        let nearer = |a: &Found, b: &Found| {
            a.distance_sq
                .total_cmp(&b.distance_sq)
                .then_with(|| a.slot.cmp(&b.slot))
        };
        if found.len() > limit {
            found.select_nth_unstable_by(limit, nearer);
            found.truncate(limit);
        }
        found.sort_unstable_by(nearer);
    }
}

/// The rows and columns that a circle can touch.
struct Cover {
    rows: std::ops::RangeInclusive<i64>,
    west: i64,
    columns: i64,
}

impl Cover {
    fn of(centre: Position, radius_m: f64) -> Self {
        let height_e7 = radius_m / DEGREE_M * 1e7;
        let lat_e7 = f64::from(centre.lat_e7());
        let row = |lat_e7: f64| (((lat_e7 + 9e8) / ROW_E7).floor() as i64).clamp(0, ROWS - 1);
        let rows = row(lat_e7 - height_e7)..=row(lat_e7 + height_e7);
        let poleward = ((lat_e7.abs() + height_e7) / 1e7).min(90.0).to_radians();
        // The widest meridian span of a circle, with room for the ellipsoid.
        let (r, c) = (height_e7 / 1e7, poleward.cos());
        let width_e7 = if c < 1e-6 {
            f64::INFINITY
        } else {
            r.to_radians().sin() / c * 1.01
        };
        let half = if width_e7 >= 1.0 {
            f64::INFINITY
        } else {
            width_e7.asin().to_degrees() * 1e7
        };
        let lon_e7 = f64::from(centre.lon_e7());
        if !half.is_finite() || 2.0 * half >= 3.6e9 - 2.0 * COLUMN_E7 {
            return Self {
                rows,
                west: 0,
                columns: COLUMNS,
            };
        }
        let west = ((lon_e7 - half + 1.8e9) / COLUMN_E7).floor() as i64;
        let east = ((lon_e7 + half + 1.8e9) / COLUMN_E7).floor() as i64;
        Self {
            rows,
            west,
            columns: east - west + 1,
        }
    }

    fn cells(&self) -> i64 {
        (self.rows.end() - self.rows.start() + 1) * self.columns
    }

    fn each(&self, mut look: impl FnMut(Bucket)) {
        for row in self.rows.clone() {
            for column in self.west..self.west + self.columns {
                let column = column.rem_euclid(COLUMNS) as u32;
                look(Bucket {
                    row: row as u32,
                    column,
                });
            }
        }
    }
}
