//! How long to wait before coming back: 1, 2, 4, 8, 16 s with full jitter, so that not everybody
//! returns at once.

use std::time::Duration;

const FIRST_MS: u64 = 1000;
const MOST_DOUBLINGS: u32 = 4;

#[derive(Debug, Default)]
pub(super) struct Backoff {
    tries: u32,
}

impl Backoff {
    /// The server's own word counts, if it said one.
    pub(super) fn next(&mut self, after_ms: Option<u64>) -> Duration {
        let most_ms = FIRST_MS << self.tries.min(MOST_DOUBLINGS);
        self.tries = self.tries.saturating_add(1);
        // Without chance everybody waits as long as anybody.
        let chance = getrandom::u32().unwrap_or(u32::MAX);
        let jittered_ms = most_ms * u64::from(chance) / u64::from(u32::MAX);
        Duration::from_millis(after_ms.unwrap_or(jittered_ms))
    }

    /// The server is there.
    pub(super) fn reset(&mut self) {
        self.tries = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_sixteen_seconds_and_are_never_longer() {
        let mut backoff = Backoff::default();
        for most_s in [1, 2, 4, 8, 16, 16, 16] {
            assert!(backoff.next(None) <= Duration::from_secs(most_s));
        }
        // A thousand throws below half of sixteen seconds do not happen.
        let longest = (0..1000).map(|_| backoff.next(None)).max().unwrap();
        assert!(longest > Duration::from_secs(8));
        assert_eq!(backoff.next(Some(1234)), Duration::from_millis(1234));
        backoff.reset();
        assert!(backoff.next(None) <= Duration::from_secs(1));
    }
}
