//! The door: starts the hubs and brings each connection to the one with the fewest.

use std::io;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::{Notify, mpsc};

use crate::accounts::{Accounts, Order, Post};
use crate::auth::Verifier;
use crate::broker::Worker;
use crate::clock::Clock;
use crate::config::Config;
use crate::limits::Rates;
use crate::metrics::Metrics;

use super::hub::Hub;
use super::shared::{Count, Shared};
use super::ticket::Tickets;
use super::{Inbound, Visitor};

/// Orders and connections that may wait for a hub; who brings one more waits.
const QUEUE: usize = 4_096;

/// What the hubs work with.
pub struct Parts {
    pub config: Arc<Config>,
    pub accounts: Arc<Accounts>,
    pub verifier: Arc<Verifier>,
    pub rates: Arc<Rates>,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
    /// Seals resume tokens.
    pub key: [u8; 16],
    pub node: String,
}

pub struct Door {
    shared: Arc<Shared>,
}

/// The ways to the sessions of so many hubs, and their ends.
#[must_use]
pub fn posts(hubs: usize) -> (Vec<Post>, Vec<mpsc::Receiver<Order>>) {
    (0..hubs).map(|_| mpsc::channel(QUEUE)).unzip()
}

impl Door {
    /// Starts one hub per worker, whose orders come over the posts. To be called in the runtime
    /// that will wait for the store.
    pub fn open(
        parts: Parts,
        workers: Vec<Worker>,
        posts: (Vec<Post>, Vec<mpsc::Receiver<Order>>),
    ) -> io::Result<Self> {
        let (posts, orders) = posts;
        let (inboxes, ends): (Vec<_>, Vec<_>) =
            workers.iter().map(|_| mpsc::channel(QUEUE)).unzip();
        let shared = Arc::new(Shared {
            config: parts.config,
            accounts: parts.accounts,
            verifier: parts.verifier,
            rates: parts.rates,
            clock: parts.clock,
            tickets: Tickets::new(parts.key),
            node: parts.node,
            runtime: Handle::current(),
            posts,
            inboxes,
            pokes: workers.iter().map(|_| Arc::new(Notify::new())).collect(),
            counts: workers.iter().map(|_| Count::default()).collect(),
            metrics: parts.metrics,
            alarm: Notify::new(),
        });
        for (worker, (orders, inbox)) in workers.into_iter().zip(orders.into_iter().zip(ends)) {
            let shared = Arc::clone(&shared);
            let name = format!("hub-{}", worker.number());
            thread::Builder::new().name(name).spawn(move || {
                let mut alarm = Alarm(Some(Arc::clone(&shared)));
                match run(shared, worker, orders, inbox) {
                    Ok(()) => alarm.0 = None,
                    Err(error) => tracing::error!(%error, "a thread with sessions ends"),
                }
            })?;
        }
        Ok(Self { shared })
    }

    /// Brings a connection to a hub.
    pub async fn enter(&self, visitor: Visitor) {
        let counts = &self.shared.counts;
        let fewest = (0..counts.len()).min_by_key(|&hub| counts[hub].get());
        if let Some(hub) = fewest {
            counts[hub].add(1);
            // The hub is gone only when the server is; the connection ends with it.
            let _ = self.shared.inboxes[hub]
                .send(Inbound::Visitor(visitor))
                .await;
        }
    }

    /// Ends the hubs, and with them every connection that is left.
    pub async fn end(&self) {
        for inbox in &self.shared.inboxes {
            let _ = inbox.send(Inbound::End).await;
        }
    }

    /// Waits until a hub has ended that should not have: the server cannot go on without it.
    pub async fn failed(&self) {
        self.shared.alarm.notified().await;
    }

    /// Connections now.
    pub fn lines(&self) -> usize {
        self.shared.counts.iter().map(Count::get).sum()
    }

    /// Sends everybody away. New connections are sent away too.
    pub async fn drain(&self) {
        for inbox in &self.shared.inboxes {
            let _ = inbox.send(Inbound::Drain).await;
        }
    }
}

fn run(
    shared: Arc<Shared>,
    worker: Worker,
    orders: mpsc::Receiver<Order>,
    inbox: mpsc::Receiver<Inbound>,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async { Hub::new(shared, worker, orders, inbox)?.run().await })
}

/// Rings unless it is taken away, also when a hub panics.
struct Alarm(Option<Arc<Shared>>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(shared) = &self.0 {
            shared.alarm.notify_one();
        }
    }
}
