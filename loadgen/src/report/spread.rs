//! How much the seconds of a run differ among themselves, and so what is more than noise.

/// Fewer seconds say nothing about noise.
const FEWEST: usize = 10;
/// A deviation of the median in these units is a standard deviation, if the noise is normal.
const DEVIATIONS: f64 = 1.4826;
/// Runs differ by as much for no reason at all.
const LEAST_NOISE: f64 = 0.01;

pub(super) const HOW: &str = "\
How it is judged: a figure is the median of its seconds. Noise is how far a second of one run
typically is from a second of the other: 1.48 times the median absolute deviation of each, put
together as a root of squares, and at least 1 %. Only a larger change is called better or worse.
One run of each is compared: what differs from run to run, and not from second to second, is not
seen. Repeat the runs before you believe a small change.";

/// The middle of values, and how far they lie from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    deviation: f64,
    count: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    /// Of the value before.
    pub(super) share: f64,
    pub(super) noise: Option<f64>,
}

impl Spread {
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        let middle = median(&mut values)?;
        let mut distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
        Some(Self {
            median: middle,
            deviation: DEVIATIONS * median(&mut distances)?,
            count: values.len(),
        })
    }
}

impl Change {
    /// Nothing if there was nothing before.
    pub(super) fn between(before: Spread, after: Spread) -> Option<Self> {
        if before.median <= 0.0 {
            return None;
        }
        let enough = before.count.min(after.count) >= FEWEST;
        let noise = before.deviation.hypot(after.deviation) / before.median;
        Some(Self {
            share: after.median / before.median - 1.0,
            noise: enough.then(|| noise.max(LEAST_NOISE)),
        })
    }

    /// Whether it is more than noise; nothing when nobody can tell.
    pub(super) fn real(self) -> Option<bool> {
        self.noise.map(|noise| self.share.abs() > noise)
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(values[middle - 1], upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(values: &[f64]) -> Spread {
        Spread::of(values.iter().copied()).unwrap()
    }

    #[test]
    fn one_wild_second_moves_neither_middle_nor_deviation() {
        let spread = spread(&[10.0, 11.0, 9.0, 10.0, 5_000.0]);
        assert_eq!((spread.median, spread.deviation), (10.0, DEVIATIONS));
        assert_eq!(Spread::of(std::iter::empty()), None);
        assert_eq!(median(&mut [4.0, 1.0]), Some(2.5));
    }

    #[test]
    fn what_lies_within_the_seconds_is_noise() {
        let before: Vec<f64> = (0..20)
            .map(|second| 100.0 + f64::from(second % 5))
            .collect();
        let moved = |by: f64| before.iter().map(|value| value * by).collect::<Vec<_>>();
        let real = |by| {
            Change::between(spread(&before), spread(&moved(by)))
                .unwrap()
                .real()
        };
        assert_eq!(
            (real(1.01), real(1.1), real(0.9)),
            (Some(false), Some(true), Some(true))
        );
    }

    #[test]
    fn without_any_noise_one_percent_is_still_nothing() {
        let flat = |value| spread(&[value; 10]);
        let real = |after| Change::between(flat(100.0), flat(after)).unwrap().real();
        assert_eq!((real(100.9), real(101.1)), (Some(false), Some(true)));
    }

    #[test]
    fn a_few_seconds_are_too_few_to_tell() {
        let change = Change::between(spread(&[1.0; 9]), spread(&[2.0; 20])).unwrap();
        assert_eq!((change.share, change.real()), (1.0, None));
        assert_eq!(Change::between(spread(&[0.0]), spread(&[1.0])), None);
    }
}
