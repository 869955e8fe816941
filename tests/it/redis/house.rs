//! A server without sockets, in the test's own process: accounts, world and snapshot.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use nearcast::accounts::{Accounts, Keeper, Parts};
use nearcast::broker::Broker;
use nearcast::clock::Clock;
use nearcast::config::Config;
use nearcast::limits::Rates;
use nearcast::metrics::Metrics;
use nearcast::snapshot::{Begun, Snapshot};
use nearcast::store::{Sqlite, Store};
use nearcast::wire::Person;
use nearcast_grid::Position;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::store::Waiting;

/// A server without sockets.
pub(super) struct House {
    pub(super) accounts: Arc<Accounts>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) running: JoinHandle<()>,
    pub(super) stop: watch::Sender<bool>,
}

impl House {
    pub(super) async fn open(data: &Path, url: &str, clock: Clock) -> Self {
        let mut config = Config::default();
        config.broker.users = 1000;
        config.broker.edges = 10_000;
        config.limits.moves_burst = 1_000_000;
        config.server.data = data.to_owned();
        config.snapshot.redis_url = url.to_owned();
        config.snapshot.every_ms = 100;
        config.snapshot.erase_wait_ms = 200;
        config.snapshot.restore_wait_ms = 20_000;
        let store = Sqlite::open(data, config.store_rules()).await.unwrap();
        let desk = Broker::new(config.broker([7; 32], clock.now_ms() / 1000), 1).remove(0);
        let metrics = Metrics::new(1);
        let directory = "a-house".to_owned();
        let (mut snapshot, eraser) =
            Snapshot::new(&config, directory, clock, Arc::clone(&metrics)).unwrap();
        let accounts = Accounts::new(Parts {
            store: Arc::new(store) as Arc<dyn Store>,
            keepers: vec![eraser as Arc<dyn Keeper>],
            desk,
            posts: Vec::new(),
            rates: Arc::new(Rates::new(config.user_rules(), 1024, [7; 16])),
            metrics: Arc::clone(&metrics),
            clock,
            changes: 16,
        });
        let begun = snapshot.begin(&accounts).await;
        assert!(matches!(begun, Begun::Restored(_)), "{begun:?}");
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(snapshot.run(Arc::clone(&accounts), stopped));
        Self {
            accounts,
            metrics,
            running,
            stop,
        }
    }

    pub(super) async fn has_kept(&self) {
        let enough = self.metrics.snapshot.rounds.get(()) + 2;
        let waiting = Waiting::begins();
        while self.metrics.snapshot.rounds.get(()) < enough {
            waiting.goes_on("two rounds").await;
        }
    }

    /// Everybody who is shown, with where.
    pub(super) fn shown(&self) -> BTreeMap<String, Position> {
        let mut shown = BTreeMap::new();
        let middle = Position::new(0.0, 0.0).unwrap();
        self.accounts.within(middle, 20_100_000.0, 1000, |person| {
            if let Person::Friend(friend) = person {
                shown.insert(friend.user.to_owned(), friend.position);
            }
        });
        shown
    }
}
