//! A whole run as numbers: what the page shows, and what `report.json` keeps for comparison.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Verdict;
use super::numbers::seconds;
use crate::tally::{Delays, Faults, Percentiles, Second, Tally};

/// What was run, and when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Occasion {
    pub title: String,
    /// The scenario's name.
    pub scenario: String,
    pub parameters: BTreeMap<String, String>,
    /// As text, in ISO 8601.
    pub started: String,
    pub duration_s: f64,
    /// What it was to last, if it did not: it was told to end, or broke.
    #[serde(default)]
    pub ended_early_of_s: Option<f64>,
    /// Seconds before this one are shown, and their faults count, but they are in no total: people
    /// were still arriving.
    pub measured_from_s: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    #[serde(flatten)]
    pub occasion: Occasion,
    pub people: u32,
    /// So many people were checked, if not all.
    pub sampled: Option<u32>,
    /// Looks at whether somebody saw what she should of somebody.
    pub checked: u64,
    pub verdict: Verdict,
    pub totals: Totals,
    pub faults: Faults,
    pub seconds: Vec<Point>,
}

/// One second of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub at_s: u32,
    pub connected: u32,
    pub moves: u64,
    pub deliveries: u64,
    pub frames: u64,
    pub bytes: u64,
    pub errors: u64,
    /// Found in this second; how many of each kind is told for the whole run.
    pub faults: u64,
    pub latency: Option<Percentiles>,
    pub late_p99_ms: Option<f64>,
    /// From when somebody wanted to be connected to her welcome.
    pub connecting: Option<Percentiles>,
    pub server: Option<Server>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Cores busy, on average over the second.
    pub busy_cores: f64,
    pub cores: u32,
    pub memory: u64,
}

/// Over all measured seconds; `errors`, `connecting` and `connected_most` over the whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    pub connected_most: u32,
    pub moves: u64,
    pub deliveries: u64,
    pub frames: u64,
    pub bytes: u64,
    pub errors: u64,
    pub moves_per_s: f64,
    pub deliveries_per_s: f64,
    pub latency: Option<Percentiles>,
    pub late_p99_ms: Option<f64>,
    pub connecting: Option<Percentiles>,
    pub cpu_s: Option<f64>,
    pub memory_most: Option<u64>,
    pub deliveries_per_core_s: Option<f64>,
}

impl Totals {
    /// Why there are no deliveries per core.
    pub(super) fn why_not_per_core(&self) -> &'static str {
        match self.cpu_s {
            Some(_) => "its processor time was too short to be counted",
            None => "not seen from here",
        }
    }
}

impl Occasion {
    /// In words.
    pub(super) fn lasted(&self) -> String {
        let lasted = seconds(self.duration_s);
        self.ended_early_of_s.map_or_else(
            || lasted.clone(),
            |planned_s| format!("{lasted} of {}", seconds(planned_s)),
        )
    }
}

impl Run {
    /// Nobody has judged it yet: see [`Run::judged`].
    #[must_use]
    pub fn new(occasion: Occasion, tally: &Tally) -> Self {
        let mut points = Vec::new();
        let mut sum = Sum::default();
        for second in tally.seconds() {
            sum.add(&second, second.at_s >= occasion.measured_from_s);
            points.push(Point::of(&second));
        }
        Self {
            occasion,
            people: tally.people,
            sampled: tally.sampled,
            checked: tally.checked,
            verdict: Verdict::none_yet(),
            totals: sum.totals(),
            faults: tally.faults.clone(),
            seconds: points,
        }
    }

    /// The seconds that totals are about.
    pub fn measured(&self) -> impl Iterator<Item = &Point> {
        let from_s = self.occasion.measured_from_s;
        self.seconds.iter().filter(move |one| one.at_s >= from_s)
    }
}

impl Point {
    fn of(second: &Second) -> Self {
        Self {
            at_s: second.at_s,
            connected: second.connected,
            moves: second.moves,
            deliveries: second.deliveries,
            frames: second.frames,
            bytes: second.bytes,
            errors: second.errors,
            faults: second.faults.total(),
            latency: second.latency.percentiles(),
            late_p99_ms: second.lateness.ms(0.99),
            connecting: second.connecting.percentiles(),
            server: second.server.map(|usage| Server {
                busy_cores: usage.cpu_s,
                cores: usage.cores,
                memory: usage.memory,
            }),
        }
    }

