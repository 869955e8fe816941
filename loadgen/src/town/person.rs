//! One person: what a server is told about her, and what only her course needs.

use nearcast::wire::{Encoding, Sharing};

use super::dice::Dice;
use super::streets::Streets;
use super::walk::{Gait, Pace};
use crate::scenario::Scenario;

/// Homes lie so far off the crossings, in both directions.
const ASIDE_M: f64 = 8.0;

#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Of the whole run, whichever process plays her.
    pub name: String,
    /// Places in the town's list of people, sorted; they have her in theirs.
    pub friends: Vec<u32>,
    /// Friends beyond these, who exist and never come.
    pub absent: u32,
    pub sharing: Sharing,
    /// To be shown to strangers.
    pub consents: bool,
    /// Has the mode strangers.
    pub strangers: bool,
    pub encoding: Encoding,
    pub radius_m: f32,
    pub reads: Reads,
}

/// How what comes for her is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    Always,
    Slowly { bytes_per_s: u32 },
}

impl Person {
    /// What does not hang on where she lives. `number`: of the whole run.
    pub(super) fn new(
        number: u32,
        friends: Vec<u32>,
        scenario: &Scenario,
        dice: &mut Dice,
    ) -> Self {
        let (sessions, trouble) = (&scenario.sessions, &scenario.trouble);
        let chance = dice.unit();
        let sharing = match chance - sessions.off {
            rest if rest < 0.0 => Sharing::Off,
            rest if rest < sessions.approximate => Sharing::Approximate,
            _ => Sharing::Exact,
        };
        let strangers = dice.falls(sessions.strangers);
        let consents = dice.falls(sessions.consent) && strangers;
        let encoding = match dice.falls(sessions.json) {
            true => Encoding::Json,
            false => Encoding::Protobuf,
        };
        let reads = match dice.falls(trouble.slow) {
            true => Reads::Slowly {
                bytes_per_s: trouble.slow_bytes_per_s,
            },
            false => Reads::Always,
        };
        Self {
            name: format!("p{number:07}"),
            friends,
            absent: scenario.friends.absent,
            sharing,
            consents,
            strangers,
            encoding,
            radius_m: sessions.radius_m as f32,
            reads,
        }
    }

    /// The names of the friends who never come.
    pub fn absent_names(&self) -> impl Iterator<Item = String> {
        (0..self.absent).map(|absent| format!("{}.{absent}", self.name))
    }
}

/// What happens to her link, of all that can.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fate {
    pub(super) number: u32,
    pub(super) goes_silent: bool,
    pub(super) sleeps: bool,
}

impl Fate {
    pub(super) fn new(number: u32, scenario: &Scenario, dice: &mut Dice) -> Self {
        Self {
            number,
            goes_silent: dice.falls(scenario.trouble.silent),
            sleeps: dice.falls(scenario.trouble.sleep),
        }
    }
}

/// Where she lives, and how she gets about from there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resident {
    /// The place of her district's in the town's list of grounds.
    pub(super) ground: u32,
    pub(super) gait: Gait,
    /// Metres east and north that she keeps from the middle of the street.
    pub(super) aside: [f32; 2],
}

impl Resident {
    pub(super) fn new(
        ground: u32,
        streets: &Streets,
        scenario: &Scenario,
        dice: &mut Dice,
    ) -> Self {
        let most = ASIDE_M.min(streets.block_m / 4.0);
        let gait = Gait {
            pace: Pace::of(&scenario.movement, dice),
            haste: dice.between(0.85, 1.15) as f32,
            home: streets.home(dice),
        };
        Self {
            ground,
            gait,
            aside: [(); 2].map(|()| dice.between(-most, most) as f32),
        }
    }
}
