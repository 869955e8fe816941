//! The geometry of the index: buckets, their districts, and which of them a circle can touch.

use nearcast_grid::Position;

/// Cells of geohash precision 6, numbered by row and column: 15 bits each.
const ROWS: i64 = 1 << 15;
const COLUMNS: i64 = 1 << 15;
const ROW_E7: f64 = 1_800_000_000.0 / ROWS as f64;
const COLUMN_E7: f64 = 3_600_000_000.0 / COLUMNS as f64;
/// Metres in a degree, at least: of latitude anywhere, of longitude at the equator. A circle that
/// is drawn on a sphere of such degrees holds all of the true one.
const DEGREE_M: f64 = 110_500.0;
/// A district has eight rows of four buckets.
pub(super) const ROW_BITS: u32 = 3;
pub(super) const COLUMN_BITS: u32 = 2;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bucket {
    pub(super) row: u32,
    pub(super) column: u32,
}

impl Bucket {
    #[inline]
    pub(super) fn of(position: Position) -> Self {
        let north = (i64::from(position.lat_e7()) + 900_000_000) * ROWS / 1_800_000_000;
        let east = (i64::from(position.lon_e7()) + 1_800_000_000) * COLUMNS / 3_600_000_000;
        Self {
            row: north.min(ROWS - 1) as u32,
            column: east as u32,
        }
    }

    pub(super) fn district(self) -> District {
        District {
            row: self.row >> ROW_BITS,
            column: self.column >> COLUMN_BITS,
        }
    }

    /// Its number within its district.
    pub(super) fn number(self) -> u32 {
        (self.row & ((1 << ROW_BITS) - 1)) << COLUMN_BITS | self.column & ((1 << COLUMN_BITS) - 1)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct District {
    row: u32,
    column: u32,
}

impl District {
    pub(super) fn bucket(self, number: u32) -> Bucket {
        Bucket {
            row: self.row << ROW_BITS | number >> COLUMN_BITS,
            column: self.column << COLUMN_BITS | number & ((1 << COLUMN_BITS) - 1),
        }
    }

    /// Spread over the map's shards.
    pub(super) fn key(self) -> Key {
        let number = u64::from(self.row) << 15 | u64::from(self.column);
        Key((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key(u64);

impl std::hash::Hash for Key {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
    }
}

/// The buckets that a circle can touch.
pub(super) struct Cover {
    rows: std::ops::RangeInclusive<i64>,
    lat: f64,
    lon_e7: f64,
    /// Half of the angle under which the circle is seen.
    angle: f64,
}

/// Columns, which may lie beyond the antimeridian.
type Columns = std::ops::RangeInclusive<i64>;
const EVERY_COLUMN: Columns = 0..=COLUMNS - 1;

impl Cover {
    pub(super) fn of(centre: Position, radius_m: f64) -> Self {
        let height_e7 = radius_m / DEGREE_M * 1e7;
        let lat_e7 = f64::from(centre.lat_e7());
        let row = |lat_e7: f64| (((lat_e7 + 9e8) / ROW_E7).floor() as i64).clamp(0, ROWS - 1);
        Self {
            rows: row(lat_e7 - height_e7)..=row(lat_e7 + height_e7),
            lat: centre.lat().to_radians(),
            lon_e7: f64::from(centre.lon_e7()),
            angle: (radius_m / DEGREE_M).min(180.0).to_radians() / 2.0,
        }
    }

    /// The columns that the circle can touch between two rows, both of them included: what the
    /// haversine formula leaves of its angle beside the least difference in latitude, at the
    /// latitude where meridians are nearest to each other.
    fn columns(&self, south: i64, north: i64) -> Columns {
        let edge = |row: i64| (row as f64 * ROW_E7 / 1e7 - 90.0).to_radians();
        let (south, north) = (edge(south), edge(north + 1));
        let away = (south - self.lat).max(self.lat - north).max(0.0);
        let left = self.angle.sin().powi(2) - (away / 2.0).sin().powi(2);
        let narrowest = south.cos().min(north.cos());
        let sine_sq = left.max(0.0) / (self.lat.cos() * narrowest);
        // With room for what rounding takes.
        let half = sine_sq.sqrt() + 1e-9;
        if half.is_nan() || half >= 1.0 {
            return EVERY_COLUMN;
        }
        let half_e7 = (2.0 * half.asin()).to_degrees() * 1e7 + 1.0;
        let column = |lon_e7: f64| ((lon_e7 + 1.8e9) / COLUMN_E7).floor() as i64;
        let (west, east) = (column(self.lon_e7 - half_e7), column(self.lon_e7 + half_e7));
        if east - west >= COLUMNS - 1 {
            return EVERY_COLUMN;
        }
        west..=east
    }

    /// How many districts it can touch, at most.
    pub(super) fn districts(&self) -> i64 {
        let (south, north) = self.rows.clone().into_inner();
        let (west, east) = self.columns(south, north).into_inner();
        ((north >> ROW_BITS) - (south >> ROW_BITS) + 1)
            * ((east >> COLUMN_BITS) - (west >> COLUMN_BITS) + 1)
    }

    /// Calls with each district, and with its buckets by number.
    pub(super) fn each(&self, mut look: impl FnMut(District, u32)) {
        let (south, north) = self.rows.clone().into_inner();
        for row in south >> ROW_BITS..=north >> ROW_BITS {
            let first = row << ROW_BITS;
            let mut columns = [(i64::MAX, i64::MIN); 1 << ROW_BITS];
            for row in south.max(first)..=north.min(first + (1 << ROW_BITS) - 1) {
                columns[(row - first) as usize] = self.columns(row, row).into_inner();
            }
            let west = columns.iter().fold(i64::MAX, |west, row| west.min(row.0));
            let east = columns.iter().fold(i64::MIN, |east, row| east.max(row.1));
            for column in west >> COLUMN_BITS..=east >> COLUMN_BITS {
                let mut buckets = 0;
                for number in 0..1_u32 << (ROW_BITS + COLUMN_BITS) {
                    let within =
                        column << COLUMN_BITS | i64::from(number & ((1 << COLUMN_BITS) - 1));
                    let (west, east) = columns[(number >> COLUMN_BITS) as usize];
                    if (west..=east).contains(&within) {
                        buckets |= 1 << number;
                    }
                }
                let column = column.rem_euclid(COLUMNS >> COLUMN_BITS) as u32;
                look(
                    District {
                        row: row as u32,
                        column,
                    },
                    buckets,
                );
            }
        }
    }
}
