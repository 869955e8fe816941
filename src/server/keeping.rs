//! The snapshot of positions, from before anybody is served to after the last has gone.

use std::sync::Arc;

use tokio::sync::watch;

use super::keys;
use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::snapshot::{Begun, Eraser, Snapshot};

/// None: nothing is configured.
pub(super) fn snapshot(
    config: &Config,
    clock: Clock,
    metrics: &Arc<Metrics>,
) -> Result<Option<(Snapshot, Arc<Eraser>)>, String> {
    if config.snapshot.redis_url.is_empty() {
        return Ok(None);
    }
    let directory = keys::directory(&config.server.data)?;
    Snapshot::new(config, directory, clock, Arc::clone(metrics)).map(Some)
}

/// Says that the snapshot has ended, however that came.
struct Ended(watch::Sender<Option<String>>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.send_if_modified(|why| {
            let is_new = why.is_none();
            why.get_or_insert_with(|| "the snapshot has ended: see the log".to_owned());
            is_new
        });
    }
}

/// Brings everybody back, says so, and keeps positions from then on.
pub(super) async fn keep(
    mut snapshot: Snapshot,
    accounts: Arc<Accounts>,
    restoring: watch::Sender<bool>,
    refused: watch::Sender<Option<String>>,
    mut stop: watch::Receiver<bool>,
) {
    let ended = Ended(refused);
    let begun = tokio::select! {
        begun = snapshot.begin(&accounts) => begun,
        _ = stop.wait_for(|stop| *stop) => return,
    };
    match begun {
        Begun::Restored(people) => tracing::info!(people, "restored"),
        Begun::Without(why) => tracing::warn!(%why, "started without those who were here before"),
        Begun::Refused(why) => {
            ended.0.send_replace(Some(why));
            return;
        }
    }
    restoring.send_replace(false);
    snapshot.run(accounts, stop).await;
}
