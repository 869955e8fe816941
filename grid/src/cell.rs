//! One cell of either grid.
//!
//! Nothing above this type asks which grid it is from. Inside, the highest set bit tells: a
//! geohash of precision p is its 5 p bits behind a leading one (bit 5, 10, … 60), an H3 index
//! always has bit 59 as its highest.

use std::num::NonZeroU64;

use crate::geohash::GeoCell;
use crate::hex::HexCell;
use crate::{Block, Grid, Position, Ring};

/// A cell, in one word that is never 0, so an `Option` of it costs nothing. Cells of different
/// precisions differ.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Cell(NonZeroU64);

/// The smallest box around a cell, in degrees.
///
/// Where a hexagon lies across the antimeridian, `east` is less than `west`; a geohash never
/// does. A hexagon with a pole inside spans all longitudes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bounds {
    pub south: f64,
    pub west: f64,
    pub north: f64,
    pub east: f64,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Geo(GeoCell),
    Hex(HexCell),
}

impl Cell {
    /// What stands in an array where there is no cell; never handed out.
    pub(crate) const PADDING: Self = Self(NonZeroU64::MIN);

    pub const fn to_u64(self) -> u64 {
        self.0.get()
    }

    /// None where the word is not a cell.
    pub fn from_u64(word: u64) -> Option<Self> {
        let known = GeoCell::from_u64(word).is_some() || HexCell::from_u64(word).is_some();
        NonZeroU64::new(word).filter(|_| known).map(Self)
    }

    pub(crate) fn kind(self) -> Kind {
        match GeoCell::from_u64(self.to_u64()) {
            Some(cell) => Kind::Geo(cell),
            None => {
                let cell = HexCell::from_u64(self.to_u64());
                Kind::Hex(cell.expect("what is not a geohash is an H3 index"))
            }
        }
    }

    /// The same as a geohash, for what works by rows and columns; None for a hexagon.
    pub fn as_geohash(self) -> Option<GeoCell> {
        GeoCell::from_u64(self.to_u64())
    }

    /// The grid this cell is of.
    pub fn grid(self) -> Grid {
        match self.kind() {
            Kind::Geo(cell) => Grid::Geohash(cell.precision()),
            Kind::Hex(cell) => Grid::Hex(cell.resolution()),
        }
    }

    /// Its ancestor in a coarser grid of the same kind, by index: a hexagon may reach a little
    /// beyond its parent. In any other grid, the cell at its centre.
    pub fn parent(self, in_grid: Grid) -> Self {
        let ancestor = match (self.kind(), in_grid) {
            (Kind::Geo(cell), Grid::Geohash(precision)) => cell.parent(precision).map(Self::from),
            (Kind::Hex(cell), Grid::Hex(resolution)) => cell.parent(resolution).map(Self::from),
            _ => None,
        };
        ancestor.unwrap_or_else(|| in_grid.cell_at(self.centre()))
    }

    /// A position in the middle, which is in the cell.
    pub fn centre(self) -> Position {
        match self.kind() {
            Kind::Geo(cell) => cell.centre(),
            Kind::Hex(cell) => cell.centre(),
        }
    }

    pub fn bounds(self) -> Bounds {
        match self.kind() {
            Kind::Geo(cell) => cell.bounds(),
            Kind::Hex(cell) => cell.bounds(),
        }
    }

    /// The cells that touch this one. Geohash: N, NE, E, SE, S, SW, W, NW; a row beyond a pole
    /// does not exist, and columns wrap at the antimeridian. H3: six, around a pentagon five.
    pub fn neighbours(self) -> Ring {
        match self.kind() {
            Kind::Geo(cell) => cell.neighbours(),
            Kind::Hex(cell) => cell.neighbours(),
        }
    }

    /// This cell, then its neighbours.
    pub fn block(self) -> Block {
        let mut block = Block::EMPTY;
        block.push(self);
        for neighbour in self.neighbours() {
            block.push(neighbour);
        }
        block
    }

    /// What the block guarantees: whoever is nearer than this to a point of the cell is in a
    /// cell of its block. Never too much. In the rows that touch a pole it is 0, since all
    /// columns meet there.
    pub fn reach_m(self) -> f64 {
        match self.kind() {
            Kind::Geo(cell) => cell.reach_m(),
            Kind::Hex(cell) => cell.reach_m(),
        }
    }

    /// How many rings of neighbours away the other cell is: 0 for itself, 1 for a neighbour.
    /// `u32::MAX` between different grids, and where H3 cannot tell (far apart, or with a
    /// pentagon between).
    pub fn rings_to(self, other: Self) -> u32 {
        match (self.kind(), other.kind()) {
            (Kind::Geo(cell), Kind::Geo(other)) => cell.rings_to(other),
            (Kind::Hex(cell), Kind::Hex(other)) => cell.rings_to(other),
            _ => None,
        }
        .unwrap_or(u32::MAX)
    }
}

impl From<GeoCell> for Cell {
    fn from(cell: GeoCell) -> Self {
        Self(NonZeroU64::new(cell.to_u64()).expect("a geohash starts with a one"))
    }
}

impl From<HexCell> for Cell {
    fn from(cell: HexCell) -> Self {
        Self(NonZeroU64::new(cell.to_u64()).expect("an H3 index has its mode set"))
    }
}