    /// Of this second alone; nothing while the server was idle or out of sight.
    pub(super) fn deliveries_per_core_s(&self) -> Option<f64> {
        let busy = self.server?.busy_cores;
        (busy > 0.0).then(|| self.deliveries as f64 / busy)
    }
}

#[derive(Default)]
struct Sum {
    seconds: u32,
    totals: Totals,
    latency: Delays,
    lateness: Delays,
    connecting: Delays,
    /// While the server was watched.
    watched_deliveries: u64,
}

impl Sum {
    fn add(&mut self, second: &Second, measured: bool) {
        let totals = &mut self.totals;
        totals.connected_most = totals.connected_most.max(second.connected);
        totals.errors += second.errors;
        self.connecting.merge(&second.connecting);
        if !measured {
            return;
        }
        self.seconds += 1;
        totals.moves += second.moves;
        totals.deliveries += second.deliveries;
        totals.frames += second.frames;
        totals.bytes += second.bytes;
        self.latency.merge(&second.latency);
        self.lateness.merge(&second.lateness);
        if let Some(server) = second.server {
            self.watched_deliveries += second.deliveries;
            *totals.cpu_s.get_or_insert(0.0) += server.cpu_s;
            totals.memory_most = totals.memory_most.max(Some(server.memory));
        }
    }

    fn totals(self) -> Totals {
        let per_s = |count: u64| count as f64 / f64::from(self.seconds.max(1));
        let deliveries = self.watched_deliveries as f64;
        let busy = self.totals.cpu_s.filter(|&cpu_s| cpu_s > 0.0);
        Totals {
            moves_per_s: per_s(self.totals.moves),
            deliveries_per_s: per_s(self.totals.deliveries),
            latency: self.latency.percentiles(),
            late_p99_ms: self.lateness.ms(0.99),
            connecting: self.connecting.percentiles(),
            deliveries_per_core_s: busy.map(|cpu_s| deliveries / cpu_s),
            ..self.totals
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::tally::Usage;

    #[test]
    fn totals_are_of_the_measured_seconds() {
        let run = sample::run(20);
        assert_eq!(run.seconds.len(), 20);
        assert_eq!(run.measured().count(), 15);
        let deliveries: u64 = run.measured().map(|one| one.deliveries).sum();
        assert_eq!(run.totals.deliveries, deliveries);
        assert_eq!(run.totals.deliveries_per_s, deliveries as f64 / 15.0);
        let cpu_s = run.totals.cpu_s.unwrap();
        let per_core = run.totals.deliveries_per_core_s.unwrap();
        assert!((per_core * cpu_s - deliveries as f64).abs() < 1e-6 * deliveries as f64);
    }

    #[test]
    fn percentiles_are_of_all_deliveries_and_not_means_of_seconds() {
        let mut tally = Tally::new(2, None);
        for at_s in 0..10 {
            let mut second = Second::new(at_s);
            // One second has nearly everything, and is slow.
            let (count, ms) = if at_s == 3 { (990, 500) } else { (1, 1) };
            for _ in 0..count {
                second.latency.record(std::time::Duration::from_millis(ms));
            }
            tally.add(&second);
        }
        let run = Run::new(Occasion::default(), &tally);
        let p50_ms = run.totals.latency.unwrap().p50_ms;
        assert!((500.0..500.5).contains(&p50_ms), "{p50_ms}");
    }

    #[test]
    fn an_idle_server_has_no_deliveries_per_core() {
        let mut tally = Tally::new(2, None);
        tally.add(&Second {
            deliveries: 5,
            server: Some(Usage::default()),
            ..Second::new(0)
        });
        let totals = Run::new(Occasion::default(), &tally).totals;
        assert_eq!(
            (totals.cpu_s, totals.deliveries_per_core_s),
            (Some(0.0), None)
        );
        assert!(totals.why_not_per_core().contains("too short"));
    }

    #[test]
    fn a_run_without_a_single_second_is_a_run() {
        let run = Run::new(Occasion::default(), &Tally::default());
        assert_eq!(run.totals, Totals::default());
        assert!(!run.verdict.ok);
    }
}
