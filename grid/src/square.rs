//! A square that lies wholly within a circle: a first answer to "is this within the radius" for
//! the price of two comparisons. Two thirds of what is in the circle is in the square.

use crate::{Position, Vantage};

/// Most metres in a degree, of latitude anywhere and of longitude on the equator.
const LAT_DEGREE_M: f64 = 111_700.0;
const LON_DEGREE_M: f64 = 111_330.0;
/// Beyond this the square is empty: meridians draw together too fast.
const LAT_MOST_E7: i32 = 800_000_000;

/// Holds only positions within a radius of its middle, though not all of them.
#[derive(Clone, Copy, Debug)]
pub struct Square {
    south: i32,
    west: i32,
    /// Extents; a position is compared with one subtraction and no second bound.
    height: u32,
    width: u32,
}

impl Square {
    #[must_use]
    #[inline]
    pub fn within(middle: &Vantage, radius_m: f64) -> Self {
        let middle = middle.position();
        let (lat, lon) = (middle.lat_e7(), middle.lon_e7());
        if lat.abs() > LAT_MOST_E7 || !(0.0..=100_000.0).contains(&radius_m) {
            return Self {
                south: i32::MAX,
                west: i32::MAX,
                height: 0,
                width: 0,
            };
        }
        let half_m = radius_m * (std::f64::consts::FRAC_1_SQRT_2 - 0.002);
        let half_lat = half_m / LAT_DEGREE_M;
        // On the side towards the equator, where a degree of longitude is longest.
        let widest = (middle.lat().abs() - half_lat).max(0.0).to_radians().cos();
        let half_lon = half_m / (LON_DEGREE_M * widest);
        let (half_lat, half_lon) = ((half_lat * 1e7) as i32, (half_lon * 1e7) as i32);
        Self {
            south: lat - half_lat,
            west: lon.saturating_sub(half_lon),
            height: 2 * half_lat as u32,
            width: 2 * half_lon as u32,
        }
    }

    /// Whether a position is surely within the radius. Across the antimeridian it is not sure.
    #[must_use]
    #[inline]
    pub fn holds(&self, position: Position) -> bool {
        let north = position.lat_e7().wrapping_sub(self.south) as u32;
        let east = position.lon_e7().wrapping_sub(self.west) as u32;
        north <= self.height && east <= self.width
    }
}
