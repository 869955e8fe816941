//! What all hubs share, none of it touched on the way of a move but the rates.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};

use crate::accounts::{Accounts, Post};
use crate::auth::Verifier;
use crate::clock::Clock;
use crate::config::Config;
use crate::limits::Rates;
use crate::metrics::Metrics;

use super::Inbound;
use super::ticket::Tickets;

pub(super) struct Shared {
    pub(super) config: Arc<Config>,
    pub(super) accounts: Arc<Accounts>,
    pub(super) verifier: Arc<Verifier>,
    pub(super) rates: Arc<Rates>,
    pub(super) clock: Clock,
    pub(super) tickets: Tickets,
    pub(super) node: String,
    /// Where the store is waited for.
    pub(super) runtime: Handle,
    /// By number of the hub: the ways to it, a nudge to sweep, and how many lines it has.
    pub(super) posts: Vec<Post>,
    pub(super) inboxes: Vec<mpsc::Sender<Inbound>>,
    pub(super) pokes: Vec<Arc<Notify>>,
    pub(super) counts: Vec<Count>,
    pub(super) metrics: Arc<Metrics>,
    /// Rings when a hub ends that should not.
    pub(super) alarm: Notify,
}

#[derive(Default)]
pub(super) struct Count(AtomicUsize);

impl Count {
    pub(super) fn add(&self, lines: usize) {
        self.0.fetch_add(lines, Ordering::Relaxed);
    }

    pub(super) fn sub(&self, lines: usize) {
        self.0.fetch_sub(lines, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}
