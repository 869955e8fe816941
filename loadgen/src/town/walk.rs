//! One person on the streets: she goes, stops, and goes on, from errand to errand.
//!
//! Where she is follows from the time in a few steps, however long ago she was asked before: a
//! go is two straight lines between crossings.

use super::dice::Dice;
use super::ground::Point;
use super::streets::{Crossing, Streets};
use crate::scenario::Movement;

/// From one bus stop to the next, and how long a bus stands there.
const BUS_STOP_EVERY_S: f64 = 60.0;
const BUS_STOP_S: f64 = 15.0;

/// How somebody gets about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    Still,
    Walk,
    Bus,
    Car,
}

impl Pace {
    pub(super) fn of(movement: &Movement, dice: &mut Dice) -> Self {
        let chance = dice.unit();
        let shares = [
            (Self::Walk, movement.walk),
            (Self::Bus, movement.bus),
            (Self::Car, movement.car),
        ];
        let mut up_to = 0.0;
        for (pace, share) in shares {
            up_to += share;
            if chance < up_to {
                return pace;
            }
        }
        // The rest, but for what rounding left.
        match movement.still > 0.0 {
            true => Self::Still,
            false => Self::Walk,
        }
    }

    /// Metres per second where nothing is in the way.
    pub(super) fn mps(self) -> f64 {
        match self {
            Self::Still => 0.0,
            Self::Walk => 1.4,
            Self::Bus => 7.0,
            Self::Car => 11.0,
        }
    }
}

/// What of a person decides how she goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gait {
    pub(super) pace: Pace,
    /// A factor on the speed: some are in a hurry.
    pub(super) haste: f32,
    pub(super) home: Crossing,
}

