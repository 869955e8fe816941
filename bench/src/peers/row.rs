//! What is known of one peer after its run, and the order in which it is measured: memory of idle
//! connections, saturated, then each rate.

use std::time::Duration;

use super::closed::Closed;
use super::contender::{Contender, memory_of, rest};
use super::measured::Measured;
use super::open::Open;
use super::roster::{Entry, Kind};
use super::start::Town;
use crate::flags::say;

/// Movers of a round where changes are held: what a sweep has for everybody.
pub(super) const HELD_MOVERS: u32 = 10;
/// Between two measurements of one peer.
const PAUSE: Duration = Duration::from_millis(500);
/// Until what is missing will not come: longer than anybody holds anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// How everything is measured.
pub(super) struct Plan {
    pub(super) length: Duration,
    pub(super) rates: Vec<u32>,
    /// Clients at the first reading of the memory.
    pub(super) from: u32,
    pub(super) settle: Duration,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// KB of user memory per idle connection.
    pub(super) memory: Option<f64>,
    pub(super) saturated: Option<Measured>,
    /// By rate; none where it says nothing.
    pub(super) rates: Vec<(u32, Option<Measured>)>,
}

impl Row {
    /// What was to be heard over all measurements, and what was.
    pub(super) fn counts(&self) -> (u64, u64) {
        let rates = self
            .rates
            .iter()
            .filter_map(|(_, measured)| measured.as_ref());
        let all = self.saturated.iter().chain(rates);
        all.fold((0, 0), |(published, delivered), measured| {
            (
                published + measured.published,
                delivered + measured.delivered,
            )
        })
    }

    pub(super) fn at(&self, rate: u32) -> Option<&Measured> {
        let found = self.rates.iter().find(|(other, _)| *other == rate);
        found.and_then(|(_, measured)| measured.as_ref())
    }
}

impl Plan {
    /// So much of a run is not measured.
    pub(super) fn warm_up(&self) -> Duration {
        self.length.min(Duration::from_secs(2))
    }

    pub(super) fn measure(&self, town: &Town, entry: &Entry) -> Result<Row, String> {
        let mut row = Row::default();
        let mut started = town.start(entry)?;
        let contender = &mut *started;
        row.memory = self.gather(town, entry, contender)?;
        stage(entry, "saturated");
        row.saturated = Some(self.saturate(town, entry, contender)?);
        for &rate in &self.rates {
            let measured = if says_something(town, entry, rate) {
                rest(contender, PAUSE)?;
                stage(entry, &format!("{rate} deliveries/s"));
                Some(self.at_rate(town, contender, rate, self.length)?)
            } else {
                None
            };
            row.rates.push((rate, measured));
        }
        Ok(row)
    }

    /// Everybody comes; on the way, what an idle connection costs.
    fn gather(
        &self,
        town: &Town,
        entry: &Entry,
        contender: &mut dyn Contender,
    ) -> Result<Option<f64>, String> {
        let all = town.groups.clients();
        if !contender.idles() {
            contender.come(all)?;
            return Ok(None);
        }
        let mut readings = [0; 2];
        for (reading, count) in readings.iter_mut().zip([self.from, all]) {
            stage(entry, &format!("{count} idle clients"));
            contender.come(count)?;
            rest(contender, self.settle)?;
            *reading = memory_of(contender)?;
        }
        Ok(Some(slope(readings, all - self.from)))
    }

    fn saturate(
        &self,
        town: &Town,
        entry: &Entry,
        contender: &mut dyn Contender,
    ) -> Result<Measured, String> {
        let movers = match entry.kind {
            Kind::Ours { held_s: 1.., .. } => HELD_MOVERS.min(town.groups.friends()),
            _ => 1,
        };
        let closed = Closed {
            groups: &town.groups,
            movers,
            warm_up: self.warm_up(),
            length: self.length,
            patience: PATIENCE,
        };
        closed.run(contender)
    }

    pub(super) fn at_rate(
        &self,
        town: &Town,
        contender: &mut dyn Contender,
        rate: u32,
        length: Duration,
    ) -> Result<Measured, String> {
        let open = Open {
            groups: &town.groups,
            deliveries_per_s: rate,
            warm_up: self.warm_up(),
            length,
            patience: PATIENCE,
        };
        open.run(contender)
    }
}

fn stage(entry: &Entry, what: &str) {
    say("peers", &format!("{}: {what}", entry.name));
}

/// Where changes are held, who moves twice meanwhile is told of once: that is what holding is
/// for, and then a count of updates says nothing.
fn says_something(town: &Town, entry: &Entry, rate: u32) -> bool {
    let Kind::Ours { held_s, .. } = entry.kind else {
        return true;
    };
    let friends = f64::from(town.groups.friends());
    let moves_per_group_s = f64::from(rate) / friends / town.groups.count() as f64;
    held_s as f64 * moves_per_group_s < 0.8 * (friends + 1.0)
}

/// KB for each client more.
fn slope([few, many]: [u64; 2], clients: u32) -> f64 {
    (many as f64 - few as f64) / f64::from(clients) / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_the_slope_between_two_readings() {
        assert!((slope([5_000_000, 8_000_000], 1_000) - 3.0).abs() < 1e-9);
        assert!((slope([5_000_000, 4_000_000], 1_000) + 1.0).abs() < 1e-9);
    }

    #[test]
    fn what_was_published_and_delivered_is_added_up() {
        let measured = |published, delivered| Measured {
            elapsed: Duration::from_secs(1),
            cpu: Duration::from_secs(1),
            heard: delivered,
            published,
            delivered,
            segments: None,
            ns: None,
            late_ms: None,
        };
        let row = Row {
            memory: None,
            saturated: Some(measured(10, 10)),
            rates: vec![(5, Some(measured(7, 6))), (9, None)],
        };
        assert_eq!(row.counts(), (17, 16));
        assert_eq!(row.at(5).map(|at| at.delivered), Some(6));
        assert!(row.at(9).is_none() && row.at(1).is_none());
    }
}
