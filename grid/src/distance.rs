//! How far two positions are apart, on the ellipsoid.
//!
//! The sphere decides wrongly at 8 km (up to 0.5 % off). Nearby distances come from a series
//! about one of the two positions and cost nanoseconds; the geodesic proper is asked only for
//! what is surely out of everybody's radius.

use crate::Position;
use crate::ellipsoid::{ECCENTRICITY_SQ, EQUATOR_M, Latitude, RADIANS_PER_E7};
use crate::geodesic::geodesic_m;

/// The series holds this far north or south: 0.6°, about 67 km.
const SERIES_LAT_E7: i32 = 6_000_000;
/// And this far east or west: 6°, 58 km at 85° and more everywhere else.
const SERIES_LON_E7: i32 = 60_000_000;

/// Up to here a chord bent to the local curvature is the geodesic to a millimetre.
const CHORD_M_SQ: f64 = 120_000.0 * 120_000.0;

const HALF_TURN_E7: i64 = 1_800_000_000;
const EQUATOR_SQ: f64 = EQUATOR_M * EQUATOR_M;

/// Metres along the WGS84 geodesic, to a millimetre over the whole globe, antipodes included.
/// Symmetric to the last bit, and 0 for equal positions.
pub fn distance_m(a: Position, b: Position) -> f64 {
    let (from, to) = if a.pack() <= b.pack() { (a, b) } else { (b, a) };
    Vantage::new(from).distance_m(to)
}

/// A position prepared for many distance questions: what depends on it alone is computed once.
///
/// With A the arc between the two parallels and z the chord across the meridians, both as
/// series in the differences of latitude and longitude, the square of the distance is
/// A² + z² + z² (2 A² / M + z² / N) / 12 N: the chord through the ellipsoid, bent to its
/// curvature. No trigonometry is left for the call.
#[derive(Clone, Copy, Debug)]
pub struct Vantage {
    position: Position,
    /// Of its latitude.
    cos: f64,
    /// A / Δφ as a polynomial in Δφ: M and its derivatives here.
    arc: [f64; 3],
    /// Product of the two distances from the axis, as a polynomial in Δφ.
    axes: [f64; 4],
    /// 1 / 6 M N and 1 / 12 N².
    bend: [f64; 2],
}

impl Vantage {
    pub fn new(position: Position) -> Self {
        let here = Latitude::from_e7(position.lat_e7());
        let (sin, cos) = (here.sin, here.cos);
        let m = here.meridian_m;

        // Derivatives of M by latitude, with t = e² sin cos / w² and its own derivative.
        let e2_w = ECCENTRICITY_SQ * here.inverse_w_sq;
        let t = e2_w * sin * cos;
        let t_1 = e2_w * (cos * cos - sin * sin) + 2.0 * t * t;
        let m_1 = 3.0 * m * t;
        let m_2 = 3.0 * (m_1 * t + m * t_1);
        // Derivatives of the distance from the axis p, from p' = -M sin.
        let p = here.axis_m();
        let p_1 = -m * sin;
        let p_2 = -(m_1 * sin + m * cos);
        let p_3 = -(m_2 * sin + 2.0 * m_1 * cos - m * sin);

        let k = RADIANS_PER_E7;
        Self {
            position,
            cos,
            arc: [m * k, m_1 * k * k / 2.0, m_2 * k * k * k / 6.0],
            axes: [
                p * p,
                p * p_1 * k,
                p * p_2 * k * k / 2.0,
                p * p_3 * k * k * k / 6.0,
            ],
            // M N is a² (1 - e²) / w⁴ and N² is a² / w².
            bend: [
                here.w_sq * here.w_sq / (6.0 * EQUATOR_SQ * (1.0 - ECCENTRICITY_SQ)),
                here.w_sq / (12.0 * EQUATOR_SQ),
            ],
        }
    }

    pub fn position(&self) -> Position {
        self.position
    }

    #[inline]
    pub(crate) fn cos(&self) -> f64 {
        self.cos
    }

    /// Square metres. To a millimetre of [`distance_m`] up to 120 km; beyond, where nobody's
    /// radius reaches, an estimate: to a metre up to 1,000 km, to 5 % up to the antipodes.
    #[inline]
    pub fn distance_sq(&self, other: Position) -> f64 {
        let north = other.lat_e7() - self.position.lat_e7();
        let east = shorter_way_round(self.position.lon_e7(), other.lon_e7());
        if north.unsigned_abs() > SERIES_LAT_E7.unsigned_abs()
            || east.unsigned_abs() > SERIES_LON_E7.unsigned_abs()
        {
            return self.bent_chord_sq(other);
        }
        let d = f64::from(north);
        let arc = d * (self.arc[0] + d * (self.arc[1] + d * self.arc[2]));
        let axes = self.axes[0] + d * (self.axes[1] + d * (self.axes[2] + d * self.axes[3]));
        let arc_sq = arc * arc;
        let across_sq = axes * unit_chord_sq(f64::from(east) * RADIANS_PER_E7);
        arc_sq + across_sq * (1.0 + arc_sq * self.bend[0] + across_sq * self.bend[1])
    }

    /// Metres, as true as [`distance_m`] at any distance.
    #[inline]
    pub fn distance_m(&self, other: Position) -> f64 {
        let square = self.distance_sq(other);
        if square > CHORD_M_SQ {
            return geodesic_m(self.position, other);
        }
        square.sqrt()
    }

    /// The same distance from the two ends in space, for what the series cannot reach.
    #[cold]
    #[inline(never)]
    fn bent_chord_sq(&self, other: Position) -> f64 {
        let here = Latitude::from_e7(self.position.lat_e7());
        let there = Latitude::from_e7(other.lat_e7());
        let middle = Latitude::from_e7((self.position.lat_e7() + other.lat_e7()) / 2);
        let east = shorter_way_round(self.position.lon_e7(), other.lon_e7());
        let half_sin = (f64::from(east) * RADIANS_PER_E7 / 2.0).sin();

        let outward = here.axis_m() - there.axis_m();
        let upward = here.height_m() - there.height_m();
        let along_sq = outward * outward + upward * upward;
        let across_sq = here.axis_m() * there.axis_m() * 4.0 * half_sin * half_sin;
        let chord_sq = along_sq + across_sq;
        if chord_sq == 0.0 {
            return 0.0;
        }
        let radius = chord_sq / (along_sq / middle.meridian_m + across_sq / middle.transverse_m);
        let arc = 2.0 * radius * (chord_sq.sqrt() / (2.0 * radius)).min(1.0).asin();
        arc * arc
    }
}

/// East minus west in units of 1e-7 degree, the shorter way round the globe.
#[inline]
pub(crate) fn shorter_way_round(from_lon_e7: i32, to_lon_e7: i32) -> i32 {
    let east = i64::from(to_lon_e7) - i64::from(from_lon_e7);
    let turns = i64::from(east < -HALF_TURN_E7) - i64::from(east > HALF_TURN_E7);
    (east + turns * 2 * HALF_TURN_E7) as i32
}

/// (2 sin(x / 2))² for an angle of a few degrees.
#[inline]
fn unit_chord_sq(x: f64) -> f64 {
    let x_sq = x * x;
    x_sq * (1.0 - x_sq * (1.0 / 12.0 - x_sq * (1.0 / 360.0 - x_sq * (1.0 / 20_160.0))))
}
