//! Metres around a centre, and where that is on the globe.

use std::fmt;

use nearcast_grid::{InvalidPosition, Position};

/// Beyond, a town of metres east and west would lie on more meridians than a town has.
const MOST_LATITUDE: f64 = 85.0;
/// WGS84.
const EQUATOR_M: f64 = 6_378_137.0;
const ECCENTRICITY_SQ: f64 = 0.006_694_379_990_141_317;

/// Metres east and north of the centre.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Point {
    pub(super) east: f64,
    pub(super) north: f64,
}

impl Point {
    pub(super) fn metres_to(self, other: Self) -> f64 {
        (other.east - self.east).hypot(other.north - self.north)
    }

    /// A part of the way to the other: 0 here, 1 there.
    pub(super) fn towards(self, other: Self, part: f64) -> Self {
        Self {
            east: self.east + (other.east - self.east) * part,
            north: self.north + (other.north - self.north) * part,
        }
    }

    /// The compass direction to the other, 0 up to but not 360.
    pub(super) fn heading_to(self, other: Self) -> f32 {
        let degrees = (other.east - self.east)
            .atan2(other.north - self.north)
            .to_degrees();
        let heading = degrees.rem_euclid(360.0) as f32;
        if heading < 360.0 { heading } else { 0.0 }
    }
}

/// The plane that a town lies on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ground {
    centre: Position,
    degrees_per_m_north: f64,
    degrees_per_m_east: f64,
}

impl Ground {
    /// # Errors
    /// When this is no position, or too near a pole.
    pub fn new(lat: f64, lon: f64) -> Result<Self, BadGround> {
        let centre = Position::new(lat, lon).map_err(BadGround::Position)?;
        if lat.abs() > MOST_LATITUDE {
            return Err(BadGround::Polar(lat));
        }
        let (sin, cos) = lat.to_radians().sin_cos();
        let w_sq = 1.0 - ECCENTRICITY_SQ * sin * sin;
        let across = EQUATOR_M / w_sq.sqrt();
        let along = across * (1.0 - ECCENTRICITY_SQ) / w_sq;
        Ok(Self {
            centre,
            degrees_per_m_north: (1.0 / along).to_degrees(),
            degrees_per_m_east: (1.0 / (across * cos)).to_degrees(),
        })
    }

    #[must_use]
    pub fn centre(&self) -> Position {
        self.centre
    }

    pub(super) fn position(&self, point: Point) -> Position {
        let lat = self.centre.lat() + point.north * self.degrees_per_m_north;
        let lon = self.centre.lon() + point.east * self.degrees_per_m_east;
        // The other side of the antimeridian.
        let lon = (lon + 180.0).rem_euclid(360.0) - 180.0;
        Position::new(lat, lon).expect("a town is small and far from the poles")
    }
}

/// Why there can be no town here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BadGround {
    Position(InvalidPosition),
    Polar(f64),
}

impl fmt::Display for BadGround {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(invalid) => invalid.fmt(f),
            Self::Polar(lat) => write!(
                f,
                "latitude {lat} is too near a pole for a town; it may be -{MOST_LATITUDE} to {MOST_LATITUDE}"
            ),
        }
    }
}

impl std::error::Error for BadGround {}

#[cfg(test)]
mod tests {
    use nearcast_grid::distance_m;

    use super::*;

    #[test]
    fn metres_on_the_plane_are_metres_on_the_globe() {
        for (lat, lon) in [
            (0.0, 0.0),
            (37.5665, 126.978),
            (-60.0, 180.0),
            (85.0, -179.99),
        ] {
            let ground = Ground::new(lat, lon).unwrap();
            for (east, north) in [(2500.0, 0.0), (0.0, -2500.0), (-2000.0, 1500.0)] {
                let place = ground.position(Point { east, north });
                let found = distance_m(ground.centre(), place);
                let error = (found / 2500.0 - 1.0).abs();
                assert!(error < 0.01, "{lat} {lon}: {found}");
            }
        }
    }

    #[test]
    fn a_pole_is_refused_with_a_sentence() {
        let refused = Ground::new(-85.1, 0.0).unwrap_err();
        assert!(refused.to_string().contains("too near a pole"));
        assert!(Ground::new(f64::NAN, 0.0).is_err());
        assert!(Ground::new(0.0, 181.0).is_err());
    }
}
