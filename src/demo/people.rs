//! One person of the town: where she is on the streets, and what she does next.

use super::dice::Dice;
use super::ground::Point;
use super::route::route;
use super::streets::{Kind, Node, Streets};

/// How somebody gets about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    Walk,
    Cycle,
    Drive,
}

impl Pace {
    /// Metres per second where nothing is in the way.
    pub(super) fn mps_on(self, kind: Kind) -> f64 {
        match (self, kind) {
            (Self::Walk, _) => 1.35,
            (Self::Cycle, Kind::Street) => 4.4,
            (Self::Cycle, _) => 5.2,
            (Self::Drive, Kind::Street) => 8.3,
            (Self::Drive, _) => 12.5,
        }
    }

    pub(super) fn top_mps(self) -> f64 {
        self.mps_on(Kind::Avenue).max(self.mps_on(Kind::Street))
    }

    /// How far an errand may be.
    fn range_m(self) -> f64 {
        match self {
            Self::Walk => 900.0,
            Self::Cycle => 2200.0,
            Self::Drive => 5000.0,
        }
    }
}

/// Nobody is this much faster than others on the same street.
pub(super) const MOST_HASTE: f64 = 1.25;

#[derive(Clone, Debug)]
pub(super) struct Walker {
    pub(super) pace: Pace,
    pub(super) home: Node,
    /// A factor on every speed: some are in a hurry.
    haste: f64,
    /// Stays where she is for long.
    is_still: bool,
    doing: Doing,
    dice: Dice,
}

#[derive(Clone, Debug)]
enum Doing {
    Rests { at: Node, for_s: f64 },
    Goes(Way),
}

#[derive(Clone, Debug)]
struct Way {
    /// Crossings still ahead, the next one last.
    ahead: Vec<Node>,
    from: Node,
    along_m: f64,
}

/// Where somebody is now, and how she is getting on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Step {
    pub(super) point: Point,
    pub(super) going: Option<Going>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Going {
    pub(super) heading_deg: f32,
    pub(super) speed_mps: f32,
}

impl Walker {
    pub(super) fn new(streets: &Streets, mut dice: Dice) -> Self {
        let pace = match dice.unit() {
            chance if chance < 0.60 => Pace::Walk,
            chance if chance < 0.80 => Pace::Cycle,
            _ => Pace::Drive,
        };
        // More people live in the middle than at the rim.
        let around_m = dice.between(400.0, 4000.0);
        let home = *dice.pick(&streets.within(Point::default(), around_m));
        let is_still = dice.one_in(9.0);
        let for_s = if is_still {
            dice.between(600.0, 2400.0)
        } else {
            dice.between(0.0, 120.0)
        };
        Self {
            pace,
            home,
            haste: dice.between(0.8, MOST_HASTE),
            is_still,
            doing: Doing::Rests { at: home, for_s },
            dice,
        }
    }

    pub(super) fn step(&mut self, streets: &Streets, seconds: f64) {
        let mut left_s = seconds;
        while left_s > 0.0 {
            left_s = match &mut self.doing {
                Doing::Rests { at, for_s } if *for_s <= left_s => {
                    let (at, rest_s) = (*at, *for_s);
                    self.set_out(streets, at);
                    left_s - rest_s
                }
                Doing::Rests { for_s, .. } => {
                    *for_s -= left_s;
                    0.0
                }
                Doing::Goes(way) => match way.go(streets, self.pace, self.haste, left_s) {
                    Ok(left_s) => left_s,
                    Err((at, left_s)) => {
                        self.rest(at);
                        left_s
                    }
                },
            };
        }
    }

    pub(super) fn now(&self, streets: &Streets) -> Step {
        match &self.doing {
            Doing::Rests { at, .. } => Step {
                point: streets.point(*at),
                going: None,
            },
            Doing::Goes(way) => way.now(streets, self.pace, self.haste),
        }
    }

    /// Home every third time, otherwise an errand within reach.
    fn set_out(&mut self, streets: &Streets, from: Node) {
        let to = if self.dice.one_in(3.0) {
            self.home
        } else {
            let around = streets.within(streets.point(from), self.pace.range_m());
            *self.dice.pick(&around)
        };
        let way = route(streets, self.pace, from, to).filter(|way| way.len() > 1);
        let Some(mut ahead) = way else {
            // Already there.
            return self.rest(from);
        };
        ahead.reverse();
        ahead.pop();
        self.doing = Doing::Goes(Way {
            ahead,
            from,
            along_m: 0.0,
        });
    }

    fn rest(&mut self, at: Node) {
        let for_s = match self.is_still {
            true => self.dice.between(600.0, 2400.0),
            false if self.dice.one_in(5.0) => self.dice.between(180.0, 600.0),
            false => self.dice.between(10.0, 90.0),
        };
        self.doing = Doing::Rests { at, for_s };
    }
}

impl Way {
    /// Goes to the end of the street or of the time, whichever comes first. At the end of the way
    /// an error says where that is. What is answered is the time that is left.
    fn go(
        &mut self,
        streets: &Streets,
        pace: Pace,
        haste: f64,
        seconds: f64,
    ) -> Result<f64, (Node, f64)> {
        let Some(&to) = self.ahead.last() else {
            return Err((self.from, seconds));
        };
        let street = streets
            .between(self.from, to)
            .expect("a way follows the streets");
        let mps = pace.mps_on(street.kind) * haste;
        let needs_s = (street.length_m - self.along_m) / mps;
        if needs_s > seconds {
            self.along_m += seconds * mps;
            return Ok(0.0);
        }
        self.ahead.pop();
        self.from = to;
        self.along_m = 0.0;
        Ok(seconds - needs_s)
    }

    fn now(&self, streets: &Streets, pace: Pace, haste: f64) -> Step {
        let from = streets.point(self.from);
        let street = self
            .ahead
            .last()
            .and_then(|to| streets.between(self.from, *to));
        let Some(street) = street else {
            return Step {
                point: from,
                going: None,
            };
        };
        let to = streets.point(street.to);
        Step {
            point: from.towards(to, self.along_m / street.length_m),
            going: Some(Going {
                heading_deg: from.heading_to(to),
                speed_mps: (pace.mps_on(street.kind) * haste) as f32,
            }),
        }
    }
}
