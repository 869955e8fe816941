//! The signals that ask a server to end.

use tokio::signal::unix::{Signal, SignalKind, signal};

pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From here on they do not end the process by themselves.
    ///
    /// # Errors
    /// A sentence, where the system does not allow it.
    pub(super) fn watch() -> Result<Self, String> {
        Ok(Self {
            terminate: watch(SignalKind::terminate())?,
            interrupt: watch(SignalKind::interrupt())?,
        })
    }

    /// Until one of them comes.
    pub(super) async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

pub(super) fn watch(kind: SignalKind) -> Result<Signal, String> {
    signal(kind).map_err(|error| format!("watch for signals: {error}"))
}
