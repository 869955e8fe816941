//! The seconds of a run, as few as a plot has room for.

use super::Point;
use crate::tally::Percentiles;

/// A plot cannot show more than one in three of its pixels.
const MOST: u32 = 240;

/// Stretches of the run that are drawn as one: counts and processor time are means by second,
/// connections, memory and percentiles those of the worst second, so that no stall is smoothed
/// away.
pub(super) struct Steps {
    pub(super) width_s: u32,
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Default, PartialEq)]
pub(super) struct Step {
    pub(super) from_s: u32,
    pub(super) connected: u32,
    pub(super) moves_per_s: f64,
    pub(super) deliveries_per_s: f64,
    pub(super) faults: u64,
    pub(super) latency: Option<Percentiles>,
    pub(super) connecting: Option<Percentiles>,
    pub(super) busy_cores: Option<f64>,
    pub(super) memory: Option<f64>,
}

impl Steps {
    pub(super) fn of(points: &[Point]) -> Self {
        let end_s = points.last().map_or(0, |last| last.at_s + 1);
        let width_s = end_s.div_ceil(MOST).max(1);
        let steps = points
            .chunk_by(|one, two| one.at_s / width_s == two.at_s / width_s)
            .map(|seconds| Step::of(seconds, width_s))
            .collect();
        Self { width_s, steps }
    }

    pub(super) fn end_s(&self) -> u32 {
        let last = self.steps.last();
        last.map_or(1, |last| last.from_s + self.width_s)
    }
}

impl Step {
    fn of(seconds: &[Point], width_s: u32) -> Self {
        let count = seconds.len() as f64;
        let mean = |value: fn(&Point) -> u64| {
            let sum: u64 = seconds.iter().map(value).sum();
            sum as f64 / count
        };
        let servers: Vec<_> = seconds.iter().filter_map(|one| one.server).collect();
        let busy: f64 = servers.iter().map(|one| one.busy_cores).sum();
        Self {
            from_s: seconds[0].at_s / width_s * width_s,
            connected: most(seconds, |one| one.connected),
            moves_per_s: mean(|one| one.moves),
            deliveries_per_s: mean(|one| one.deliveries),
            faults: seconds.iter().map(|one| one.faults).sum(),
            latency: seconds.iter().filter_map(|one| one.latency).reduce(worst),
            connecting: seconds
                .iter()
                .filter_map(|one| one.connecting)
                .reduce(worst),
            busy_cores: (!servers.is_empty()).then(|| busy / servers.len() as f64),
            memory: servers.iter().map(|one| one.memory as f64).reduce(f64::max),
        }
    }
}

fn most(seconds: &[Point], value: fn(&Point) -> u32) -> u32 {
    seconds.iter().map(value).max().unwrap_or_default()
}

fn worst(one: Percentiles, two: Percentiles) -> Percentiles {
    Percentiles {
        p50_ms: one.p50_ms.max(two.p50_ms),
        p90_ms: one.p90_ms.max(two.p90_ms),
        p99_ms: one.p99_ms.max(two.p99_ms),
        p999_ms: one.p999_ms.max(two.p999_ms),
        max_ms: one.max_ms.max(two.max_ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_short_run_is_drawn_second_by_second() {
        let run = sample::run(20);
        let steps = Steps::of(&run.seconds);
        assert_eq!(
            (steps.width_s, steps.steps.len(), steps.end_s()),
            (1, 20, 20)
        );
        assert_eq!(steps.steps[7].latency, run.seconds[7].latency);
    }

    #[test]
    fn a_long_run_keeps_its_slowest_second() {
        let mut points: Vec<Point> = (0..3_600)
            .map(|at_s| Point {
                at_s,
                moves: 10,
                ..Point::default()
            })
            .collect();
        let slow = sample::run(20).seconds[sample::SLOW_S as usize].latency;
        points[1_000].latency = slow;
        let steps = Steps::of(&points);
        assert_eq!((steps.width_s, steps.steps.len()), (15, 240));
        assert!(steps.steps.iter().all(|step| step.moves_per_s == 10.0));
        let drawn: Vec<_> = steps.steps.iter().filter_map(|step| step.latency).collect();
        assert_eq!(drawn, [slow.unwrap()]);
    }

    #[test]
    fn seconds_of_which_nobody_told_leave_a_gap() {
        let points = [3, 4, 9].map(|at_s| Point {
            at_s,
            ..Point::default()
        });
        let steps = Steps::of(&points);
        let from: Vec<_> = steps.steps.iter().map(|step| step.from_s).collect();
        assert_eq!(from, [3, 4, 9]);
        assert_eq!(Steps::of(&[]).end_s(), 1);
    }
}
