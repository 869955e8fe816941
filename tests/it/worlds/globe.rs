//! Distances, walks and geohash cells of the worlds' own, in the plainest way that there is.

use std::sync::LazyLock;

use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use nearcast_grid::Position;

static WGS84: LazyLock<Geodesic> = LazyLock::new(Geodesic::wgs84);

/// Metres between two positions.
pub(crate) fn metres(one: Position, other: Position) -> f64 {
    WGS84.inverse(one.lat(), one.lon(), other.lat(), other.lon())
}

/// Where one arrives, this many metres on.
pub(crate) fn walk(from: Position, heading_deg: f64, metres: f64) -> Position {
    let (lat, lon): (f64, f64) = WGS84.direct(from.lat(), from.lon(), heading_deg, metres);
    place(lat, lon)
}

/// Any longitude, turned back onto the globe.
pub(crate) fn place(lat: f64, lon: f64) -> Position {
    let lon = (lon + 540.0).rem_euclid(360.0) - 180.0;
    Position::new(lat.clamp(-90.0, 90.0), lon).expect("both are in range")
}

/// A geohash cell of precision 6, by its row from the south pole and its column from 180° west.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Tile {
    row: i64,
    column: i64,
}

/// Bits of a row and of a column: 30 bits by turns, columns first.
const BITS: u32 = 15;
const SIDE: i64 = 1 << BITS;
const DIGITS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";

impl Tile {
    pub(crate) fn at(position: Position) -> Self {
        let row = ((position.lat() + 90.0) / 180.0 * SIDE as f64) as i64;
        let column = ((position.lon() + 180.0) / 360.0 * SIDE as f64) as i64;
        Self {
            row: row.min(SIDE - 1),
            column: column % SIDE,
        }
    }

    pub(crate) fn centre(self) -> Position {
        self.point(0.5)
    }

    /// Its corner in the north-east.
    pub(crate) fn corner(self) -> Position {
        self.point(1.0)
    }

    fn point(self, part: f64) -> Position {
        let degrees =
            |number: i64, all: f64| (number as f64 + part) / SIDE as f64 * all - all / 2.0;
        place(degrees(self.row, 180.0), degrees(self.column, 360.0))
    }

    pub(crate) fn text(self) -> String {
        let bit = |at: u32| {
            let is_column = at.is_multiple_of(2);
            let number = if is_column { self.column } else { self.row };
            (number >> (BITS - 1 - at / 2)) & 1
        };
        let digit = |nth: u32| (0..5).fold(0, |digit, at| digit << 1 | bit(5 * nth + at));
        (0..6)
            .map(|nth| DIGITS[digit(nth) as usize] as char)
            .collect()
    }

    /// Whether the cells of precision 5 around the two are the same or touch. Those have three
    /// bits less for the row and two for the column.
    pub(crate) fn reaches(self, other: Self) -> bool {
        let rows = (self.row >> 3) - (other.row >> 3);
        let columns = ((self.column >> 2) - (other.column >> 2)).rem_euclid(SIDE >> 2);
        rows.abs() <= 1 && [0, 1, (SIDE >> 2) - 1].contains(&columns)
    }
}

#[test]
fn a_tile_is_a_geohash_cell_with_its_block() {
    use nearcast_grid::Grid;
    let (privacy, reach) = (Grid::geohash(6).unwrap(), Grid::geohash(5).unwrap());
    let mut dice = super::dice::Dice::new(7);
    for _ in 0..5_000 {
        let lat = [dice.between(-90.0, 90.0), 90.0, -90.0, 89.99, 0.0][dice.below(5)];
        let lon = [dice.between(-180.0, 180.0), -180.0, 179.9999][dice.below(3)];
        let here = place(lat, lon);
        let (tile, cell) = (Tile::at(here), privacy.cell_at(here));
        assert_eq!(tile.text(), cell.text().to_string(), "{here:?}");
        assert_eq!(tile.centre(), cell.centre(), "{here:?}");
        let there = walk(here, dice.between(0.0, 360.0), dice.between(0.0, 12_000.0));
        let block = cell.parent(reach).block();
        let touches = block.contains(&privacy.cell_at(there).parent(reach));
        assert_eq!(tile.reaches(Tile::at(there)), touches, "{here:?} {there:?}");
    }
}
