use nearcast_grid::{Disc, Patch, Vantage, distance_m};

use crate::dice::{Dice, place, walk};

#[test]
fn what_a_disc_holds_is_within_the_radius_anywhere() {
    let mut dice = Dice::new(11);
    let mut held = 0;
    for _ in 0..200_000 {
        let middle = dice.place();
        let radius = dice.between(100.0, 50_000.0);
        let disc = Disc::within(&Vantage::new(middle), radius);
        let far = [
            radius * dice.between(0.9, 1.1),
            dice.between(0.0, Disc::AROUND_M),
        ];
        let other = walk(
            middle,
            dice.between(0.0, 360.0),
            far[dice.below(2) as usize],
        );
        if disc.holds(Patch::of(other)) {
            held += 1;
            let distance = distance_m(middle, other);
            assert!(
                distance <= radius,
                "{middle:?} {other:?}: {distance} of {radius}"
            );
        }
    }
    assert!(
        held > 10_000,
        "only {held} were held: the test shows little"
    );
}

#[test]
fn a_disc_holds_what_is_two_patches_inside_the_circle_where_it_promises_to() {
    let mut dice = Dice::new(12);
    for _ in 0..20_000 {
        let middle = place(dice.between(-69.0, 69.0), dice.between(-178.0, 178.0));
        let radius = dice.between(1_000.0, 50_000.0);
        let disc = Disc::within(&Vantage::new(middle), radius);
        let near = (radius * 0.96 - 530.0) * dice.between(0.0, 1.0);
        let other = walk(middle, dice.between(0.0, 360.0), near);
        assert!(
            disc.holds(Patch::of(other)),
            "{middle:?} {other:?} of {radius}"
        );
    }
}

#[test]
fn patches_that_come_again_across_the_antimeridian_are_too_far() {
    let mut dice = Dice::new(14);
    for _ in 0..200_000 {
        let middle = place(dice.between(68.0, 70.0), dice.between(176.0, 184.0));
        let radius = dice.between(45_000.0, 51_000.0);
        let disc = Disc::within(&Vantage::new(middle), radius);
        let far = dice.between(radius + 1.0, Disc::AROUND_M);
        let other = walk(middle, dice.between(0.0, 360.0), far);
        assert!(
            !disc.holds(Patch::of(other)),
            "{middle:?} {other:?}: {far} of {radius}"
        );
    }
}

#[test]
fn a_disc_of_no_radius_holds_nobody() {
    let here = place(37.5665, 126.978);
    for radius in [-1.0, 0.0, 100.0, f64::NAN, 1e9] {
        assert!(!Disc::within(&Vantage::new(here), radius).holds(Patch::of(here)));
    }
}

#[test]
fn a_patch_is_what_is_kept_of_it() {
    let mut dice = Dice::new(13);
    for _ in 0..1_000 {
        let patch = Patch::of(dice.place());
        assert!(patch.to_bits() < 1 << Patch::BITS);
        assert_eq!(Patch::from_bits(patch.to_bits()), patch);
    }
}
