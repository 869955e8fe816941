//! Distances and walks of the model's own. Nothing here is shared with the broker.

use nearcast_grid::Position;

const A_M: f64 = 6_378_137.0;
const E2: f64 = 6.694_379_990_141_316e-3;
/// Where a sphere is good enough: the bend of a chord.
const SPHERE_M: f64 = 6_371_000.0;

/// Metres between two positions: the chord through the ellipsoid, bent like the sphere. To 3 mm
/// within 60 km.
pub(crate) fn metres(one: Position, other: Position) -> f64 {
    let (a, b) = (on_the_ellipsoid(one), on_the_ellipsoid(other));
    let square = |axis: usize| (a[axis] - b[axis]) * (a[axis] - b[axis]);
    let chord = (square(0) + square(1) + square(2)).sqrt();
    2.0 * SPHERE_M * (chord / (2.0 * SPHERE_M)).min(1.0).asin()
}

fn on_the_ellipsoid(at: Position) -> [f64; 3] {
    let (lat, lon) = (at.lat().to_radians(), at.lon().to_radians());
    let n = A_M / (1.0 - E2 * lat.sin() * lat.sin()).sqrt();
    [
        n * lat.cos() * lon.cos(),
        n * lat.cos() * lon.sin(),
        n * (1.0 - E2) * lat.sin(),
    ]
}

/// About where one arrives, this many metres on.
pub(crate) fn walk(from: Position, heading_deg: f64, metres: f64) -> Position {
    let (lat, lon) = (from.lat().to_radians(), from.lon().to_radians());
    let (arc, heading) = (metres / SPHERE_M, heading_deg.to_radians());
    let north = lat.sin() * arc.cos() + lat.cos() * arc.sin() * heading.cos();
    let east = heading.sin() * arc.sin() * lat.cos();
    let to_lat = north.clamp(-1.0, 1.0).asin();
    let to_lon = lon + east.atan2(arc.cos() - lat.sin() * to_lat.sin());
    place(to_lat.to_degrees(), to_lon.to_degrees())
}

/// Any longitude, turned back onto the globe.
pub(crate) fn place(lat: f64, lon: f64) -> Position {
    let lon = (lon + 540.0).rem_euclid(360.0) - 180.0;
    Position::new(lat.clamp(-90.0, 90.0), lon).expect("both are in range")
}

#[test]
fn the_models_distance_is_the_geodesic_within_sixty_kilometres() {
    use geographiclib_rs::{Geodesic, InverseGeodesic};
    let wgs84 = Geodesic::wgs84();
    let mut dice = crate::dice::Dice::new(7);
    for _ in 0..20_000 {
        let lat = dice.of(&[
            dice_lat(&mut crate::dice::Dice::new(1)),
            0.0,
            89.99,
            -89.9,
            37.5,
            -51.0,
            60.0,
        ]);
        let from = place(lat, dice.between(-180.0, 180.0));
        let to = walk(from, dice.between(0.0, 360.0), dice.between(0.0, 60_000.0));
        let truth: f64 = wgs84.inverse(from.lat(), from.lon(), to.lat(), to.lon());
        let ours = metres(from, to);
        assert!(
            (ours - truth).abs() < 0.003,
            "{from:?} {to:?}: {ours} is not {truth}"
        );
    }
}

#[cfg(test)]
fn dice_lat(dice: &mut crate::dice::Dice) -> f64 {
    dice.between(-90.0, 90.0)
}
