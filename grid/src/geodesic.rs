//! The length of the WGS84 geodesic between any two positions.
//!
//! Vincenty's iteration, which is good to a tenth of a millimetre but does not converge
//! between near antipodes. There the way is cut in two: whoever goes around the globe crosses
//! the circle halfway, so the distance is the least sum of both halves over that circle.
//! This takes microseconds and belongs on no hot path.

use std::f64::consts::{FRAC_PI_2, PI};

use crate::Position;
use crate::distance::shorter_way_round;
use crate::ellipsoid::{EQUATOR_M, FLATTENING, RADIANS_PER_E7};

const MOST_ITERATIONS: u32 = 50;
const CONVERGED: f64 = 1e-12;

/// Directions tried before the best one is narrowed down; near antipodes have two local
/// minima, each about half a turn wide.
const HEADINGS: u32 = 16;
/// Halvings or better of one direction's width: enough for a micrometre.
const NARROWINGS: u32 = 40;

pub(crate) fn geodesic_m(a: Position, b: Position) -> f64 {
    let (a, b) = if a.pack() <= b.pack() { (a, b) } else { (b, a) };
    let east = f64::from(shorter_way_round(a.lon_e7(), b.lon_e7())) * RADIANS_PER_E7;
    let (from, to) = (Reduced::of(a), Reduced::of(b));
    vincenty_m(from, to, east).unwrap_or_else(|| least_detour_m(from, to, east))
}

/// A latitude on the auxiliary sphere.
#[derive(Clone, Copy)]
struct Reduced {
    sin: f64,
    cos: f64,
}

impl Reduced {
    fn of(position: Position) -> Self {
        let (sin, cos) = (f64::from(position.lat_e7()) * RADIANS_PER_E7).sin_cos();
        let (sin, cos) = (sin * (1.0 - FLATTENING), cos);
        let length = sin.hypot(cos);
        Self {
            sin: sin / length,
            cos: cos / length,
        }
    }
}

/// None where the iteration does not converge.
fn vincenty_m(from: Reduced, to: Reduced, east: f64) -> Option<f64> {
    let mut lambda = east;
    for _ in 0..MOST_ITERATIONS {
        let (sin_lambda, cos_lambda) = lambda.sin_cos();
        let sin_sigma =
            (to.cos * sin_lambda).hypot(from.cos * to.sin - from.sin * to.cos * cos_lambda);
        if sin_sigma == 0.0 {
            return (east.abs() < FRAC_PI_2).then_some(0.0);
        }
        let cos_sigma = from.sin * to.sin + from.cos * to.cos * cos_lambda;
        let sigma = sin_sigma.atan2(cos_sigma);
        let sin_alpha = from.cos * to.cos * sin_lambda / sin_sigma;
        let cos_sq_alpha = 1.0 - sin_alpha * sin_alpha;
        // Along the equator the middle of the arc has no latitude.
        let cos_middle = if cos_sq_alpha > 1e-15 {
            cos_sigma - 2.0 * from.sin * to.sin / cos_sq_alpha
        } else {
            0.0
        };
        let c = FLATTENING / 16.0 * cos_sq_alpha * (4.0 + FLATTENING * (4.0 - 3.0 * cos_sq_alpha));
        let wave = cos_middle + c * cos_sigma * (2.0 * cos_middle * cos_middle - 1.0);
        let next = east + (1.0 - c) * FLATTENING * sin_alpha * (sigma + c * sin_sigma * wave);
        if next.abs() > PI {
            return None;
        }
        if (next - lambda).abs() < CONVERGED {
            return Some(arc_m(cos_sq_alpha, sigma, sin_sigma, cos_sigma, cos_middle));
        }
        lambda = next;
    }
    None
}

/// Length of an arc of the auxiliary sphere on the ellipsoid.
fn arc_m(cos_sq_alpha: f64, sigma: f64, sin_sigma: f64, cos_sigma: f64, cos_middle: f64) -> f64 {
    let polar_m = EQUATOR_M * (1.0 - FLATTENING);
    let u_sq = cos_sq_alpha * (EQUATOR_M * EQUATOR_M - polar_m * polar_m) / (polar_m * polar_m);
    let a = 1.0 + u_sq / 16_384.0 * (4096.0 + u_sq * (-768.0 + u_sq * (320.0 - 175.0 * u_sq)));
    let b = u_sq / 1024.0 * (256.0 + u_sq * (-128.0 + u_sq * (74.0 - 47.0 * u_sq)));
    let middle_sq = cos_middle * cos_middle;
    let third = cos_middle * (4.0 * sin_sigma * sin_sigma - 3.0) * (4.0 * middle_sq - 3.0);
    let second = cos_sigma * (2.0 * middle_sq - 1.0) - b / 6.0 * third;
    let correction = b * sin_sigma * (cos_middle + b / 4.0 * second);
    polar_m * a * (sigma - correction)
}

/// The shortest way over the circle a quarter turn from `from`.
fn least_detour_m(from: Reduced, to: Reduced, east: f64) -> f64 {
    let over = |heading: f64| {
        let (sin, cos) = heading.sin_cos();
        let half = Reduced {
            sin: from.cos * cos,
            cos: (from.cos * cos).mul_add(-from.cos * cos, 1.0).sqrt(),
        };
        let half_east = sin.atan2(-from.sin * cos);
        let rest_east = (east - half_east + 3.0 * PI).rem_euclid(2.0 * PI) - PI;
        let first = vincenty_m(from, half, half_east);
        first
            .zip(vincenty_m(half, to, rest_east))
            .map_or(f64::INFINITY, |(a, b)| a + b)
    };
    let width = 2.0 * PI / f64::from(HEADINGS);
    let mut best = (f64::INFINITY, 0.0);
    for step in 0..HEADINGS {
        let heading = f64::from(step) * width;
        let length = over(heading);
        if length < best.0 {
            best = (length, heading);
        }
    }
    let (mut low, mut high) = (best.1 - width, best.1 + width);
    for _ in 0..NARROWINGS {
        let third = (high - low) / 3.0;
        if over(low + third) < over(high - third) {
            high -= third;
        } else {
            low += third;
        }
    }
    over((low + high) / 2.0).min(best.0)
}
