//! Somebody's wish to be connected: since when, and whether she is to be answered.

use std::time::Duration;

use tokio::time::Instant;

#[derive(Debug, Default)]
pub(super) struct Call {
    /// However often it was tried since.
    since: Option<Instant>,
    /// An attempt is under way, or its hello waits for the welcome.
    waits: bool,
}

/// Who calls no more, and was not welcomed.
#[derive(Debug, PartialEq)]
pub(super) struct Unanswered {
    pub(super) waited: Duration,
    /// Nobody has said yet how the last attempt went.
    pub(super) untold: bool,
}

impl Call {
    /// She wants to be welcomed, if she does not already.
    pub(super) fn begins(&mut self, at: Instant) {
        self.since.get_or_insert(at);
    }

    pub(super) fn tries(&mut self) {
        self.waits = true;
    }

    /// The attempt is over, and how it went is told.
    pub(super) fn fails(&mut self) {
        self.waits = false;
    }

    /// How long that took, if she has called.
    pub(super) fn is_answered(&mut self) -> Option<Duration> {
        self.waits = false;
        Some(self.since.take()?.elapsed())
    }

    pub(super) fn ends(&mut self) -> Option<Unanswered> {
        let untold = std::mem::take(&mut self.waits);
        let waited = self.since.take()?.elapsed();
        Some(Unanswered { waited, untold })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_lasts_from_the_first_attempt_to_the_answer() {
        let mut call = Call::default();
        assert_eq!(call.ends(), None);
        for _ in 0..3 {
            call.begins(Instant::now());
            call.tries();
            tokio::time::advance(Duration::from_secs(2)).await;
            call.fails();
        }
        call.tries();
        assert_eq!(call.is_answered(), Some(Duration::from_secs(6)));
        assert_eq!((call.is_answered(), call.ends()), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_told_of_an_attempt_is_not_told_again() {
        for untold in [true, false] {
            let mut call = Call::default();
            call.begins(Instant::now());
            call.tries();
            tokio::time::advance(Duration::from_secs(5)).await;
            if !untold {
                call.fails();
            }
            let waited = Duration::from_secs(5);
            assert_eq!(call.ends(), Some(Unanswered { waited, untold }));
            assert_eq!(call.ends(), None);
        }
    }
}
