//! What happens next, by chance.

use nearcast::wire::{Encoding, Mode, Modes, Sharing};
use nearcast_grid::Position;

use super::globe::{Tile, metres, walk};
use super::op::{By, Hi, Op, Seq};
use super::truth::STEP_M;
use super::world::World;

/// Sessions of one user at once, away or not.
const MOST_SEATS: usize = 4;

impl World {
    /// None: what was to happen makes no sense now.
    pub(crate) fn next_op(&mut self) -> Option<Op> {
        let users = self.truth.people.len();
        let (user, other) = (self.dice.below(users), self.dice.below(users));
        if !self.truth.people[user].here {
            let hi = self.hi(user);
            return Some(Op::Hello { user, hi });
        }
        match self.dice.below(100) {
            0..=49 => self.session_op(user, other),
            50..=54 => Some(Op::Post {
                user,
                to: self.somewhere(user),
                by: self.by(),
            }),
            55..=57 => Some(Op::Name {
                user,
                version: self.dice.maybe(80, |dice| dice.below(5)),
            }),
            58..=62 => Some(Op::Share {
                user,
                sharing: self.sharing(),
                seat: None,
            }),
            63..=66 if self.setup.strangers => Some(Op::Consent {
                user,
                consents: self.dice.percent(70),
            }),
            67..=68 if self.setup.strangers => Some(Op::Allow {
                user,
                allowed: self.dice.percent(70),
            }),
            69..=73 => Some(Op::Peek {
                user,
                radius_m: self.dice.of(&self.setup.radii),
                by: self.by(),
            }),
            74..=75 => Some(Op::Erase { user }),
            _ if user == other => None,
            _ => self.pair_op(user, other),
        }
    }

    fn pair_op(&mut self, one: usize, other: usize) -> Option<Op> {
        let both_here = self.truth.people[other].here;
        match self.dice.below(24) {
            0..=7 => Some(Op::Befriend { one, other }),
            8..=10 if both_here => Some(Op::Ask { one, other }),
            11..=16 => Some(Op::Unfriend {
                one,
                other,
                by: self.by(),
            }),
            17..=19 if both_here => Some(Op::Block {
                user: one,
                other,
                seat: None,
            }),
            20.. => Some(Op::Unblock { user: one, other }),
            _ => None,
        }
    }

    /// Over a socket, or with one that is gone.
    fn session_op(&mut self, user: usize, other: usize) -> Option<Op> {
        let hers: Vec<(usize, bool)> = self
            .seats
            .iter()
            .filter(|seat| seat.user == user)
            .map(|seat| (seat.number, seat.client.is_some()))
            .collect();
        if hers.is_empty() || self.dice.percent(10) && hers.len() < MOST_SEATS {
            let hi = self.hi(user);
            return Some(Op::Hello { user, hi });
        }
        let (seat, is_live) = self.dice.of(&hers);
        if !is_live {
            let seq = self.dice.of(&[Seq::Right, Seq::Right, Seq::Wrong]);
            let hi = self.hi(user);
            return self
                .dice
                .percent(60)
                .then_some(Op::Resume { seat, seq, hi });
        }
        Some(match self.dice.below(50) {
            0..=18 => Op::Move {
                seat,
                to: self.somewhere(user),
            },
            19..=22 => Op::Drop { seat },
            23 => Op::Bye { seat },
            24..=30 => self.settings(seat),
            31..=33 => Op::Share {
                user,
                sharing: self.sharing(),
                seat: Some(seat),
            },
            34..=36 if self.truth.people[other].here => Op::Follow {
                seat,
                friend: other,
            },
            37..=40 if self.truth.people[other].here => Op::Unfollow {
                seat,
                friend: other,
            },
            41..=45 => Op::Pages {
                seat,
                mode: self.mode(),
                limit: 1 + self.dice.below(3) as u32,
            },
            46..=47 if user != other => Op::Block {
                user,
                other,
                seat: Some(seat),
            },
            _ => Op::BlockAlias {
                seat,
                nth: self.dice.below(4),
            },
        })
    }

    pub(crate) fn hi(&mut self, user: usize) -> Hi {
        let to = self.somewhere(user);
        Hi {
            encoding: self.dice.of(&Encoding::ALL),
            modes: self.modes(),
            radius_m: self.dice.of(&self.setup.radii),
            limit: self.dice.of(&[None, Some(1), Some(2), Some(100)]),
            observes: self.dice.percent(10),
            to: self.dice.maybe(60, |_| to),
        }
    }

    fn settings(&mut self, seat: usize) -> Op {
        let modes = self.modes();
        Op::Settings {
            seat,
            modes: self.dice.maybe(50, |_| modes),
            radius_m: self.dice.maybe(60, |dice| dice.of(&self.setup.radii)),
        }
    }

    fn modes(&mut self) -> Modes {
        if !self.setup.strangers {
            return Modes::FRIENDS;
        }
        self.dice
            .of(&[Modes::BOTH, Modes::BOTH, Modes::FRIENDS, Modes::STRANGERS])
    }

    fn mode(&mut self) -> Mode {
        self.dice
            .of(&[Mode::Friends, Mode::Friends, Mode::Strangers])
    }

    fn by(&mut self) -> By {
        self.dice.of(&[By::User, By::Server])
    }

    pub(crate) fn sharing(&mut self) -> Sharing {
        self.dice.of(&[
            Sharing::Exact,
            Sharing::Exact,
            Sharing::Approximate,
            Sharing::Off,
        ])
    }

    /// Where somebody goes next: never so far that it is in doubt whether she went.
    pub(crate) fn somewhere(&mut self, user: usize) -> Position {
        let heading = self.dice.between(0.0, 360.0);
        let to = self.target(user, heading);
        let Some(from) = self.truth.people[user].position else {
            return to;
        };
        let apart = metres(from, to);
        let is_short = apart < STEP_M + 0.5;
        let in_doubt = apart > STEP_M - 0.5 || Tile::at(from) != Tile::at(to);
        if is_short && in_doubt {
            walk(from, heading, 40.0)
        } else {
            to
        }
    }

    fn target(&mut self, user: usize, heading: f64) -> Position {
        let spot = self.setup.spots[self.dice.below(self.setup.spots.len())];
        let here = self.truth.people[user].position.unwrap_or(spot);
        match self.dice.below(10) {
            0..=2 => walk(spot, heading, self.dice.of(&[0.0, 3.0, 30.0, 300.0])),
            3 => walk(here, heading, self.dice.between(0.0, 9.0)),
            4 => walk(here, heading, self.dice.between(12.0, 60.0)),
            5 => walk(here, heading, self.dice.between(100.0, 3_000.0)),
            _ => {
                let of = self.dice.below(self.truth.people.len());
                let from = self.truth.people[of].position.unwrap_or(spot);
                let radius = self.dice.of(&self.setup.radii);
                let margin = (radius / 10.0).min(100.0);
                let off = match self.dice.below(6) {
                    0 => -1.0,
                    1 => 0.3 * margin,
                    2 => 0.9 * margin,
                    3 => margin + 1.0,
                    4 => self.dice.between(-0.3, 0.3),
                    _ => self.dice.between(-0.5 * radius, 0.5 * radius),
                };
                walk(from, heading, radius + off)
            }
        }
    }
}
