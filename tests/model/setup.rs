//! What a world is like before anything happens in it: its limits, where it lies, who lives there.

use nearcast::broker::{Config, Strangers};
use nearcast_grid::{Grid, Position};

use crate::dice::Dice;
use crate::globe::{place, walk};

pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) workers: usize,
    pub(crate) users: usize,
    pub(crate) start: u64,
    /// In words, for who reads a replay.
    pub(crate) lies: String,
    /// Radii that sessions choose from.
    pub(crate) radii: Vec<f32>,
    /// Where people go.
    pub(crate) spots: Vec<Position>,
    /// Sinks that are full, per cent.
    pub(crate) full: usize,
}

impl Setup {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let (privacy, reach) = grids(dice);
        let users = match dice.below(10) {
            0..=3 => 3,
            4..=7 => 4 + dice.below(4),
            _ => 8 + dice.below(7),
        };
        let radius = dice.of(&[100.0_f32, 300.0, 1000.0, 1000.0, 3000.0, 8047.0, 50_000.0]);
        let (lies, centre) = centre(dice, privacy);
        let spread = match dice.below(3) {
            0 => 40.0,
            1 => f64::from(radius),
            _ => f64::from(radius) * 1.6,
        };
        let spots = (0..6)
            .map(|_| {
                // The square root would spread them evenly; most of them near is what is wanted.
                let far = dice.between(0.0, 1.0).powi(2) * spread;
                walk(centre, dice.between(0.0, 360.0), far)
            })
            .collect();
        Self {
            config: config(dice, privacy, reach),
            workers: dice.of(&[1, 1, 2, 2, 3, 4]),
            users,
            start: 1_700_000_000_000 + dice.below(3_600_000) as u64,
            lies: format!("{lies}, spread {spread} m, {privacy:?} in {reach:?}"),
            radii: vec![
                radius,
                radius,
                radius * 0.7 + 30.0,
                dice.of(&[100.0, 1000.0, 50_000.0]),
            ],
            spots,
            full: dice.of(&[0, 0, 10, 40]),
        }
    }

    /// Whether viewers are believed wherever they say they are.
    pub(crate) fn credulous(&self) -> bool {
        self.config.strangers.speed_max_mps.is_infinite()
    }
}

fn grids(dice: &mut Dice) -> (Grid, Grid) {
    let geohash = |precision| Grid::geohash(precision).expect("it is one");
    let hex = |resolution| Grid::hex(resolution).expect("it is one");
    match dice.below(8) {
        0..=3 => (geohash(6), geohash(5)),
        4 => (geohash(7), geohash(6)),
        5 => (hex(9), hex(7)),
        _ => (hex(8), hex(6)),
    }
}

fn centre(dice: &mut Dice, privacy: Grid) -> (&'static str, Position) {
    match dice.below(7) {
        0 => (
            "at the north pole",
            place(
                90.0 - dice.between(0.0, 1.0).powi(4) * 0.02,
                dice.between(-180.0, 180.0),
            ),
        ),
        1 => (
            "at the south pole",
            place(
                -90.0 + dice.between(0.0, 1.0).powi(4) * 0.02,
                dice.between(-180.0, 180.0),
            ),
        ),
        2 => (
            "at the antimeridian",
            place(
                dice.between(-70.0, 70.0),
                180.0 + dice.between(-0.002, 0.002),
            ),
        ),
        3 => (
            "where the equator crosses",
            place(0.0, dice.of(&[0.0, 90.0, 180.0])),
        ),
        4 | 5 => {
            let within = place(dice.between(-70.0, 70.0), dice.between(-180.0, 180.0));
            let corner = privacy.cell_at(within).bounds();
            ("at the corner of a cell", place(corner.north, corner.east))
        }
        _ => (
            "somewhere",
            place(dice.between(-85.0, 85.0), dice.between(-180.0, 180.0)),
        ),
    }
}

fn config(dice: &mut Dice, privacy: Grid, reach: Grid) -> Config {
    let credulous = dice.percent(75);
    Config {
        users: dice.of(&[16, 64]),
        edges: 64 * 1024,
        marks: if dice.percent(20) {
            2 + dice.below(12)
        } else {
            256
        },
        collected: if dice.percent(20) {
            1 + dice.below(6)
        } else {
            256
        },
        friends: if dice.percent(15) {
            1 + dice.below(3) as u32
        } else {
            5000
        },
        sessions_per_user: dice.of(&[2, 3, 10]),
        ttl_ms: dice.of(&[600_000, 600_000, 60_000]),
        resume_window_ms: dice.of(&[60_000, 10_000]),
        key: std::array::from_fn(|_| dice.word() as u8),
        strangers: Strangers {
            privacy,
            reach,
            epoch_ms: dice.of(&[15_000, 15_000, 4_000]),
            alias_ms: dice.of(&[3_600_000, 300_000, 45_000]),
            view_max: dice.of(&[50, 50, 50, 2, 5]),
            min_people: dice.of(&[1, 1, 1, 2, 3]),
            cells_per_hour: if credulous {
                u32::MAX
            } else {
                dice.of(&[2, 30])
            },
            speed_max_mps: if credulous { f64::INFINITY } else { 340.0 },
        },
        ..Config::default()
    }
}
