//! What happens in a world, by chance.

use nearcast::wire::{Encoding, Mode, Sharing};

use crate::dice::Dice;
use crate::op::{At, Go, Hi, Op, Seat, Standing};
use crate::setup::Setup;

const POOLS: [&str; 3] = ["", "", "teens"];

/// The operations of a world.
pub(crate) fn operations(dice: &mut Dice, setup: &Setup) -> Vec<Op> {
    let mut ops = Vec::new();
    let kind = dice.below(4);
    for user in 0..setup.users {
        let mut standing = standing(dice);
        // Some worlds are all friends, some all strangers.
        match kind {
            0 => standing.open = false,
            1 => standing.open = true,
            _ => {}
        }
        ops.push(Op::Admit {
            by: dice.below(4),
            user,
            standing,
        });
    }
    let friends = if kind == 1 { 15 } else { 60 };
    for one in 0..setup.users {
        for other in 0..one {
            if dice.percent(friends) {
                ops.push(Op::Befriend {
                    by: dice.below(4),
                    one,
                    other,
                });
            }
        }
    }
    for user in 0..setup.users {
        if dice.percent(85) {
            let mut hi = hi(dice, setup);
            hi.go = Some(go(dice, setup));
            ops.push(Op::Open { user, hi });
        }
    }
    let more = 20 + dice.below(100);
    for _ in 0..more {
        ops.push(operation(dice, setup));
        if dice.percent(35) {
            ops.push(tick(dice, setup));
        }
    }
    ops.extend((0..3).map(|_| Op::Tick {
        ms: 1000,
        full: 0,
        first: 0,
    }));
    ops
}

fn tick(dice: &mut Dice, setup: &Setup) -> Op {
    let ms = match dice.below(20) {
        0..=8 => 1000,
        9..=14 => 1000 + dice.below(9000) as u64,
        15..=17 => setup.config.strangers.epoch_ms,
        18 => 50_000 + dice.below(30_000) as u64,
        _ => dice.of(&[setup.config.ttl_ms, 600_000, 200]),
    };
    Op::Tick {
        ms,
        full: full(dice, setup),
        first: dice.below(4),
    }
}

fn full(dice: &mut Dice, setup: &Setup) -> u64 {
    (0..32).fold(0, |mask, bit| {
        mask | u64::from(dice.percent(setup.full)) << bit
    })
}

fn standing(dice: &mut Dice) -> Standing {
    let sharing = sharing(dice);
    Standing {
        sharing,
        sharing_for_s: dice.maybe(8, |dice| 5 + dice.below(100) as u64),
        open: dice.percent(55),
        pool: dice.of(&POOLS),
        profile: dice.below(4),
    }
}

fn sharing(dice: &mut Dice) -> Sharing {
    dice.of(&[
        Sharing::Exact,
        Sharing::Exact,
        Sharing::Exact,
        Sharing::Approximate,
        Sharing::Approximate,
        Sharing::Off,
    ])
}

fn limit(dice: &mut Dice) -> Option<usize> {
    dice.of(&[None, Some(20), Some(1), Some(2)])
}

fn hi(dice: &mut Dice, setup: &Setup) -> Hi {
    let (friends, strangers) = dice.of(&[
        (true, true),
        (true, true),
        (true, false),
        (false, true),
        (true, false),
    ]);
    Hi {
        worker: dice.below(4),
        encoding: dice.of(&Encoding::ALL),
        friends,
        strangers,
        observes: dice.percent(10),
        radius_m: dice.of(&setup.radii),
        limit: limit(dice),
        go: None,
    }
}

fn go(dice: &mut Dice, setup: &Setup) -> Go {
    let heading = dice.between(0.0, 360.0);
    match dice.below(10) {
        0..=2 => Go::Spot {
            number: dice.below(setup.spots.len()),
            off_m: dice.of(&[0.0, 3.0, 30.0, 300.0]),
            heading,
        },
        3 => Go::Step {
            metres: dice.between(0.0, 9.9),
            heading,
        },
        4 => Go::Step {
            metres: dice.between(9.0, 60.0),
            heading,
        },
        5 => Go::Step {
            metres: dice.between(100.0, 3000.0),
            heading,
        },
        6 => Go::Corner {
            metres: dice.between(0.1, 40.0),
            heading,
        },
        _ => {
            let radius = f64::from(dice.of(&setup.radii));
            let margin = (radius / 10.0).min(100.0);
            let off = match dice.below(6) {
                0 => -1.0,
                1 => 0.3 * margin,
                2 => 0.9 * margin,
                3 => margin + 1.0,
                4 => dice.between(-0.3, 0.3),
                _ => dice.between(-0.5 * radius, 0.5 * radius),
            };
            Go::Ring {
                of: dice.below(setup.users),
                metres: radius + off,
                heading,
            }
        }
    }
}

