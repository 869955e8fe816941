//! Where somebody is at a time: on the streets of a town, or along a track that was recorded.

use nearcast_grid::{Position, distance_m};

use super::dice::Dice;
use super::ground::{Ground, Point};
use super::person::Resident;
use super::streets::Streets;
use super::walk::Walk;
use crate::scenario::Movement;
use crate::tracks::Track;

/// The least that people go, where a server tells of shorter moves too.
pub(super) const STEP_M: f64 = 12.0;
/// So much further than a server tells nobody of, that who judges it is not in doubt.
pub(super) const CLEAR_M: f64 = 2.0;
/// A server takes a move a second from each person (`limits.moves_per_s`); what a track has
/// beyond is left out.
const MOVES_EVERY_S: f64 = 1.0;

/// A place of a track, in seconds of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Stop {
    pub(super) at_s: f64,
    pub(super) position: Position,
}

/// The stops of a track whose first would be at `begins_ms`, so many times faster.
pub(super) fn stops(track: &Track, begins_ms: i64, faster: f64) -> Vec<Stop> {
    let mut stops: Vec<Stop> = Vec::new();
    for fix in &track.fixes {
        let at_s = (fix.at_ms - begins_ms) as f64 / 1000.0 / faster;
        if stops
            .last()
            .is_none_or(|last| at_s - last.at_s >= MOVES_EVERY_S)
        {
            let position = fix.position;
            stops.push(Stop { at_s, position });
        }
    }
    stops
}

/// What a route leads through: the same for all people of a town.
#[derive(Debug)]
pub(super) enum World {
    Streets {
        streets: Streets,
        grounds: Vec<Ground>,
        residents: Vec<Resident>,
    },
    Tracks(Vec<Vec<Stop>>),
}

/// The part of a route that changes.
#[derive(Clone, Debug)]
enum Progress {
    Walk(Walk),
    /// The stop that is next.
    Track(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Route {
    progress: Progress,
    told: Option<Position>,
}

impl World {
    fn stops(&self, person: usize) -> Option<&[Stop]> {
        match self {
            Self::Streets { .. } => None,
            Self::Tracks(tracks) => Some(tracks[person].as_slice()),
        }
    }

    /// When a track begins and ends; on the streets there is always somewhere to go.
    pub(super) fn span_s(&self, person: usize) -> Option<(f64, f64)> {
        let stops = self.stops(person)?;
        Some((stops.first()?.at_s, stops.last()?.at_s))
    }
}

impl Route {
    pub(super) fn new(world: &World, person: usize, movement: &Movement, dice: &mut Dice) -> Self {
        let progress = match world {
            World::Streets { residents, .. } => {
                Progress::Walk(Walk::new(residents[person].gait, movement, dice))
            }
            World::Tracks(_) => Progress::Track(0),
        };
        Self {
            progress,
            told: None,
        }
    }

    /// What she says of where she is: where she said last, to the centimetre, or at least
    /// `step_m` from there. Times do not go back.
    pub(super) fn tell(
        &mut self,
        now_s: f64,
        world: &World,
        step_m: f64,
        person: usize,
        movement: &Movement,
        dice: &mut Dice,
    ) -> Position {
        let now = match (&mut self.progress, world) {
            (
                Progress::Walk(walk),
                World::Streets {
                    streets,
                    grounds,
                    residents,
                },
            ) => {
                let Resident {
                    ground,
                    gait,
                    aside,
                } = residents[person];
                let point = walk.at(now_s, gait, streets, movement, dice);
                grounds[ground as usize].position(Point {
                    east: point.east + f64::from(aside[0]),
                    north: point.north + f64::from(aside[1]),
                })
            }
            (Progress::Track(next), World::Tracks(tracks)) => {
                let stops = &tracks[person];
                while stops.get(*next).is_some_and(|stop| stop.at_s <= now_s) {
                    *next += 1;
                }
                stops[next.saturating_sub(1)].position
            }
            _ => unreachable!("a route is made for its world"),
        };
        let told = match self.told {
            Some(told) if distance_m(told, now) < step_m => told,
            _ => now,
        };
        *self.told.insert(told)
    }

    /// When a track has her say something again; on the streets she does so by the clock.
    pub(super) fn next_s(&self, world: &World, person: usize) -> Option<f64> {
        match (&self.progress, world.stops(person)) {
            (Progress::Track(next), Some(stops)) => {
                Some(stops.get(*next).map_or(f64::INFINITY, |stop| stop.at_s))
            }
            _ => None,
        }
    }
}
