//! P13: nearcast against the textbook built well, by the processor time of all their processes:
//! saturated with every update at once, and at the book's own rates with nearcast sweeping every
//! 3 s.

use std::time::Duration;

use super::contender::rest;
use super::measured::Measured;
use super::roster::Entry;
use super::row::{Plan, Row};
use super::start::Town;
use crate::flags::say;

/// The book: everybody moves so often.
const MOVES_EVERY_S: u32 = 30;
/// Where nearcast holds changes: four updates a frame at that rate and 40 friends.
pub(super) const SWEEP: Duration = Duration::from_secs(3);
pub(super) const AT_ONCE_GOAL: f64 = 0.9;
pub(super) const BOOK_GOAL: f64 = 0.4;

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

/// Processor time per delivery, one against the other.
pub(super) fn ratio(ours: &Measured, textbook: &Measured) -> f64 {
    ours.us_per_delivery() / textbook.us_per_delivery()
}

/// P13 at equal freshness, of rows by name.
pub(super) fn at_once(ours: &Row, textbook: &Row) -> Option<f64> {
    Some(ratio(
        ours.saturated.as_ref()?,
        textbook.saturated.as_ref()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(cpu_ms: u64) -> Measured {
        Measured {
            elapsed: Duration::from_secs(10),
            cpu: Duration::from_millis(cpu_ms),
            heard: 1_000,
            published: 1_000,
            delivered: 1_000,
            segments: None,
            ns: None,
        }
    }

    #[test]
    fn the_ratio_is_of_time_per_delivery() {
        assert!((ratio(&measured(30), &measured(40)) - 0.75).abs() < 1e-9);
        let row = |cpu_ms| Row {
            saturated: Some(measured(cpu_ms)),
            ..Row::default()
        };
        assert!(at_once(&row(30), &row(40)).is_some_and(|ratio| (ratio - 0.75).abs() < 1e-9));
        assert_eq!(at_once(&row(30), &Row::default()), None);
    }
}
