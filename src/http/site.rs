//! What the routes reach: the accounts, who is allowed what, and how the server is.

use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;

use crate::accounts::Accounts;
use crate::auth::Verifier;
use crate::broker::Broker;
use crate::clock::Clock;
use crate::config::{Config, Limits};
use crate::metrics::{Levels, Metrics};

/// Given by whoever builds the server, and shared by all its listeners.
pub struct Site {
    pub accounts: Arc<Accounts>,
    pub verifier: Arc<Verifier>,
    pub broker: Arc<Broker>,
    pub config: Arc<Config>,
    /// As they are after reloads.
    pub limits: Arc<ArcSwap<Limits>>,
    pub clock: Clock,
    /// Its name among servers.
    pub node: String,
    pub metrics: Arc<Metrics>,
    /// What is the case now, from whoever holds the parts.
    pub levels: Box<dyn Fn() -> Levels + Send + Sync>,
    /// True from the moment on when sessions are asked to leave; whoever holds the other end does
    /// the asking. REST goes on.
    pub draining: watch::Sender<bool>,
    /// True until who was there before is back: nobody is served before.
    pub restoring: watch::Receiver<bool>,
}

impl Site {
    pub(super) fn is_draining(&self) -> bool {
        *self.draining.borrow()
    }

    pub(super) fn is_restoring(&self) -> bool {
        *self.restoring.borrow()
    }
}

#[cfg(test)]
impl Site {
    /// A site with nobody on it, for what needs one and asks it nothing.
    pub(super) async fn of_nobody() -> Arc<Self> {
        let config = Arc::new(Config::default());
        let name = format!("nearcast-site-{}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        let store = crate::store::Sqlite::open(&dir, config.store_rules()).await;
        let store = Arc::new(store.unwrap());
        let _ = std::fs::remove_dir_all(&dir);
        let desk = Broker::new(config.broker([7; 32], 0), 1).remove(0);
        let clock = Clock::start();
        let rates = crate::limits::Rates::new(config.user_rules(), 16, [7; 16]);
        Arc::new(Self {
            broker: Arc::clone(desk.broker()),
            accounts: Accounts::new(crate::accounts::Parts {
                store,
                keepers: Vec::new(),
                desk,
                posts: Vec::new(),
                rates: Arc::new(rates),
                metrics: Metrics::new(1),
                clock,
                changes: 16,
            }),
            verifier: Verifier::new(&config.auth).unwrap(),
            clock,
            node: String::new(),
            limits: Arc::new(ArcSwap::from_pointee(config.limits.clone())),
            config,
            metrics: Metrics::new(1),
            levels: Box::new(Levels::default),
            draining: watch::Sender::new(false),
            restoring: watch::channel(false).1,
        })
    }
}
