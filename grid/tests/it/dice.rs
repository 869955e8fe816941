//! Random places, the same in every run of one seed.

use geographiclib_rs::{DirectGeodesic, Geodesic};
use nearcast_grid::Position;

/// Splitmix64.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * (self.word() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.word() % end
    }

    /// One in four near a pole, one in four near the equator, one in two near the antimeridian.
    pub(crate) fn place(&mut self) -> Position {
        let lat = match self.below(4) {
            0 => {
                (90.0 - self.between(0.0, 1.5).powi(4))
                    * if self.below(2) == 0 { 1.0 } else { -1.0 }
            }
            1 => self.between(-0.5, 0.5),
            _ => self.between(-90.0, 90.0),
        };
        let lon = match self.below(2) {
            0 => 180.0 + self.between(-0.3, 0.3),
            _ => self.between(-180.0, 180.0),
        };
        place(lat, lon)
    }
}

/// Any longitude, turned back onto the globe.
pub(crate) fn place(lat: f64, lon: f64) -> Position {
    Position::new(lat, (lon + 540.0).rem_euclid(360.0) - 180.0).unwrap()
}

/// Where one arrives, this many metres on.
pub(crate) fn walk(from: Position, heading_deg: f64, metres: f64) -> Position {
    let (lat, lon, _) = Geodesic::wgs84().direct(from.lat(), from.lon(), heading_deg, metres);
    place(lat, lon)
}
