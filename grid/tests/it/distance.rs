use geographiclib_rs::{Geodesic, InverseGeodesic};
use nearcast_grid::{Position, Vantage, distance_m};

use crate::dice::{Dice, place, walk};

const PAIRS: u32 = 20_000;
const MILLIMETRE: f64 = 1e-3;

fn truth_m(a: Position, b: Position) -> f64 {
    Geodesic::wgs84().inverse(a.lat(), a.lon(), b.lat(), b.lon())
}

/// Pairs of all regions this far apart, with their true distance.
fn pairs(
    seed: u64,
    nearest_m: f64,
    farthest_m: f64,
) -> impl Iterator<Item = (Position, Position, f64)> {
    let mut dice = Dice::new(seed);
    (0..PAIRS).map(move |_| {
        let a = dice.place();
        let b = walk(
            a,
            dice.between(0.0, 360.0),
            dice.between(nearest_m, farthest_m),
        );
        (a, b, truth_m(a, b))
    })
}

#[test]
fn up_to_50_km_a_vantage_is_within_a_tenth_of_a_millimetre_anywhere() {
    for (a, b, truth) in pairs(1, 100.0, 50_000.0) {
        let found = Vantage::new(a).distance_m(b);
        assert!(
            (found - truth).abs() < 1e-4,
            "{a:?} {b:?}: {found}, not {truth}"
        );
    }
}

#[test]
fn around_8_km_it_is_right_by_far_more_than_the_goal() {
    for (a, b, truth) in pairs(2, 7_900.0, 8_200.0) {
        let found = Vantage::new(a).distance_sq(b).sqrt();
        assert!(
            (found / truth - 1.0).abs() < 5e-5 / 1e4,
            "{a:?} {b:?}: {found}, not {truth}"
        );
    }
}

#[test]
fn around_8_km_both_ends_agree_on_the_distance() {
    for (a, b, _) in pairs(3, 7_900.0, 8_200.0) {
        let (there, back) = (Vantage::new(a).distance_m(b), Vantage::new(b).distance_m(a));
        assert!(
            (there - back).abs() < 1e-6,
            "{a:?} {b:?}: {there}, back {back}"
        );
    }
}

#[test]
fn up_to_120_km_and_over_the_seams_behind_it_every_answer_agrees() {
    for (a, b, truth) in pairs(4, 50_000.0, 130_000.0) {
        let vantage = Vantage::new(a);
        assert!((distance_m(a, b) - truth).abs() < MILLIMETRE, "{a:?} {b:?}");
        assert!(
            (vantage.distance_m(b) - truth).abs() < MILLIMETRE,
            "{a:?} {b:?}"
        );
        assert!(
            (vantage.distance_sq(b).sqrt() - truth).abs() < 2.0 * MILLIMETRE,
            "{a:?} {b:?}"
        );
    }
}

#[test]
fn who_is_far_away_is_never_taken_for_near() {
    let mut dice = Dice::new(5);
    for _ in 0..PAIRS {
        let (a, b) = (dice.place(), dice.place());
        let (truth, found) = (truth_m(a, b), Vantage::new(a).distance_sq(b).sqrt());
        let most_off = if truth < 1e6 { 1.0 } else { 0.05 * truth };
        assert!(
            (found - truth).abs() < most_off,
            "{a:?} {b:?}: {found}, not {truth}"
        );
    }
}

#[test]
fn over_the_whole_globe_the_distance_is_right_to_a_millimetre() {
    let mut dice = Dice::new(6);
    for _ in 0..PAIRS {
        let (a, b) = (dice.place(), dice.place());
        assert!(
            (distance_m(a, b) - truth_m(a, b)).abs() < MILLIMETRE,
            "{a:?} {b:?}"
        );
    }
}

#[test]
fn antipodes_are_right_to_a_millimetre() {
    let mut dice = Dice::new(7);
    for _ in 0..1_000 {
        let a = dice.place();
        let spread = dice.between(0.0, 1.0).powi(4);
        let lat = (spread - a.lat()).clamp(-90.0, 90.0);
        let b = place(lat, a.lon() + 180.0 + dice.between(-1.0, 1.0) * spread);
        assert!(
            (distance_m(a, b) - truth_m(a, b)).abs() < MILLIMETRE,
            "{a:?} {b:?}"
        );
    }
}

#[test]
fn the_distances_everybody_can_look_up() {
    let km = |a: (f64, f64), b: (f64, f64)| {
        (distance_m(place(a.0, a.1), place(b.0, b.1)) / 100.0).round() / 10.0
    };
    assert_eq!(km((0.0, 0.0), (0.0, 1.0)), 111.3);
    assert_eq!(km((0.0, 0.0), (1.0, 0.0)), 110.6);
    assert_eq!(km((89.0, 0.0), (90.0, 0.0)), 111.7);
    assert_eq!(km((90.0, 0.0), (-90.0, 0.0)), 20_003.9);
    assert_eq!(km((0.0, 0.0), (0.0, 180.0)), 20_003.9);
    assert_eq!(km((0.0, 0.0), (0.0, 179.0)), 19_926.2);
    assert_eq!(km((89.9, 0.0), (89.9, 180.0)), 22.3);
    assert_eq!(km((0.0, 179.9), (0.0, -179.9)), 22.3);
}

#[test]
fn a_distance_is_symmetric_to_the_last_bit_and_zero_for_one_place() {
    let mut dice = Dice::new(8);
    for _ in 0..PAIRS {
        let a = dice.place();
        let b = if dice.below(2) == 0 {
            dice.place()
        } else {
            walk(a, 77.0, dice.between(0.0, 2e5))
        };
        assert_eq!(distance_m(a, b).to_bits(), distance_m(b, a).to_bits());
        assert_eq!(
            (distance_m(a, a), Vantage::new(a).distance_sq(a)),
            (0.0, 0.0)
        );
    }
}

#[test]
fn a_pole_is_one_place_whatever_its_longitude() {
    for lon in [-180.0, -90.0, 0.0, 3.0, 120.0] {
        assert!(distance_m(place(90.0, 0.0), place(90.0, lon)) < 1e-8);
        assert!(distance_m(place(-90.0, 7.0), place(-90.0, lon)) < 1e-8);
    }
}
