//! Where somebody is who shows a cell: the same cell in two worlds, not the same place in it.

use nearcast::wire::Sharing;
use nearcast_grid::{Cell, Position};

use crate::dice::Dice;
use crate::globe::place;
use crate::op::{Go, Op};
use crate::setup::Setup;
use crate::twins::{Both, TARGET, both};

/// Where the target is, to a cell.
pub(crate) struct Walk {
    pub(crate) cell: Cell,
    pub(crate) before: Cell,
}

impl Walk {
    /// The same for both worlds, but for where the target is.
    pub(crate) fn twin(&mut self, dice: &mut Dice, setup: &Setup, op: Op) -> Both {
        let veiled = |sharing| {
            if sharing == Sharing::Exact {
                Sharing::Approximate
            } else {
                sharing
            }
        };
        let apart = |go| match go {
            Go::Ring {
                of: TARGET,
                metres,
                heading,
            } => Go::Ring {
                of: 1,
                metres,
                heading,
            },
            go => go,
        };
        match op {
            Op::Admit {
                by,
                user: TARGET,
                mut standing,
            } => {
                standing.sharing = veiled(standing.sharing);
                standing.open |= dice.percent(50);
                both(Op::Admit {
                    by,
                    user: TARGET,
                    standing,
                })
            }
            Op::Share {
                by,
                user: TARGET,
                sharing,
                for_s,
            } => both(Op::Share {
                by,
                user: TARGET,
                sharing: veiled(sharing),
                for_s,
            }),
            Op::Open {
                user: TARGET,
                mut hi,
            } => {
                hi.go = None;
                both(Op::Open { user: TARGET, hi })
            }
            Op::Move { seat, at, .. } if seat.user == TARGET => {
                let (one, other) = self.step(dice, setup);
                let by = |(go, about)| {
                    vec![Op::Move {
                        seat,
                        go,
                        at,
                        about,
                    }]
                };
                (by(one), by(other))
            }
            Op::Report {
                by, user: TARGET, ..
            } => {
                let (one, other) = self.step(dice, setup);
                let by = |(go, about)| {
                    vec![Op::Report {
                        by,
                        user: TARGET,
                        go,
                        about,
                    }]
                };
                (by(one), by(other))
            }
            // How many pages she gets is her own business.
            Op::Pages {
                seat,
                mode,
                limit,
                forged,
                ..
            } if seat.user == TARGET => both(Op::Pages {
                seat,
                mode,
                limit,
                meanwhile: None,
                forged,
            }),
            Op::Pages {
                seat,
                mode,
                limit,
                meanwhile: Some((TARGET, _)),
                forged,
            } => {
                let (one, other) = self.step(dice, setup);
                let by = |(go, _)| {
                    vec![Op::Pages {
                        seat,
                        mode,
                        limit,
                        meanwhile: Some((TARGET, go)),
                        forged,
                    }]
                };
                (by(one), by(other))
            }
            Op::Within {
                by,
                radius_m,
                limit,
                ..
            } => {
                let number = dice.below(setup.spots.len());
                both(Op::Within {
                    by,
                    go: Go::Spot {
                        number,
                        off_m: 0.0,
                        heading: 0.0,
                    },
                    radius_m,
                    limit,
                })
            }
            Op::Open { user, mut hi } => {
                hi.go = hi.go.map(apart);
                both(Op::Open { user, hi })
            }
            Op::Move {
                seat,
                go,
                at,
                about,
            } => both(Op::Move {
                seat,
                go: apart(go),
                at,
                about,
            }),
            Op::Report {
                by,
                user,
                go,
                about,
            } => both(Op::Report {
                by,
                user,
                go: apart(go),
                about,
            }),
            Op::Pages {
                seat,
                mode,
                limit,
                meanwhile: Some((user, go)),
                forged,
            } => both(Op::Pages {
                seat,
                mode,
                limit,
                meanwhile: Some((user, apart(go))),
                forged,
            }),
            other => both(other),
        }
    }

    /// Another cell, or the same; two positions in it, and what the phone says beside them.
    fn step(&mut self, dice: &mut Dice, setup: &Setup) -> ((Go, usize), (Go, usize)) {
        let next = match dice.below(10) {
            0..=4 => self.cell,
            5 | 6 => dice.of(&self.cell.neighbours()),
            7 | 8 => self.before,
            _ => {
                let spot = setup.spots[dice.below(setup.spots.len())];
                setup.config.strangers.privacy.cell_at(spot)
            }
        };
        self.before = std::mem::replace(&mut self.cell, next);
        let mut somewhere = || (Go::To(within(dice, next)), dice.below(4));
        (somewhere(), somewhere())
    }
}

/// Somewhere in a cell, often at its border.
fn within(dice: &mut Dice, cell: Cell) -> Position {
    let bounds = cell.bounds();
    let width = (bounds.east - bounds.west + 360.0) % 360.0;
    for _ in 0..20 {
        let mut part = || match dice.below(3) {
            0 => dice.between(0.0, 1.0).powi(8),
            1 => 1.0 - dice.between(0.0, 1.0).powi(8),
            _ => dice.between(0.0, 1.0),
        };
        let lat = bounds.south + part() * (bounds.north - bounds.south);
        let there = place(
            lat,
            bounds.west + part() * if width == 0.0 { 360.0 } else { width },
        );
        if cell.grid().cell_at(there) == cell {
            return there;
        }
    }
    cell.centre()
}
