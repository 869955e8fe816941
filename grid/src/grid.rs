//! The choice between the two grids, and how fine.

use std::error::Error;
use std::fmt;

use crate::geohash::GeoCell;
use crate::hex::HexCell;
use crate::{Cell, Position};

/// A division of the globe into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    Geohash(Precision),
    Hex(Resolution),
}

impl Grid {
    pub fn geohash(precision: u8) -> Result<Self, InvalidGrid> {
        Precision::new(precision).map(Self::Geohash)
    }

    pub fn hex(resolution: u8) -> Result<Self, InvalidGrid> {
        Resolution::new(resolution).map(Self::Hex)
    }

    /// The one cell that a position is in; a border belongs to the cell north-east of it.
    pub fn cell_at(self, position: Position) -> Cell {
        match self {
            Self::Geohash(precision) => GeoCell::from_position(position, precision).into(),
            Self::Hex(resolution) => HexCell::from_position(position, resolution).into(),
        }
    }
}

/// Length of a geohash, 1 to 12: cells of 5,000 km to 2 cm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Precision(u8);

impl Precision {
    pub const MOST: u8 = 12;

    pub const fn new(precision: u8) -> Result<Self, InvalidGrid> {
        match precision {
            1..=Self::MOST => Ok(Self(precision)),
            _ => Err(InvalidGrid::Precision(precision)),
        }
    }

    pub const fn get(self) -> u8 {
        self.0
    }
}

/// Resolution of H3, 0 to 15: hexagons with edges of 1,100 km to half a metre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Resolution(u8);

impl Resolution {
    pub const MOST: u8 = 15;

    pub const fn new(resolution: u8) -> Result<Self, InvalidGrid> {
        match resolution {
            0..=Self::MOST => Ok(Self(resolution)),
            _ => Err(InvalidGrid::Resolution(resolution)),
        }
    }

    pub const fn get(self) -> u8 {
        self.0
    }
}

/// There is no such grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidGrid {
    Precision(u8),
    Resolution(u8),
}

impl fmt::Display for InvalidGrid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Precision(p) => write!(f, "geohash precision {p} is not within 1 to 12"),
            Self::Resolution(r) => write!(f, "H3 resolution {r} is not within 0 to 15"),
        }
    }
}

impl Error for InvalidGrid {}
