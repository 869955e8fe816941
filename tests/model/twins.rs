//! Invariant 3: of somebody who shows a cell, everything that anybody hears is a function of her
//! released cell, a coarse time and consent. Two worlds in which only her true positions differ,
//! within the same cells at the same times, are the same to everybody else, byte for byte.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::chance::operations;
use crate::dice::Dice;
use crate::op::{At, Go, Op, Seat};
use crate::replay::{Count, message, smallest};
use crate::setup::Setup;
use crate::stroll::Walk;
use crate::town::{Heard, Town};

/// Who is somewhere else in the second world.
pub(crate) const TARGET: usize = 0;

/// What happens in the first world, and what instead in the second.
pub(crate) type Both = (Vec<Op>, Vec<Op>);

pub(crate) struct Twins {
    seed: u64,
    setup: Setup,
    ops: Vec<Both>,
}

impl Twins {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Dice::new(seed ^ 0x7717);
        let mut setup = Setup::new(&mut dice);
        // Where marks do not fit, people are told again what they know, and the target's own marks
        // take room too: how full queues are is no function of her cell.
        (setup.config.marks, setup.config.collected) = (4096, 4096);
        setup.users = setup.users.min(6);
        let mut walk = Walk {
            cell: setup.config.strangers.privacy.cell_at(setup.spots[0]),
            before: setup.config.strangers.privacy.cell_at(setup.spots[0]),
        };
        let mut ops: Vec<Both> = Vec::new();
        for op in operations(&mut dice, &setup) {
            ops.push(walk.twin(&mut dice, &setup, op));
            if ops.len() > 2 * setup.users && dice.percent(40) {
                let report = Op::Report {
                    by: dice.below(4),
                    user: TARGET,
                    go: Go::Spot {
                        number: 0,
                        off_m: 0.0,
                        heading: 0.0,
                    },
                    about: 0,
                };
                ops.push(walk.twin(&mut dice, &setup, report));
            }
        }
        ops.insert(
            setup.users,
            both(Op::Befriend {
                by: 0,
                one: TARGET,
                other: 1,
            }),
        );
        Self {
            seed,
            setup,
            ops: delayed(&mut dice, ops),
        }
    }

    pub(crate) fn run(&self) -> Result<Count, String> {
        if let Some((_, fault)) = self.differs(&self.ops) {
            return Err(fault);
        }
        let heard = self.heard(&self.ops, |both| &both.0)?;
        let moves = |op: &&Op| {
            matches!(
                op,
                Op::Move {
                    seat: Seat { user: TARGET, .. },
                    ..
                } | Op::Report { user: TARGET, .. }
            )
        };
        Ok(Count {
            ops: self.ops.len() as u64,
            frames: heard.len() as u64,
            pairs: self
                .ops
                .iter()
                .flat_map(|both| &both.0)
                .filter(moves)
                .count() as u64,
        })
    }

    fn heard(&self, ops: &[Both], which: impl Fn(&Both) -> &Vec<Op>) -> Result<Vec<Heard>, String> {
        let run = catch_unwind(AssertUnwindSafe(|| {
            let mut town = Town::new(&self.setup);
            town.record = true;
            ops.iter()
                .flat_map(which)
                .try_for_each(|op| town.apply(op))?;
            town.log.retain(|heard| heard.user != TARGET);
            // Each for herself: in which order a sweep takes its sessions shows nothing.
            town.log
                .sort_by_key(|heard| (heard.user, format!("{:?}", heard.session)));
            Ok(town.log)
        }));
        run.unwrap_or_else(|panic| Err(message(&*panic)))
    }

    fn differs(&self, ops: &[Both]) -> Option<(usize, String)> {
        let last = ops.len().saturating_sub(1);
        let (one, other) = match (
            self.heard(ops, |both| &both.0),
            self.heard(ops, |both| &both.1),
        ) {
            (Ok(one), Ok(other)) => (one, other),
            (Err(fault), _) | (_, Err(fault)) => return Some((last, fault)),
        };
        let first = (0..one.len().max(other.len())).find(|&at| one.get(at) != other.get(at))?;
        let say = |heard: Option<&Heard>| {
            heard.map(|heard| {
                let text = String::from_utf8_lossy(&heard.bytes).into_owned();
                (heard.at, heard.user, heard.session, text)
            })
        };
        Some((
            last,
            format!(
                "one world:   {:?}\nthe other:   {:?}",
                say(one.get(first)),
                say(other.get(first))
            ),
        ))
    }

    pub(crate) fn shrink(&self) -> String {
        let Some((ops, fault)) = smallest(&self.ops, |ops| self.differs(ops)) else {
            return format!("seed {} does not differ", self.seed);
        };
        let Setup {
            config,
            workers,
            users,
            lies,
            ..
        } = &self.setup;
        let mut text = format!(
            "{fault}\n\nNEARCAST_SEED={}: {users} users {lies}, {workers} workers\n{config:?}\n",
            self.seed
        );
        for (one, other) in ops {
            text.push_str(&format!("  {one:?}\n"));
            if format!("{one:?}") != format!("{other:?}") {
                text.push_str(&format!("    in the other: {other:?}\n"));
            }
        }
        text
    }
}

pub(crate) fn both(op: Op) -> Both {
    (vec![op], vec![op])
}

/// In the second world some of the target's moves come a little later, at the same time.
fn delayed(dice: &mut Dice, ops: Vec<Both>) -> Vec<Both> {
    let others = |op: &Op| match op {
        Op::Move {
            seat,
            at: At::Silent | At::Now,
            ..
        } => seat.user != TARGET,
        Op::Report { user, .. } | Op::Peek { user, .. } => *user != TARGET,
        Op::Nearby { seat, .. } => seat.user != TARGET,
        _ => false,
    };
    let mut late: Vec<Both> = Vec::new();
    for (one, other) in ops {
        match late.last_mut() {
            Some((first, second))
                if first.len() == 1
                    && matches!(first[0], Op::Report { user: TARGET, .. })
                    && others(&one[0])
                    && dice.percent(50) =>
            {
                first.extend(one);
                second.splice(0..0, other);
            }
            _ => late.push((one, other)),
        }
    }
    late
}
