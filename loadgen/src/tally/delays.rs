//! How long things took, as a histogram: three digits stay exact, however many values there are.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer as Reader, Serializer as _, V2Serializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

/// What takes longer counts as this.
pub const LONGEST: Duration = Duration::from_secs(60);
const DIGITS: u8 = 3;

/// Durations in microseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Delays(Histogram<u64>);

/// What a report shows of delays.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub max_ms: f64,
}

impl Default for Delays {
    fn default() -> Self {
        let longest = LONGEST.as_micros() as u64;
        Self(Histogram::new_with_max(longest, DIGITS).expect("a minute in three digits fits"))
    }
}

impl Delays {
    /// Some ten nanoseconds; never allocates.
    #[inline]
    pub fn record(&mut self, delay: Duration) {
        self.0
            .saturating_record(delay.min(LONGEST).as_micros() as u64);
    }

    pub fn merge(&mut self, other: &Self) {
        self.0.add(&other.0).expect("both have the same bounds");
    }

    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The value that the share `quantile` of all does not exceed; nothing of nothing.
    #[must_use]
    pub fn ms(&self, quantile: f64) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.value_at_quantile(quantile) as f64 / 1000.0)
    }

    #[must_use]
    pub fn percentiles(&self) -> Option<Percentiles> {
        Some(Percentiles {
            p50_ms: self.ms(0.5)?,
            p90_ms: self.ms(0.9)?,
            p99_ms: self.ms(0.99)?,
            p999_ms: self.ms(0.999)?,
            max_ms: self.ms(1.0)?,
        })
    }
}

/// As base64 of HdrHistogram's own format, version 2: other tools read it too.
impl Serialize for Delays {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::new();
        V2Serializer::new()
            .serialize(&self.0, &mut bytes)
            .map_err(ser::Error::custom)?;
        serializer.serialize_str(&BASE64.encode(bytes))
    }
}

impl<'de> Deserialize<'de> for Delays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = BASE64.decode(text).map_err(de::Error::custom)?;
        let read: Histogram<u64> = Reader::new()
            .deserialize(&mut bytes.as_slice())
            .map_err(de::Error::custom)?;
        // Into bounds of our own, whatever the other side's are.
        let mut delays = Self::default();
        delays.0.add(&read).map_err(de::Error::custom)?;
        Ok(delays)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From 20 µs to 20 s, most of them short.
    fn spread() -> Vec<u64> {
        let mut state = 7_u64;
        let mut values = Vec::new();
        for _ in 0..50_000 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let unit = (state >> 11) as f64 / (1_u64 << 53) as f64;
            values.push((20.0 * 1e6_f64.powf(unit * unit)) as u64);
        }
        values
    }

    fn delays(values: &[u64]) -> Delays {
        let mut delays = Delays::default();
        for &value in values {
            delays.record(Duration::from_micros(value));
        }
        delays
    }

    #[test]
    fn percentiles_are_those_of_an_exact_computation_to_three_digits() {
        let mut values = spread();
        let delays = delays(&values);
        values.sort_unstable();
        for quantile in [0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0] {
            let rank = (quantile * values.len() as f64).ceil() as usize;
            let exact = values[rank - 1] as f64 / 1000.0;
            let shown = delays.ms(quantile).unwrap();
            assert!(shown >= exact, "{quantile}: {shown} < {exact}");
            assert!(shown <= exact * 1.001, "{quantile}: {shown} > {exact}");
        }
    }

    #[test]
    fn short_delays_are_exact() {
        let percentiles = delays(&[100, 200, 300, 1_999]).percentiles().unwrap();
        assert_eq!((percentiles.p50_ms, percentiles.max_ms), (0.2, 1.999));
    }

    #[test]
    fn parts_added_up_are_the_whole() {
        let values = spread();
        let mut parts = delays(&values[..20_000]);
        parts.merge(&delays(&values[20_000..]));
        assert_eq!(parts, delays(&values));
        assert_eq!(parts.count(), 50_000);
    }

    #[test]
    fn what_takes_longer_than_a_minute_counts_as_a_minute() {
        let mut delays = Delays::default();
        delays.record(Duration::from_secs(3_600));
        let shown = delays.ms(1.0).unwrap();
        assert!((60_000.0..60_060.0).contains(&shown), "{shown}");
    }

    #[test]
    fn nothing_has_no_percentiles() {
        assert_eq!(Delays::default().percentiles(), None);
        assert_eq!(Delays::default().ms(0.5), None);
    }

    #[test]
    fn text_brings_back_every_count() {
        for delays in [delays(&spread()), Delays::default()] {
            let text = serde_json::to_string(&delays).unwrap();
            assert_eq!(serde_json::from_str::<Delays>(&text).unwrap(), delays);
        }
    }

    #[test]
    fn text_that_is_no_histogram_is_refused() {
        for text in ["\"\"", "\"AAAA\"", "\"what?\"", "7"] {
            assert!(serde_json::from_str::<Delays>(text).is_err(), "{text}");
        }
    }
}
