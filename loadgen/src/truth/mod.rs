//! What is so, and whether what clients saw agrees with it. Times are microseconds of the run.
//!
//! Everybody's statements about where she is are kept for a while as they were sent; every message
//! of the server is held against them, and from time to time every viewer's list is held against
//! all of her friends.

mod consenting;
mod trace;

mod judge;

mod exit;
mod eye;
mod heard;
mod list;
mod look;
mod sight;
mod stranger;

use std::sync::{Mutex, MutexGuard, PoisonError};

use nearcast::wire::Sharing;
use nearcast_grid::{Grid, Position};

use crate::town::Town;

use consenting::Consenting;
pub(crate) use eye::Eye;
pub(crate) use judge::Judge;
pub(crate) use trace::Said;
use trace::{IN_FLIGHT_US, Trace};

/// People in the first list that a hello asks for.
pub(crate) const FIRST_LIST: u32 = 100;

/// What the judge goes by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// What was said longer ago everybody must know who is to know it.
    pub(crate) freshness_us: u64,
    /// Who has said nothing for longer is shown to nobody.
    pub(crate) ttl_us: u64,
    /// Nobody is told of a shorter move.
    pub(crate) move_min_m: f64,
    /// What strangers, and friends of who shares approximately, may know.
    pub(crate) privacy: Grid,
    /// How often that is released.
    pub(crate) epoch_us: u64,
    /// Of every so many viewers one is judged.
    pub(crate) one_of: u32,
}

impl Rules {
    /// A cell is released at the second epoch, and so is that somebody has left it; beside that one
    /// epoch may be late.
    fn released_within_us(&self) -> u64 {
        3 * self.epoch_us
    }
}

/// The truth about everybody in a town.
pub(crate) struct World {
    pub(crate) town: Town,
    pub(crate) rules: Rules,
    traces: Vec<Mutex<Trace>>,
    consenting: Consenting,
}

impl World {
    pub(crate) fn new(town: Town, rules: Rules) -> Self {
        Self {
            traces: town.people().iter().map(|_| Mutex::default()).collect(),
            // Of a shorter step friends are not told, but where it leads into another cell the
            // server goes by it: nobody takes one, and none is in doubt.
            town: town.with_steps_over(rules.move_min_m),
            consenting: Consenting::new(rules.released_within_us()),
            rules,
        }
    }

    /// Somebody says where she is; `intended_us` is when she was to.
    pub(crate) fn says(&self, person: usize, position: Position, intended_us: u64, now_us: u64) {
        self.trace(person)
            .says(position, intended_us, now_us, self.rules.move_min_m);
        let number = person as u32;
        let person = &self.town.people()[person];
        if person.consents && person.sharing != Sharing::Off {
            let cell = self.rules.privacy.cell_at(position);
            self.consenting.is_in(number, cell, now_us);
        }
    }

    /// Her connection has ended: what she said just before may not have arrived.
    pub(crate) fn breaks_off(&self, person: usize, now_us: u64) {
        self.trace(person).breaks_off(now_us);
        self.consenting
            .breaks_off(person as u32, now_us, IN_FLIGHT_US);
    }

    fn trace(&self, person: usize) -> MutexGuard<'_, Trace> {
        let trace = self.traces[person].lock();
        trace.unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
