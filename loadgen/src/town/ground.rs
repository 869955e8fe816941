//! Metres around the middle of a district, and where that is on the globe.

use nearcast_grid::Position;

/// Districts lie in rings around the globe, so many on each, every 6° of longitude.
const ON_A_RING: u32 = 60;
/// And so many rings, every 3° of latitude between 60° south and north: nowhere less than 330 km
/// apart, and nobody sees further than 55 km or goes further than 50.
const RINGS: u32 = 40;
const BAND: f64 = 60.0;
pub(crate) const MOST_DISTRICTS: u32 = ON_A_RING * RINGS;

const METRES_PER_DEGREE: f64 = 111_195.0;

/// Metres east and north of the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub(super) east: f64,
    pub(super) north: f64,
}

impl Point {
    pub(super) fn polar(away_m: f64, turn: f64) -> Self {
        let (east, north) = (turn * std::f64::consts::TAU).sin_cos();
        Self {
            east: east * away_m,
            north: north * away_m,
        }
    }

    pub(super) fn away_m(self) -> f64 {
        self.east.hypot(self.north)
    }

    /// On the same line from the middle, no further than this.
    pub(super) fn within(self, most_m: f64) -> Self {
        let part = (most_m / self.away_m()).min(1.0);
        match part < 1.0 {
            true => Self {
                east: self.east * part,
                north: self.north * part,
            },
            false => self,
        }
    }
}

/// The plane that a district lies on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground {
    lat: f64,
    lon: f64,
    degrees_per_m_north: f64,
    degrees_per_m_east: f64,
}

impl Ground {
    /// `lat` and `lon` are the first district's, which may lie nearer to a pole than the rings.
    pub(super) fn of_district(lat: f64, lon: f64, district: u32) -> Self {
        let (ring, place) = (district / ON_A_RING, district % ON_A_RING);
        let lat = match district {
            0 => lat,
            _ => (lat + 3.0 * f64::from(ring) + BAND).rem_euclid(2.0 * BAND) - BAND,
        };
        Self {
            lat,
            lon: around(lon + 6.0 * f64::from(place)),
            degrees_per_m_north: 1.0 / METRES_PER_DEGREE,
            degrees_per_m_east: 1.0 / (METRES_PER_DEGREE * lat.to_radians().cos()),
        }
    }

    pub(super) fn position(&self, point: Point) -> Position {
        let lat = self.lat + point.north * self.degrees_per_m_north;
        let lon = around(self.lon + point.east * self.degrees_per_m_east);
        Position::new(lat, lon).expect("a district is small and far from the poles")
    }
}

/// The same longitude, -180 up to but not 180.
fn around(lon: f64) -> f64 {
    (lon + 180.0).rem_euclid(360.0) - 180.0
}

#[cfg(test)]
mod tests {
    use nearcast_grid::{Vantage, distance_m};

    use super::*;

    #[test]
    fn metres_on_the_plane_are_metres_on_the_globe() {
        for (lat, lon) in [
            (0.0, 0.0),
            (37.5665, 126.978),
            (-60.0, 180.0),
            (80.0, -179.99),
        ] {
            let ground = Ground::of_district(lat, lon, 0);
            let middle = ground.position(Point::default());
            for turn in [0.0, 0.3, 0.8] {
                let found = distance_m(middle, ground.position(Point::polar(2500.0, turn)));
                assert!((found / 2500.0 - 1.0).abs() < 0.01, "{lat} {lon}: {found}");
            }
        }
    }

    #[test]
    fn no_two_districts_can_see_each_other() {
        for (lat, lon) in [(37.5665, 126.978), (61.0, 179.0), (-80.0, 0.0)] {
            let middles: Vec<Position> = (0..MOST_DISTRICTS)
                .map(|district| Ground::of_district(lat, lon, district).position(Point::default()))
                .collect();
            for (number, one) in middles.iter().enumerate().step_by(7) {
                let one = Vantage::new(*one);
                for (other, place) in middles.iter().enumerate() {
                    let is_far = one.distance_sq(*place) > 300_000.0 * 300_000.0;
                    assert!(number == other || is_far, "{number} and {other}");
                }
            }
        }
    }
}