fn at(dice: &mut Dice) -> At {
    match dice.below(10) {
        0..=5 => At::Silent,
        6 | 7 => At::Now,
        8 => At::Ago(dice.below(40) as u64),
        _ => At::Ahead(dice.of(&[30, 290, 310, 100_000])),
    }
}

fn operation(dice: &mut Dice, setup: &Setup) -> Op {
    let by = dice.below(4);
    let user = dice.below(setup.users);
    let other = dice.below(setup.users);
    let seat = Seat {
        user,
        nth: dice.below(3),
    };
    let mode = dice.of(&[Mode::Friends, Mode::Strangers]);
    match dice.below(100) {
        0..=1 => Op::Admit {
            by,
            user,
            standing: standing(dice),
        },
        2..=3 => Op::Profile {
            by,
            user,
            profile: dice.below(4),
        },
        4..=9 => {
            let mut hi = hi(dice, setup);
            hi.go = dice.maybe(50, |dice| go(dice, setup));
            Op::Open { user, hi }
        }
        10..=11 => Op::Close { seat },
        12..=14 => Op::Suspend { seat },
        15..=18 => Op::Resume {
            seat,
            right_seq: dice.percent(70),
        },
        19..=44 => Op::Move {
            seat,
            go: go(dice, setup),
            at: at(dice),
            about: dice.below(4),
        },
        45..=49 => Op::Report {
            by,
            user,
            go: go(dice, setup),
            about: dice.below(4),
        },
        50..=55 => Op::Set {
            seat,
            friends: dice.maybe(25, |dice| dice.percent(60)),
            strangers: dice.maybe(25, |dice| dice.percent(60)),
            radius_m: dice.maybe(60, |dice| dice.of(&setup.radii)),
            limit: limit(dice),
        },
        56..=61 => Op::Share {
            by,
            user,
            sharing: sharing(dice),
            for_s: dice.maybe(25, |dice| 1 + dice.below(70) as u64),
        },
        62..=63 => Op::Follow {
            seat,
            friend: other,
        },
        64..=65 => Op::Unfollow {
            seat,
            friend: other,
        },
        66..=69 => Op::Befriend {
            by,
            one: user,
            other,
        },
        70..=72 => Op::Unfriend {
            by,
            one: user,
            other,
        },
        73 => Op::Block {
            by,
            one: user,
            other,
        },
        74..=75 => Op::Unblock {
            by,
            one: user,
            other,
        },
        76 => Op::BlockAlias {
            seat,
            nth: dice.below(4),
        },
        77..=80 => Op::Strangers {
            by,
            user,
            open: dice.percent(65),
            pool: dice.of(&POOLS),
        },
        81..=82 => Op::Nearby {
            seat,
            mode,
            limit: limit(dice),
        },
        83..=86 => Op::Pages {
            seat,
            mode,
            limit: 1 + dice.below(3),
            meanwhile: dice.maybe(50, |dice| (other, go(dice, setup))),
            forged: dice.percent(15),
        },
        87..=88 => Op::Peek {
            by,
            user,
            mode,
            radius_m: dice.of(&setup.radii),
            limit: 1 + dice.below(30),
        },
        89 => Op::Within {
            by,
            go: go(dice, setup),
            radius_m: f64::from(dice.of(&setup.radii)) * dice.of(&[0.5, 1.0, 20.0]),
            limit: 1 + dice.below(20),
        },
        90 => Op::Why {
            by,
            viewer: user,
            subject: other,
        },
        91 => Op::Erase {
            by,
            user,
            close_later: dice.percent(30),
        },
        92 => Op::Changed { by },
        93..=95 => Op::Collect {
            by,
            apply: dice.percent(50),
        },
        96..=98 => Op::Sweep {
            by,
            full: full(dice, setup),
        },
        _ => tick(dice, setup),
    }
}
