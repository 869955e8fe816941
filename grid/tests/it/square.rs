use nearcast_grid::{Square, Vantage, distance_m};

use crate::dice::{Dice, place, walk};

#[test]
fn what_a_square_holds_is_within_the_radius_anywhere() {
    let mut dice = Dice::new(11);
    let mut held = 0;
    for _ in 0..100_000 {
        let middle = dice.place();
        let radius = dice.between(100.0, 50_000.0);
        let square = Square::within(&Vantage::new(middle), radius);
        // Corners lie on diagonals, a little inside the circle.
        let bearing = 45.0 + 90.0 * dice.below(4) as f64 + dice.between(-3.0, 3.0);
        let other = walk(middle, bearing, radius * dice.between(0.9, 1.1));
        if square.holds(other) {
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
fn a_square_holds_the_middle_of_the_circle_where_it_promises_to() {
    let mut dice = Dice::new(12);
    for _ in 0..20_000 {
        let middle = place(dice.between(-79.0, 79.0), dice.between(-178.0, 178.0));
        let radius = dice.between(100.0, 50_000.0);
        let square = Square::within(&Vantage::new(middle), radius);
        let other = walk(middle, dice.between(0.0, 360.0), radius * 0.69);
        assert!(square.holds(other), "{middle:?} {other:?} of {radius}");
    }
}

#[test]
fn a_square_of_no_radius_holds_nobody() {
    let here = place(37.5665, 126.978);
    for radius in [-1.0, f64::NAN, 1e9] {
        assert!(!Square::within(&Vantage::new(here), radius).holds(here));
    }
}
