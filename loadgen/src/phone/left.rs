//! A link that was left behind when it fell silent: neither side was told, so the server believes
//! in it until its phone comes back on another one, and then has to close it.

use std::time::Duration;

use nearcast::client::{Client, Closed, Heard};
use nearcast::wire::Close;
use tokio::time::Instant;

/// From here on a server may have found it dead, and who stands in between may have let go of it.
const FOUND_DEAD_AFTER: Duration = Duration::from_secs(24);

pub(super) struct Left {
    line: Client,
    silent_since: Instant,
    /// Since when the session goes on elsewhere.
    resumed_at: Option<Instant>,
}

impl Left {
    pub(super) fn new(mut line: Client) -> Self {
        line.fall_silent();
        Self {
            line,
            silent_since: Instant::now(),
            resumed_at: None,
        }
    }

    /// Its session goes on elsewhere: what comes last on it is listened to.
    pub(super) fn is_resumed(&mut self) {
        self.resumed_at.get_or_insert_with(Instant::now);
    }

    /// Never before that.
    pub(super) async fn closes(&mut self) -> Closed {
        if self.resumed_at.is_none() {
            return std::future::pending().await;
        }
        loop {
            if let Heard::Closed(closed) = self.line.next().await {
                return closed;
            }
        }
    }

    /// What is wrong with how it was closed.
    pub(super) fn fault(&self, closed: &Closed) -> Option<String> {
        let silent = self.resumed_at?.duration_since(self.silent_since);
        let is_right = closed.code == Close::ResumedElsewhere.code() || silent >= FOUND_DEAD_AFTER;
        let Closed { code, reason } = closed;
        (!is_right).then(|| {
            format!("the link that was left behind was closed with {code} and not 3014: {reason}")
        })
    }

    /// What is wrong with it when it is still open after `within`.
    pub(super) fn is_open_after(&self, within: Duration) -> Option<String> {
        let open = self.resumed_at?.elapsed();
        (open > within).then(|| {
            let ms = open.as_millis();
            format!("the link that was left behind is still open {ms} ms after the session went on elsewhere")
        })
    }
}
