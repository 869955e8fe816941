//! An axis: which values it spans, where its ticks are and what stands beside them.

use super::numbers;

pub(super) struct Axis {
    from: f64,
    to: f64,
    logarithmic: bool,
    pub(super) ticks: Vec<Tick>,
}

pub(super) struct Tick {
    pub(super) value: f64,
    /// A line alone, between two that have a label.
    pub(super) label: Option<String>,
}

/// Of a linear axis.
const INTERVALS: f64 = 4.0;
const TIME_INTERVALS: f64 = 8.0;
/// What is round, times a power of ten.
const ROUND: [f64; 3] = [1.0, 2.0, 5.0];
/// More lines than this would be a hatching: those between decades are left out.
const MOST_LINES: usize = 16;

impl Axis {
    /// From 0 to at least `most`.
    pub(super) fn linear(most: f64, label: fn(f64) -> String) -> Self {
        let most = if most > 0.0 { most } else { 1.0 };
        let step = round_step(most / INTERVALS);
        let to = (most / step).ceil() * step;
        Self::stepped(to, step, label)
    }

    /// From 0 to exactly `end_s`.
    pub(super) fn time(end_s: u32) -> Self {
        const STEPS: [u32; 15] = [
            1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400,
        ];
        let least = f64::from(end_s) / TIME_INTERVALS;
        let step = STEPS.into_iter().map(f64::from).find(|&step| step >= least);
        Self::stepped(end_s.into(), step.unwrap_or(86_400.0), clock)
    }

    fn stepped(to: f64, step: f64, label: fn(f64) -> String) -> Self {
        let count = (to / step + 1e-9).floor() as u32;
        let ticks = (0..=count).map(|number| {
            let value = f64::from(number) * step;
            Tick {
                value,
                label: Some(label(value)),
            }
        });
        Self {
            from: 0.0,
            to,
            logarithmic: false,
            ticks: ticks.collect(),
        }
    }

    /// From a round value below `least` to one above `most`.
    pub(super) fn logarithmic(least: f64, most: f64, label: fn(f64) -> String) -> Self {
        let least = least.max(1e-3);
        let decades = least.log10().floor() as i32..=most.max(least).log10().ceil() as i32;
        let round: Vec<f64> = decades
            .map(|decade| 10_f64.powi(decade))
            .flat_map(|decade| ROUND.map(|times| times * decade))
            .collect();
        let below = round.iter().rposition(|&value| value <= least).unwrap_or(0);
        let above = round
            .iter()
            .position(|&value| value >= most && value > round[below]);
        let spanned = &round[below..=above.unwrap_or(round.len() - 1)];
        let is_short = spanned.len() <= 2 * ROUND.len();
        let ticks = spanned.iter().filter_map(|&value| {
            let is_decade = (value.log10() - value.log10().round()).abs() < 1e-9;
            let label = (is_decade || is_short).then(|| label(value));
            (label.is_some() || spanned.len() <= MOST_LINES).then_some(Tick { value, label })
        });
        Self {
            from: spanned[0],
            to: spanned[spanned.len() - 1],
            logarithmic: true,
            ticks: ticks.collect(),
        }
    }

    /// How far along the axis a value lies: 0 to 1.
    pub(super) fn share(&self, value: f64) -> f64 {
        let share = if self.logarithmic {
            (value.max(self.from) / self.from).ln() / (self.to / self.from).ln()
        } else {
            (value - self.from) / (self.to - self.from)
        };
        share.clamp(0.0, 1.0)
    }
}

fn round_step(least: f64) -> f64 {
    let decade = 10_f64.powf(least.log10().floor());
    let steps = ROUND.map(|times| times * decade);
    let round = steps.into_iter().find(|&step| step >= least * (1.0 - 1e-9));
    round.unwrap_or(10.0 * decade)
}

fn clock(second: f64) -> String {
    match second as u64 {
        0 => "0".to_owned(),
        second if second % 3_600 == 0 => format!("{} h", second / 3_600),
        second if second % 60 == 0 => format!("{} min", second / 60),
        second if second < 60 => numbers::seconds(second as f64),
        second => format!("{}:{:02}", second / 60, second % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks
            .iter()
            .filter_map(|tick| tick.label.as_deref())
            .collect()
    }

    #[test]
    fn a_linear_axis_has_round_ticks_and_room_for_the_most() {
        let axis = Axis::linear(970.0, numbers::number);
        assert_eq!(labels(&axis), ["0", "500", "1,000"]);
        assert_eq!(
            (axis.share(0.0), axis.share(500.0), axis.share(1e9)),
            (0.0, 0.5, 1.0)
        );
        assert_eq!(
            labels(&Axis::linear(0.31, numbers::number)),
            ["0", "0.1", "0.2", "0.3", "0.4"]
        );
        assert_eq!(
            labels(&Axis::linear(0.0, numbers::number)).first(),
            Some(&"0")
        );
    }

    #[test]
    fn a_logarithmic_axis_spans_round_values() {
        let axis = Axis::logarithmic(0.9, 812.0, numbers::ms);
        assert_eq!(labels(&axis), ["1 ms", "10 ms", "100 ms", "1 s"]);
        assert_eq!(axis.ticks.len(), 11);
        assert!((axis.share((0.5_f64 * 1000.0).sqrt()) - 0.5).abs() < 1e-9);
        assert_eq!((axis.share(0.0), axis.share(1e9)), (0.0, 1.0));
        let short = |least, most| Axis::logarithmic(least, most, numbers::ms);
        assert_eq!(labels(&short(1.0, 1.0)), ["1 ms", "2 ms"]);
        assert_eq!(
            labels(&short(2.6, 31.0)),
            ["2 ms", "5 ms", "10 ms", "20 ms", "50 ms"]
        );
        assert_eq!(short(0.0, 60_000.0).ticks.len(), 9);
    }

    #[test]
    fn time_is_told_as_people_tell_it() {
        assert_eq!(
            labels(&Axis::time(20)),
            ["0", "5 s", "10 s", "15 s", "20 s"]
        );
        assert_eq!(
            labels(&Axis::time(240)),
            [
                "0", "30 s", "1 min", "1:30", "2 min", "2:30", "3 min", "3:30", "4 min"
            ]
        );
        assert_eq!(labels(&Axis::time(14_400))[..3], ["0", "30 min", "1 h"]);
        assert_eq!(labels(&Axis::time(1_000_000)).len(), 12);
    }
}
