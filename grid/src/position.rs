//! A place on the globe, known to be one.
//!
//! Whoever holds a [`Position`] need not ask again whether it is finite or in range. It is
//! kept as two integers of 1e-7 degree (1.1 cm), so equality, hashing and borders are exact.

use std::error::Error;
use std::fmt;

const UNITS_PER_DEGREE: f64 = 1e7;
const POLE_E7: i32 = 900_000_000;
const ANTIMERIDIAN_E7: i32 = 1_800_000_000;

/// Latitude and longitude in units of 1e-7 degree.
///
/// The antimeridian is one line and has one name: longitude 180 is stored as -180.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Position {
    lat_e7: i32,
    lon_e7: i32,
}

impl Position {
    /// From degrees, rounded to the nearest 1e-7; -0.0 becomes 0.
    pub fn new(lat: f64, lon: f64) -> Result<Self, InvalidPosition> {
        if !lat.is_finite() {
            return Err(InvalidPosition::LatitudeNotFinite(lat));
        }
        if !lon.is_finite() {
            return Err(InvalidPosition::LongitudeNotFinite(lon));
        }
        if lat.abs() > 90.0 {
            return Err(InvalidPosition::LatitudeOutOfRange(lat));
        }
        if lon.abs() > 180.0 {
            return Err(InvalidPosition::LongitudeOutOfRange(lon));
        }
        Ok(Self::on_one_antimeridian(
            (lat * UNITS_PER_DEGREE).round() as i32,
            (lon * UNITS_PER_DEGREE).round() as i32,
        ))
    }

    pub fn from_e7(lat_e7: i32, lon_e7: i32) -> Result<Self, InvalidPosition> {
        if !(-POLE_E7..=POLE_E7).contains(&lat_e7) {
            return Err(InvalidPosition::LatitudeOutOfRange(degrees(lat_e7)));
        }
        if !(-ANTIMERIDIAN_E7..=ANTIMERIDIAN_E7).contains(&lon_e7) {
            return Err(InvalidPosition::LongitudeOutOfRange(degrees(lon_e7)));
        }
        Ok(Self::on_one_antimeridian(lat_e7, lon_e7))
    }

    fn on_one_antimeridian(lat_e7: i32, lon_e7: i32) -> Self {
        let lon_e7 = if lon_e7 == ANTIMERIDIAN_E7 {
            -ANTIMERIDIAN_E7
        } else {
            lon_e7
        };
        Self { lat_e7, lon_e7 }
    }

    pub const fn lat_e7(self) -> i32 {
        self.lat_e7
    }

    pub const fn lon_e7(self) -> i32 {
        self.lon_e7
    }

    /// Degrees; the `f64` nearest to the seven decimals, so that it prints as them.
    pub fn lat(self) -> f64 {
        degrees(self.lat_e7)
    }

    pub fn lon(self) -> f64 {
        degrees(self.lon_e7)
    }

    /// Both in one word, so that a reader of an atomic never sees half a move.
    pub const fn pack(self) -> u64 {
        (self.lat_e7 as u32 as u64) << 32 | self.lon_e7 as u32 as u64
    }

    /// The position that [`pack`](Self::pack) gave this word; other words are not positions.
    pub const fn unpack(packed: u64) -> Self {
        Self {
            lat_e7: (packed >> 32) as i32,
            lon_e7: packed as i32,
        }
    }
}

fn degrees(e7: i32) -> f64 {
    f64::from(e7) / UNITS_PER_DEGREE
}

/// Why two numbers are not a position, with the number at fault.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum InvalidPosition {
    LatitudeNotFinite(f64),
    LongitudeNotFinite(f64),
    LatitudeOutOfRange(f64),
    LongitudeOutOfRange(f64),
}

impl fmt::Display for InvalidPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LatitudeNotFinite(lat) => write!(f, "latitude {lat} is not a finite number"),
            Self::LongitudeNotFinite(lon) => write!(f, "longitude {lon} is not a finite number"),
            Self::LatitudeOutOfRange(lat) => write!(f, "latitude {lat} is not within -90 to 90"),
            Self::LongitudeOutOfRange(lon) => {
                write!(f, "longitude {lon} is not within -180 to 180")
            }
        }
    }
}

impl Error for InvalidPosition {}
