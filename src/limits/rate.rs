//! A rate and its cell: the generic cell rate algorithm, one number per who is limited.
//!
//! The number is the time at which the bucket will be full again. Nobody fills buckets.

const MS: u64 = 1_000_000;

/// So many at once, and afterwards one per interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Nanoseconds that one costs.
    interval: u64,
    /// What all that may come at once cost together.
    burst: u64,
}

impl Rate {
    /// A rate that is no number, or not positive, is the slowest.
    #[must_use]
    pub fn per_second(per_s: f64, burst: u32) -> Self {
        Self::every(1e9 / per_s, burst)
    }

    /// `count` a minute, which may come at once.
    #[must_use]
    pub fn per_minute(count: u32) -> Self {
        Self::every(60e9 / f64::from(count), count)
    }

    /// `count` an hour, which may come at once.
    #[must_use]
    pub fn per_hour(count: u32) -> Self {
        Self::every(3600e9 / f64::from(count), count)
    }

    fn every(nanoseconds: f64, burst: u32) -> Self {
        let some = nanoseconds > 0.0;
        // As a float beyond the range becomes its end.
        let interval = if some {
            nanoseconds.round() as u64
        } else {
            u64::MAX
        };
        let interval = interval.max(1);
        Self {
            interval,
            burst: interval.saturating_mul(u64::from(burst.max(1))),
        }
    }

    /// How many may come at once.
    #[must_use]
    pub fn at_once(&self) -> u64 {
        self.burst / self.interval
    }

    /// When the bucket will be full after `count` more are taken from one that is full at `full`;
    /// or after how many milliseconds they could be.
    pub(super) fn after(&self, full: u64, now_ms: u64, count: u32) -> Result<u64, u64> {
        let now = now_ms.saturating_mul(MS);
        let cost = self.interval.saturating_mul(u64::from(count));
        let full = full.max(now).saturating_add(cost);
        match (full - now).checked_sub(self.burst) {
            None | Some(0) if full < u64::MAX => Ok(full),
            over => Err(over.unwrap_or(0).div_ceil(MS).max(1)),
        }
    }
}

/// One bucket: 8 bytes, full when it is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gcra(u64);

impl Gcra {
    /// Takes `count`; or says after how many milliseconds they could be had, and takes nothing.
    pub fn take(&mut self, rate: &Rate, now_ms: u64, count: u32) -> Result<(), u64> {
        self.0 = rate.after(self.0, now_ms, count)?;
        Ok(())
    }

    #[must_use]
    pub fn is_full(&self, now_ms: u64) -> bool {
        is_full(self.0, now_ms)
    }
}

pub(super) fn is_full(full: u64, now_ms: u64) -> bool {
    full <= now_ms.saturating_mul(MS)
}

