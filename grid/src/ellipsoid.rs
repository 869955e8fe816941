//! The shape of the Earth: WGS84.

/// Equatorial radius, metres.
pub(crate) const EQUATOR_M: f64 = 6_378_137.0;
pub(crate) const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// First eccentricity, squared.
pub(crate) const ECCENTRICITY_SQ: f64 = FLATTENING * (2.0 - FLATTENING);

pub(crate) const RADIANS_PER_E7: f64 = 1e-7 * std::f64::consts::PI / 180.0;

/// What one latitude says about the surface there.
#[derive(Clone, Copy)]
pub(crate) struct Latitude {
    pub sin: f64,
    pub cos: f64,
    /// 1 - e² sin²φ, which every radius is made from.
    pub w_sq: f64,
    pub inverse_w_sq: f64,
    /// Radius of curvature along the meridian (M).
    pub meridian_m: f64,
    /// Radius of curvature across it (N).
    pub transverse_m: f64,
}

impl Latitude {
    pub(crate) fn new(radians: f64) -> Self {
        let (sin, cos) = radians.sin_cos();
        let w_sq = 1.0 - ECCENTRICITY_SQ * sin * sin;
        // One division and one root: this is done for each move and each frame.
        let inverse_w_sq = 1.0 / w_sq;
        let transverse_m = EQUATOR_M * inverse_w_sq.sqrt();
        let meridian_m = transverse_m * (1.0 - ECCENTRICITY_SQ) * inverse_w_sq;
        Self {
            sin,
            cos,
            w_sq,
            inverse_w_sq,
            meridian_m,
            transverse_m,
        }
    }

    pub(crate) fn from_e7(lat_e7: i32) -> Self {
        Self::new(f64::from(lat_e7) * RADIANS_PER_E7)
    }

    /// Distance from the axis of the Earth.
    pub(crate) fn axis_m(&self) -> f64 {
        self.transverse_m * self.cos
    }

    /// Height over the plane of the equator.
    pub(crate) fn height_m(&self) -> f64 {
        self.transverse_m * (1.0 - ECCENTRICITY_SQ) * self.sin
    }
}