impl Gait {
    fn mps(self) -> f64 {
        self.pace.mps() * f64::from(self.haste)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Walk {
    from: Crossing,
    to: Crossing,
    errand: Crossing,
    is_east_first: bool,
    sets_out_s: f64,
    /// When she goes on from where she stops.
    goes_on_s: f64,
}

impl Walk {
    pub(super) fn new(gait: Gait, movement: &Movement, dice: &mut Dice) -> Self {
        let goes_on_s = match gait.pace {
            Pace::Still => f64::INFINITY,
            _ => dice.unit() * movement.stop_s,
        };
        Self {
            from: gait.home,
            to: gait.home,
            errand: gait.home,
            is_east_first: true,
            sets_out_s: 0.0,
            goes_on_s,
        }
    }

    /// Times do not go back.
    pub(super) fn at(
        &mut self,
        now_s: f64,
        gait: Gait,
        streets: &Streets,
        movement: &Movement,
        dice: &mut Dice,
    ) -> Point {
        while now_s >= self.goes_on_s {
            self.go_on(gait, streets, movement, dice);
        }
        self.point(now_s, gait, streets)
    }

    fn go_on(&mut self, gait: Gait, streets: &Streets, movement: &Movement, dice: &mut Dice) {
        self.from = self.to;
        self.sets_out_s = self.goes_on_s;
        if self.from == self.errand {
            self.errand = streets.errand(gait.pace, gait.home, dice);
        }
        let goes_s = dice.about(movement.stops_every_s);
        let goes_s = match gait.pace {
            Pace::Bus => goes_s.min(BUS_STOP_EVERY_S),
            _ => goes_s,
        };
        let blocks = (goes_s * gait.mps() / streets.block_m).round().max(1.0) as u16;
        self.head_for(blocks);

        let length_m = f64::from(self.from.blocks_to(self.to)) * streets.block_m;
        let stops_s = match gait.pace {
            Pace::Bus if self.to != self.errand => BUS_STOP_S,
            // At least a moment, or who has nowhere to go would never be done.
            _ if length_m == 0.0 => dice.about(movement.stop_s).max(1.0),
            _ => dice.about(movement.stop_s),
        };
        self.goes_on_s = self.sets_out_s + length_m / gait.mps() + stops_s;
    }

    /// As many blocks towards the errand, around the corner that is nearer to the middle: so
    /// nobody leaves the town.
    fn head_for(&mut self, blocks: u16) {
        let corner = |east: Crossing, north: Crossing| Crossing {
            east: east.east,
            north: north.north,
        };
        let (from, errand) = (self.from, self.errand);
        self.is_east_first = corner(errand, from).away_sq() <= corner(from, errand).away_sq();
        if self.is_east_first {
            let (east, left) = part_of(from.east, errand.east, blocks);
            let (north, _) = part_of(from.north, errand.north, left);
            self.to = Crossing { east, north };
        } else {
            let (north, left) = part_of(from.north, errand.north, blocks);
            let (east, _) = part_of(from.east, errand.east, left);
            self.to = Crossing { east, north };
        }
    }

    fn point(&self, now_s: f64, gait: Gait, streets: &Streets) -> Point {
        let (from, to) = (streets.point(self.from), streets.point(self.to));
        let gone_m = (now_s - self.sets_out_s).max(0.0) * gait.mps();
        let (east_m, north_m) = (to.east - from.east, to.north - from.north);
        if self.is_east_first {
            Point {
                east: along(from.east, east_m, gone_m),
                north: along(from.north, north_m, gone_m - east_m.abs()),
            }
        } else {
            Point {
                east: along(from.east, east_m, gone_m - north_m.abs()),
                north: along(from.north, north_m, gone_m),
            }
        }
    }
}

/// How far of the way so many blocks lead, and how many of them are left.
fn part_of(from: i16, to: i16, blocks: u16) -> (i16, u16) {
    let whole = from.abs_diff(to);
    let part = whole.min(blocks);
    let at = match to > from {
        true => from.saturating_add_unsigned(part),
        false => from.saturating_sub_unsigned(part),
    };
    (at, blocks - part)
}

fn along(from: f64, way_m: f64, gone_m: f64) -> f64 {
    from + way_m.signum() * gone_m.clamp(0.0, way_m.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Place;

    #[test]
    fn nobody_is_faster_than_her_pace_or_leaves_the_town() {
        let (movement, place) = (Movement::default(), Place::default());
        let streets = Streets::new(&place);
        for (stream, pace) in [Pace::Walk, Pace::Bus, Pace::Car].into_iter().enumerate() {
            let mut dice = Dice::new(3, stream as u64);
            let home = streets.home(&mut dice);
            let gait = Gait {
                pace,
                haste: 1.0,
                home,
            };
            let mut walk = Walk::new(gait, &movement, &mut dice);
            let (mut before, mut went) = (streets.point(home), 0);
            for second in 0..20_000 {
                let now = walk.at(f64::from(second), gait, &streets, &movement, &mut dice);
                let step = (now.east - before.east).abs() + (now.north - before.north).abs();
                assert!(step <= pace.mps() + 1e-6, "{pace:?}: {step}");
                assert!(now.away_m() < place.radius_m + place.block_m, "{now:?}");
                went += u32::from(step > 0.0);
                before = now;
            }
            assert!(went > 10_000, "{pace:?} went for {went} s of 20,000");
        }
    }

    #[test]
    fn where_she_is_does_not_hang_on_how_often_one_asks() {
        let (movement, place) = (Movement::default(), Place::default());
        let streets = Streets::new(&place);
        let last = |step: usize| {
            let mut dice = Dice::new(5, 5);
            let home = streets.home(&mut dice);
            let gait = Gait {
                pace: Pace::Car,
                haste: 1.1,
                home,
            };
            let mut walk = Walk::new(gait, &movement, &mut dice);
            let times = (0..=3600).step_by(step);
            times.fold(Point::default(), |_, second| {
                walk.at(f64::from(second), gait, &streets, &movement, &mut dice)
            })
        };
        assert_eq!(last(1), last(3600));
    }
}
