//! Waiting until nothing older than a change can be encoded any more.

use std::time::Duration;

use crate::broker::Boundary;

use super::{Accounts, Refusal, Result};

const STEP: Duration = Duration::from_millis(1);
/// A worker looks up from what it reads within milliseconds; one that does not is stuck.
const PATIENCE_MS: u64 = 5_000;

impl Accounts {
    /// What workers encode of themselves, and what they were ordered to say before.
    pub(super) async fn passed(&self, boundary: &Boundary) -> Result<()> {
        let deadline = self.now() + PATIENCE_MS;
        while !self.broker.passed(boundary) {
            if self.now() >= deadline {
                tracing::error!("a worker has not come to rest for {PATIENCE_MS} ms");
                return Err(Refusal::Unavailable);
            }
            tokio::time::sleep(STEP).await;
        }
        if self.posts.pass().await {
            return Ok(());
        }
        tracing::error!("a worker has not carried out its orders");
        Err(Refusal::Unavailable)
    }
}
