//! A grid of streets: who lives where, and where errands lead.

use super::dice::Dice;
use super::ground::Point;
use super::walk::Pace;
use crate::scenario::{Kind, Place};

/// How far people go on foot.
const ERRAND_M: f64 = 900.0;

/// A crossing of two streets, counted from the middle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Crossing {
    pub(super) east: i16,
    pub(super) north: i16,
}

impl Crossing {
    pub(super) fn blocks_to(self, other: Self) -> u32 {
        u32::from(self.east.abs_diff(other.east)) + u32::from(self.north.abs_diff(other.north))
    }

    pub(super) fn away_sq(self) -> i32 {
        i32::from(self.east).pow(2) + i32::from(self.north).pow(2)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Streets {
    kind: Kind,
    radius_m: f64,
    pub(super) block_m: f64,
}

impl Streets {
    pub(super) fn new(place: &Place) -> Self {
        Self {
            kind: place.kind,
            radius_m: place.radius_m,
            block_m: place.block_m,
        }
    }

    pub(super) fn home(&self, dice: &mut Dice) -> Crossing {
        let away = match self.kind {
            // An even spread would have the square root.
            Kind::City => dice.unit().powf(0.7),
            Kind::Stadium => dice.between(0.3, 1.0).sqrt(),
        };
        self.crossing(Point::polar(away * self.radius_m, dice.unit()))
    }

    /// Where somebody goes next: around home on foot, anywhere otherwise.
    pub(super) fn errand(&self, pace: Pace, home: Crossing, dice: &mut Dice) -> Crossing {
        if pace != Pace::Walk {
            return self.home(dice);
        }
        let around = self.point(home);
        let reach_m = ERRAND_M.min(self.radius_m / 2.0) * dice.unit().sqrt();
        let step = Point::polar(reach_m, dice.unit());
        let there = Point {
            east: around.east + step.east,
            north: around.north + step.north,
        };
        self.crossing(there.within(self.radius_m))
    }

    pub(super) fn point(&self, crossing: Crossing) -> Point {
        Point {
            east: f64::from(crossing.east) * self.block_m,
            north: f64::from(crossing.north) * self.block_m,
        }
    }

    fn crossing(&self, point: Point) -> Crossing {
        Crossing {
            east: (point.east / self.block_m).round() as i16,
            north: (point.north / self.block_m).round() as i16,
        }
    }
}
