//! The server's clock: milliseconds since 1970, and never back.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Reads the wall once and counts from there, so a clock that is set back changes nothing.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    started: Instant,
    started_ms: u64,
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the server reads a clock"
)]
impl Clock {
    #[must_use]
    pub fn start() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            started: Instant::now(),
            started_ms: wall.map_or(0, |since| since.as_millis() as u64),
        }
    }

    /// A clock that stands at a time of the caller's choice, and goes on from there.
    #[must_use]
    pub fn at(started_ms: u64) -> Self {
        Self {
            started_ms,
            ..Self::start()
        }
    }

    /// To measure how long something takes.
    #[must_use]
    pub fn instant(&self) -> Instant {
        Instant::now()
    }

    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.started_ms + self.started.elapsed().as_millis() as u64
    }
}
