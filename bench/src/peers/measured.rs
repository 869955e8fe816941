//! What was measured of a peer in one stretch of time.

use std::time::Duration;

use hdrhistogram::Histogram;

#[derive(Debug, Clone)]
pub(super) struct Measured {
    /// Of the window, without the warm-up.
    pub(super) elapsed: Duration,
    pub(super) cpu: Duration,
    pub(super) heard: u64,
    /// Of the whole run: what was to be heard, and what was.
    pub(super) published: u64,
    pub(super) delivered: u64,
    /// Writes of the whole run.
    pub(super) segments: Option<u64>,
    /// From when a move was due to a friend's readable socket, in an open loop.
    pub(super) ns: Option<Histogram<u64>>,
    /// Of the bench itself, in an open loop: of a hundred moves one was made so much later than it
    /// was due, or more.
    pub(super) late_ms: Option<f64>,
}

/// The latency of others that is as much the bench's own is not theirs.
const SPOILED_FROM: f64 = 0.5;

impl Measured {
    pub(super) fn us_per_delivery(&self) -> f64 {
        1e6 * self.cpu.as_secs_f64() / self.heard as f64
    }

    /// None where the kernel's clock saw nothing of the little that was done.
    pub(super) fn per_core_second(&self) -> Option<f64> {
        let spent = Some(self.cpu.as_secs_f64()).filter(|spent| *spent > 0.0)?;
        Some(self.heard as f64 / spent)
    }

    /// The part of its core that it had.
    pub(super) fn busy(&self) -> f64 {
        self.cpu.as_secs_f64() / self.elapsed.as_secs_f64()
    }

    pub(super) fn per_write(&self) -> Option<f64> {
        let segments = self.segments.filter(|segments| *segments > 0)?;
        Some(self.delivered as f64 / segments as f64)
    }

    /// Everything was heard that was published, and nothing else.
    pub(super) fn is_whole(&self) -> bool {
        self.published == self.delivered
    }

    /// The bench was so late itself that its latency says little about the peer.
    pub(super) fn is_spoiled(&self) -> bool {
        let most = self.ms(0.99).unwrap_or(f64::INFINITY);
        self.late_ms
            .is_some_and(|late_ms| late_ms > SPOILED_FROM * most)
    }

    pub(super) fn ms(&self, quantile: f64) -> Option<f64> {
        let ns = self.ns.as_ref()?;
        Some(ns.value_at_quantile(quantile) as f64 / 1e6)
    }
}

#[cfg(test)]
impl Measured {
    /// A second in which all was delivered, two updates a write.
    pub(super) fn example(cpu_ms: u64) -> Self {
        Self {
            elapsed: Duration::from_secs(1),
            cpu: Duration::from_millis(cpu_ms),
            heard: 100_000,
            published: 100_000,
            delivered: 100_000,
            segments: Some(50_000),
            ns: None,
            late_ms: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_costs_its_part_of_the_time() {
        let measured = Measured {
            elapsed: Duration::from_secs(10),
            cpu: Duration::from_secs(5),
            heard: 1_000_000,
            published: 1_200_000,
            delivered: 1_200_000,
            segments: Some(300_000),
            ns: None,
            late_ms: None,
        };
        assert!((measured.us_per_delivery() - 5.0).abs() < 1e-9);
        assert_eq!(measured.per_core_second(), Some(200_000.0));
        let nothing = Measured {
            cpu: Duration::ZERO,
            ..measured.clone()
        };
        assert_eq!(nothing.per_core_second(), None);
        assert!((measured.busy() - 0.5).abs() < 1e-9);
        assert_eq!(measured.per_write(), Some(4.0));
        assert_eq!(measured.ms(0.5), None);
        assert!(!measured.is_spoiled());
    }

    #[test]
    fn a_latency_that_is_half_the_benchs_own_is_spoiled() {
        let mut ns = Histogram::new(3).unwrap();
        ns.record(1_000_000).unwrap();
        let measured = |late_ms| Measured {
            ns: Some(ns.clone()),
            late_ms: Some(late_ms),
            ..Measured::example(1)
        };
        assert!(!measured(0.4).is_spoiled());
        assert!(measured(0.6).is_spoiled());
    }

    #[test]
    fn what_was_lost_or_came_twice_is_not_whole() {
        for (delivered, whole) in [(99_999, false), (100_000, true), (100_001, false)] {
            let measured = Measured {
                delivered,
                ..Measured::example(1)
            };
            assert_eq!(measured.is_whole(), whole);
        }
    }
}
