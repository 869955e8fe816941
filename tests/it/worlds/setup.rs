//! What a world is like before anything happens in it: who lives there, where it lies.

use nearcast_grid::Position;

use super::dice::Dice;
use super::globe::{Tile, place, walk};

pub(crate) struct Setup {
    /// Of each user: id, and the pool that her token claims.
    pub(crate) people: Vec<(String, String)>,
    /// In words, for who reads a failure.
    pub(crate) lies: String,
    /// Radii that sessions choose from.
    pub(crate) radii: [f64; 4],
    /// Where people go.
    pub(crate) spots: Vec<Position>,
    /// Strangers are looked for at all.
    pub(crate) strangers: bool,
}

impl Setup {
    pub(crate) fn new(seed: u64, dice: &mut Dice) -> Self {
        let users = 3 + dice.of(&[0, 1, 2, 3, 4, 9]);
        let radius = dice.of(&[100.0_f64, 300.0, 1_000.0, 3_000.0, 8_047.0, 50_000.0]);
        let (lies, centre) = centre(dice);
        let spread = dice.of(&[40.0, radius, radius * 1.6]);
        let spots = (0..6).map(|_| {
            let far = dice.between(0.0, 1.0).powi(2) * spread;
            walk(centre, dice.between(0.0, 360.0), far)
        });
        let spots = spots.collect();
        let people = (0..users).map(|user| {
            // Worlds may lie on each other: their strangers must not meet.
            let teens = if dice.percent(15) { "-teens" } else { "" };
            (id(seed, user), format!("world {seed}{teens}"))
        });
        Self {
            people: people.collect(),
            lies: format!("{lies}, radius {radius} m, spread {spread} m"),
            radii: [
                radius,
                radius,
                (radius * 0.7 + 30.0).round(),
                dice.of(&[100.0, 1_000.0, 50_000.0]),
            ],
            spots,
            strangers: dice.percent(70),
        }
    }
}

/// What stands in a user's id and nowhere else.
pub(crate) fn mark(seed: u64, user: usize) -> String {
    format!("~{seed}.{user}~")
}

/// Ids as an app might have them.
fn id(seed: u64, user: usize) -> String {
    let mark = mark(seed, user);
    match user % 6 {
        0 => format!("u{mark}"),
        1 => format!("a b/c?d#e%41&+{mark}"),
        2 => format!("{mark}민준 ÿ 😀"),
        3 => format!("{mark:x<64}"),
        4 => format!("../\"{mark}\\'"),
        _ => format!("{mark}@example.com;v=1,2"),
    }
}

fn centre(dice: &mut Dice) -> (&'static str, Position) {
    let anywhere = place(dice.between(-70.0, 70.0), dice.between(-180.0, 180.0));
    let polar = 90.0 - dice.between(0.0, 1.0).powi(4) * 0.02;
    match dice.below(6) {
        0 => ("at the north pole", place(polar, anywhere.lon())),
        1 => ("at the south pole", place(-polar, anywhere.lon())),
        2 => {
            let lon = 180.0 + dice.between(-0.002, 0.002);
            ("at the antimeridian", place(anywhere.lat(), lon))
        }
        3 | 4 => ("at the corner of a cell", Tile::at(anywhere).corner()),
        _ => ("somewhere", anywhere),
    }
}
