//! Being told to end.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Told by the first INT, TERM or HUP; nothing else ends at once by one.
#[derive(Clone)]
pub(crate) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// # Errors
    /// A sentence, when signals are not to be had.
    pub(crate) fn watch() -> Result<Self, String> {
        let (tell, told) = watch::channel(false);
        for kind in [
            SignalKind::interrupt(),
            SignalKind::terminate(),
            SignalKind::hangup(),
        ] {
            let mut signals =
                signal(kind).map_err(|error| format!("watch for signals: {error}"))?;
            let tell = tell.clone();
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    tell.send_replace(true);
                }
            });
        }
        Ok(Self(told))
    }

    pub(crate) async fn told(&self) {
        let mut told = self.0.clone();
        if told.wait_for(|told| *told).await.is_err() {
            std::future::pending().await
        }
    }

    /// None: told before it was done.
    pub(crate) async fn unless<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.told() => None,
        }
    }
}
