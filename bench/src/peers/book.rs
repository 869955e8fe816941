//! P13 at the book's own rate, with nearcast sweeping every 3 s: the processor time of all processes
//! of both sides.

use std::time::Duration;

use super::contender::rest;
use super::measured::Measured;
use super::roster::Entry;
use super::row::Plan;
use super::start::Town;
use crate::flags::say;

/// The book: everybody moves so often.
const MOVES_EVERY_S: u32 = 30;
/// Where nearcast holds changes: four updates a frame at that rate and 40 friends.
pub(super) const SWEEP: Duration = Duration::from_secs(3);

/// The same rate for both.
pub(super) struct Book {
    pub(super) rate: u32,
    pub(super) textbook: Measured,
    /// By the name of the encoding.
    pub(super) ours: Vec<(&'static str, Measured)>,
}

/// Deliveries per second when everybody in a group moves every half minute.
fn rate(town: &Town) -> u32 {
    let friends = town.groups.friends();
    let people = town.groups.count() as u32 * (friends + 1);
    (people * friends / MOVES_EVERY_S).max(1)
}

impl Book {
    /// One right after the other: what else the machine does meets all.
    pub(super) fn measure(
        plan: &Plan,
        town: &Town,
        textbook: &Entry,
        ours: &[Entry],
    ) -> Result<Self, String> {
        let rate = rate(town);
        let sweeps = plan.length.as_secs().div_ceil(SWEEP.as_secs()).max(2);
        let length = SWEEP * sweeps as u32;
        say("peers", &format!("the book's rate, {rate} deliveries/s"));
        let mut all = Vec::new();
        for entry in ours {
            let mut contender = town.ours(entry, SWEEP.as_millis() as u64)?;
            contender.come(town.groups.clients())?;
            rest(&mut *contender, SWEEP)?;
            let measured = plan.at_rate(town, &mut *contender, rate, length)?;
            all.push((entry.name, measured));
        }
        let mut contender = town.start(textbook)?;
        contender.come(town.groups.clients())?;
        let textbook = plan.at_rate(town, &mut *contender, rate, length)?;
        Ok(Self {
            rate,
            textbook,
            ours: all,
        })
    }
}