/// Milliseconds until it is full.
pub(super) fn full_in(full: u64, now_ms: u64) -> u64 {
    full.saturating_sub(now_ms.saturating_mul(MS)).div_ceil(MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_700_000_000_000;

    /// A bucket as one would think of it: tokens that come back with time.
    struct Bucket {
        tokens: f64,
        at: u64,
    }

    impl Bucket {
        fn take(&mut self, per_s: f64, burst: f64, now: u64, count: f64) -> bool {
            self.tokens = (self.tokens + (now - self.at) as f64 * per_s / 1000.0).min(burst);
            self.at = now;
            let enough = self.tokens + 1e-6 >= count;
            if enough {
                self.tokens -= count;
            }
            enough
        }
    }

    #[test]
    fn one_a_second_with_a_burst_of_60_gives_60_at_once_and_then_one_a_second() {
        let (rate, mut cell) = (Rate::per_second(1.0, 60), Gcra::default());
        assert_eq!(rate.at_once(), 60);
        assert!((0..60).all(|_| cell.take(&rate, NOW, 1).is_ok()));
        assert_eq!(cell.take(&rate, NOW, 1), Err(1000));
        let passed = (1..=600_000).filter(|ms| cell.take(&rate, NOW + ms, 1).is_ok());
        assert_eq!(
            passed.collect::<Vec<_>>(),
            (1..=600).map(|s| s * 1000).collect::<Vec<_>>()
        );
    }

    #[test]
    fn the_time_it_names_is_the_first_at_which_it_gives() {
        for (per_s, burst) in [(1.0, 1), (0.3, 5), (7.0, 3), (100.0, 100), (1e6, 10)] {
            let (rate, mut cell) = (Rate::per_second(per_s, burst), Gcra::default());
            while cell.take(&rate, NOW, 1).is_ok() {}
            let wait = cell.take(&rate, NOW, 1).unwrap_err();
            assert!(
                cell.take(&rate, NOW + wait - 1, 1).is_err(),
                "{per_s} {burst}"
            );
            assert!(cell.take(&rate, NOW + wait, 1).is_ok(), "{per_s} {burst}");
        }
    }

    #[test]
    fn a_cell_gives_what_a_bucket_gives() {
        let mut dice = 88_172_645_463_325_252_u64;
        for (per_s, burst) in [(1.0, 60), (20.0, 200), (0.5, 3), (250.0, 1)] {
            let (rate, mut cell) = (Rate::per_second(per_s, burst), Gcra::default());
            let tokens = f64::from(burst);
            let mut bucket = Bucket { tokens, at: NOW };
            let mut now = NOW;
            for step in 0..20_000 {
                dice ^= dice << 13;
                dice ^= dice >> 7;
                dice ^= dice << 17;
                now += dice % 5 * (dice >> 32) % 700;
                let count = 1 + (dice >> 16) as u32 % 3;
                let expected = bucket.take(per_s, tokens, now, f64::from(count));
                let given = cell.take(&rate, now, count).is_ok();
                assert_eq!(given, expected, "{per_s}/s, burst {burst}, step {step}");
            }
        }
    }

    #[test]
    fn more_than_the_burst_never_comes() {
        let (rate, mut cell) = (Rate::per_second(10.0, 5), Gcra::default());
        assert!(cell.take(&rate, NOW, 6).is_err());
        assert!(cell.take(&rate, NOW, 5).is_ok());
    }

    #[test]
    fn minutes_and_hours_are_counted_from_the_first() {
        let (rate, mut cell) = (Rate::per_minute(100), Gcra::default());
        assert!((0..100).all(|_| cell.take(&rate, NOW, 1).is_ok()));
        assert_eq!(cell.take(&rate, NOW, 1), Err(600));
        let (rate, mut cell) = (Rate::per_hour(20), Gcra::default());
        assert!((0..20).all(|_| cell.take(&rate, NOW, 1).is_ok()));
        assert_eq!(cell.take(&rate, NOW, 1), Err(180_000));
    }

    #[test]
    fn a_clock_that_stands_or_goes_back_gives_nothing_more() {
        let (rate, mut cell) = (Rate::per_second(1.0, 2), Gcra::default());
        assert!(cell.take(&rate, NOW, 2).is_ok());
        assert!(cell.take(&rate, NOW - 50_000, 1).is_err());
        assert!(cell.take(&rate, 0, 1).is_err());
        assert!(cell.take(&rate, NOW + 1000, 1).is_ok());
    }

    #[test]
    fn the_ends_of_all_numbers_are_survived() {
        let rates = [
            Rate::per_second(0.0, 0),
            Rate::per_second(-1.0, 1),
            Rate::per_second(f64::NAN, u32::MAX),
            Rate::per_second(f64::INFINITY, u32::MAX),
            Rate::per_second(f64::MIN_POSITIVE, u32::MAX),
            Rate::per_hour(0),
            Rate::per_minute(u32::MAX),
        ];
        for rate in rates {
            for now in [0, 1, NOW, u64::MAX / MS, u64::MAX - 1, u64::MAX] {
                for count in [0, 1, u32::MAX] {
                    for full in [0, NOW, u64::MAX - 1, u64::MAX] {
                        if let Err(wait) = Gcra(full).take(&rate, now, count) {
                            assert!(wait > 0);
                        }
                    }
                }
            }
        }
        let mut cell = Gcra::default();
        assert!(cell.take(&Rate::per_second(1.0, 5), u64::MAX, 1).is_err());
    }
}
