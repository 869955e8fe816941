//! What the server has done, counted, in the text that Prometheus reads.
//!
//! Each socket worker counts in a [`Tally`] of its own, which nobody else writes to; tallies are
//! summed when somebody asks. Nothing in the path of a move takes a lock or allocates. Labels come
//! from enumerations and from the table of routes: never a user, a cell, a coordinate or an
//! address.
//!
#![doc = include_str!("names.md")]

mod count;
mod label;

mod process;
mod routes;
mod snapshot;
mod tally;

mod text;

use std::sync::Arc;

pub use count::{Counts, Durations};
pub use label::{Handshake, Label, Limit, Method, MoveOutcome, ResumeOutcome, Said, StoreCall};
pub use snapshot::{Snapped, Snapshot, State as SnapshotState};
pub use tally::Tally;

use routes::Routes;

/// What [`Metrics::text`] is. Not OpenMetrics, whose counters could not have these names.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

#[derive(Debug)]
pub struct Metrics {
    tallies: Vec<Arc<Tally>>,
    pub handshakes: Counts<Handshake>,
    /// Limits that were reached.
    pub limits: Counts<Limit>,
    /// How long the account store took.
    pub store: Durations<StoreCall>,
    /// Calls of the account store that failed.
    pub store_failed: Counts<StoreCall>,
    pub snapshot: Snapshot,
    routes: Routes,
}

/// What is the case at the moment of asking; gathered by whoever holds the parts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Levels {
    /// WebSockets.
    pub clients: usize,
    pub residents: usize,
    pub edges_used: usize,
    pub marks_dropped: u64,
    pub orders_lost: u64,
    pub connections: usize,
    pub now_ms: u64,
}

impl Metrics {
    #[must_use]
    pub fn new(workers: usize) -> Arc<Self> {
        Arc::new(Self {
            tallies: (0..workers).map(|_| Arc::default()).collect(),
            handshakes: Counts::default(),
            limits: Counts::default(),
            store: Durations::default(),
            store_failed: Counts::default(),
            snapshot: Snapshot::default(),
            routes: Routes::default(),
        })
    }

    /// Where a socket worker counts.
    ///
    /// # Panics
    ///
    /// When there are not that many.
    #[must_use]
    pub fn tally(&self, worker: usize) -> Arc<Tally> {
        Arc::clone(&self.tallies[worker])
    }

    /// A request was answered. `route`: as the router names it, `/v1/users/{id}`.
    pub fn request(&self, method: &http::Method, route: &str, status: u16) {
        self.routes.answered(method, route, status);
    }

    /// Frames of changes sent so far, by all workers.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.tallies.iter().map(|tally| tally.frames.get(())).sum()
    }

    /// Everything, for Prometheus.
    #[must_use]
    pub fn text(self: &Arc<Self>, levels: &Levels) -> String {
        text::text(self, levels)
    }
}

#[cfg(test)]
mod tests;
