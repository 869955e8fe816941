//! Geohash cells as integers: rows and columns of a globe cut in two again and again.
//!
//! Everything is exact: a position on a border is in the cell north-east of it, and the north
//! pole in the top row. Text is no part of this module.

use crate::cell::Bounds;
use crate::ellipsoid::Latitude;
use crate::{Position, Precision, Ring};

/// One step of eight around a cell, north first, clockwise: rows up, columns east.
const AROUND: [(i64, i64); 8] = [
    (1, 0),
    (1, 1),
    (0, 1),
    (-1, 1),
    (-1, 0),
    (-1, -1),
    (0, -1),
    (1, -1),
];

/// A geohash: a leading one, then five bits for each character of the text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct GeoCell(u64);

/// Number of rows, counted from the south pole.
pub const fn rows(precision: Precision) -> u32 {
    1 << (5 * precision.get() as u32 / 2)
}

/// Number of columns, counted east from the antimeridian.
pub const fn columns(precision: Precision) -> u32 {
    1 << (5 * precision.get() as u32).div_ceil(2)
}

impl GeoCell {
    pub fn from_position(position: Position, precision: Precision) -> Self {
        let north = (i64::from(position.lat_e7()) + 900_000_000) as u64;
        let east = (i64::from(position.lon_e7()) + 1_800_000_000) as u64;
        let rows = u64::from(rows(precision));
        // The north pole is the one position on the upper border of the top row.
        let row = (north * rows / 1_800_000_000).min(rows - 1);
        let column = east * u64::from(columns(precision)) / 3_600_000_000;
        Self::assemble(row, column, precision)
    }

    /// Columns wrap around the globe; None for a row beyond a pole.
    pub fn from_row_column(row: i64, column: i64, precision: Precision) -> Option<Self> {
        let column = column & (i64::from(columns(precision)) - 1);
        let exists = (0..i64::from(rows(precision))).contains(&row);
        exists.then(|| Self::assemble(row as u64, column as u64, precision))
    }

    fn assemble(row: u64, column: u64, precision: Precision) -> Self {
        let bits = 5 * u32::from(precision.get());
        // Longitude has the first bit, so it has the last one too where their number is odd.
        let (even, odd) = if bits % 2 == 1 {
            (column, row)
        } else {
            (row, column)
        };
        Self(1 << bits | spread(even) | spread(odd) << 1)
    }

    pub const fn to_u64(self) -> u64 {
        self.0
    }

    pub const fn from_u64(word: u64) -> Option<Self> {
        if word == 0 {
            return None;
        }
        let bits = 63 - word.leading_zeros();
        if bits.is_multiple_of(5) && bits >= 5 && bits <= 60 {
            Some(Self(word))
        } else {
            None
        }
    }

    pub fn precision(self) -> Precision {
        Precision::new((self.bits() / 5) as u8).expect("a geohash has 1 to 12 characters")
    }

    fn bits(self) -> u32 {
        63 - self.0.leading_zeros()
    }

    /// Five bits for the character at this place of the text.
    pub(crate) fn digit(self, place: u8) -> u8 {
        let below = self.bits() - 5 * (u32::from(place) + 1);
        (self.0 >> below) as u8 & 31
    }

    /// Rows up from the south pole.
    pub fn row(self) -> u32 {
        squash(self.interleaved() >> (1 - self.row_shift()))
    }

    /// Columns east from the antimeridian.
    pub fn column(self) -> u32 {
        squash(self.interleaved() >> self.row_shift())
    }

    fn interleaved(self) -> u64 {
        self.0 ^ 1 << self.bits()
    }

    /// 1 where the row has the even bits and the column the odd ones, else 0.
    fn row_shift(self) -> u32 {
        1 - self.bits() % 2
    }

    /// None where the precision is finer than its own.
    pub fn parent(self, precision: Precision) -> Option<Self> {
        let bits = 5 * u32::from(precision.get());
        self.bits()
            .checked_sub(bits)
            .map(|finer| Self(self.0 >> finer))
    }

    pub(crate) fn centre(self) -> Position {
        let Bounds {
            south,
            west,
            north,
            east,
        } = self.bounds();
        Position::new((south + north) / 2.0, (west + east) / 2.0).expect("a cell is on the globe")
    }

    /// Exact: each border is a fraction of 45 with a power of two below.
    pub(crate) fn bounds(self) -> Bounds {
        let (row, column) = (f64::from(self.row()), f64::from(self.column()));
        let height = 180.0 / f64::from(rows(self.precision()));
        let width = 360.0 / f64::from(columns(self.precision()));
        Bounds {
            south: row * height - 90.0,
            west: column * width - 180.0,
            north: (row + 1.0) * height - 90.0,
            east: (column + 1.0) * width - 180.0,
        }
    }

    pub(crate) fn neighbours(self) -> Ring {
        let (row, column) = (i64::from(self.row()), i64::from(self.column()));
        let mut ring = Ring::EMPTY;
        for (up, east) in AROUND {
            if let Some(cell) = Self::from_row_column(row + up, column + east, self.precision()) {
                ring.push(cell.into());
            }
        }
        ring
    }

    pub(crate) fn reach_m(self) -> f64 {
        let Bounds { south, north, .. } = self.bounds();
        if south == -90.0 || north == 90.0 {
            return 0.0;
        }
        let width = 2.0 * std::f64::consts::PI / f64::from(columns(self.precision()));
        let height = std::f64::consts::PI / f64::from(rows(self.precision()));

        // Straight to the plane of the meridian one column on, from where columns are narrowest.
        let farthest_from_equator = Latitude::new(south.abs().max(north.abs()).to_radians());
        let sideways_m = farthest_from_equator.axis_m() * width.sin();
        // One row up or down at the least curvature radius of either: the one nearer the equator.
        let nearest_the_equator = if south < 0.0 && north > 0.0 {
            0.0
        } else {
            (south.abs().min(north.abs()).to_radians() - height).max(0.0)
        };
        let upright_m = Latitude::new(nearest_the_equator).meridian_m * height;
        sideways_m.min(upright_m)
    }

    /// None between different precisions.
    pub(crate) fn rings_to(self, other: Self) -> Option<u32> {
        if self.bits() != other.bits() {
            return None;
        }
        let up = self.row().abs_diff(other.row());
        let one_way = self.column().abs_diff(other.column());
        let other_way = columns(self.precision()) - one_way;
        Some(up.max(one_way.min(other_way)))
    }
}

/// The lower 32 bits of a word, each moved to the even place of its pair.
const fn spread(x: u64) -> u64 {
    let x = (x | x << 16) & 0x0000_ffff_0000_ffff;
    let x = (x | x << 8) & 0x00ff_00ff_00ff_00ff;
    let x = (x | x << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    let x = (x | x << 2) & 0x3333_3333_3333_3333;
    (x | x << 1) & 0x5555_5555_5555_5555
}

/// The even bits of a word, moved together: the reverse of [`spread`].
const fn squash(x: u64) -> u32 {
    let x = x & 0x5555_5555_5555_5555;
    let x = (x | x >> 1) & 0x3333_3333_3333_3333;
    let x = (x | x >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    let x = (x | x >> 4) & 0x00ff_00ff_00ff_00ff;
    let x = (x | x >> 8) & 0x0000_ffff_0000_ffff;
    (x | x >> 16) as u32
}
