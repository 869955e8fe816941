//! The whole server: introduces its parts to each other, and ends them in order.
//!
//! Nothing is decided here. Whoever starts a server (the command line, the demo, a test) gets a
//! [`Running`] and says when it is to end.

mod directory;
mod gate;
mod keeping;
mod keys;
mod listener;
mod reload;

use std::fs::File;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::{Mutex, watch};
use tokio::task::{JoinHandle, JoinSet};

use crate::accounts::{self, Accounts, Keeper};
use crate::auth::{Development, Verifier};
use crate::broker::Broker;
use crate::clock::Clock;
use crate::config::{Config, Limits};
use crate::http::{self, Certificate, Part, Site, told};
use crate::limits::{Addresses, Rates};
use crate::metrics::{Levels, Metrics};
use crate::socket::{self, Door};
use crate::store::{Measured, Sqlite, Store};

use gate::Gate;

/// How often it is looked whether a certificate's files have changed.
const CERTIFICATE_EVERY: Duration = Duration::from_secs(5);
/// How often counts per address that are not needed any more are let go of.
const TIDY_EVERY: Duration = Duration::from_secs(10);

/// A server that listens.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Where operations are answered, if that is somewhere else.
    pub admin: Option<SocketAddr>,
    pub secure: bool,
    pub accounts: Arc<Accounts>,
    pub clock: Clock,
    /// With the development keys, where there were no others.
    pub config: Arc<Config>,
    pub development: Development,
    /// The same after reloads.
    keys_in_force: Mutex<Development>,
    store: Arc<dyn Store>,
    verifier: Arc<Verifier>,
    rates: Arc<Rates>,
    limits: Arc<ArcSwap<Limits>>,
    metrics: Arc<Metrics>,
    addresses: Arc<Addresses>,
    certificate: Option<Arc<Certificate>>,
    door: Arc<Door>,
    draining: watch::Sender<bool>,
    /// Ends listeners and what looks after keys.
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    /// Everybody whom the snapshot kept is still to come back.
    restoring: watch::Receiver<bool>,
    /// Why the snapshot refuses to begin.
    refusal: watch::Receiver<Option<String>>,
    /// The snapshot, and what ends it when nobody changes anything any more.
    keeping: Option<(watch::Sender<bool>, JoinHandle<()>)>,
    /// The data directory is this server's for as long as it lives.
    _lock: File,
}

impl Running {
    /// Starts a server from a configuration that has been checked.
    ///
    /// # Errors
    /// A sentence, when something that it needs is not to be had.
    pub async fn start(mut config: Config) -> Result<Self, String> {
        let data = config.server.data.clone();
        let listener = listener::open(config.server.listen)?;
        let lock = directory::lock(&data)?;
        let store = Sqlite::open(&data, config.store_rules())
            .await
            .map_err(|failed| failed.to_string())?;
        let development = Development::complete(&mut config.auth, &data)?;
        let key = keys::kept(&data)?;
        let verifier = Verifier::new(&config.auth).map_err(|faults| faults.join("\n"))?;
        verifier.refresh().await?;
        let certificate = certificate(&config)?;
        let config = Arc::new(config);
        let clock = Clock::start();
        let mut random = keys::random::<32>()?;
        let rates = Rates::new(
            config.user_rules(),
            config.limits.rates,
            keys::half(&mut random),
        );
        let rates = Arc::new(rates);

        let hubs = config.workers();
        let rules = config.broker(key, clock.now_ms() / 1000);
        let mut workers = Broker::new(rules, hubs + 1);
        let desk = workers.pop().expect("there is at least one");
        let broker = Arc::clone(desk.broker());
        let metrics = Metrics::new(hubs);
        let store: Arc<dyn Store> = Arc::new(Measured {
            store: Arc::new(store),
            metrics: Arc::clone(&metrics),
            clock,
        });
        let posts = socket::posts(hubs);
        let kept = keeping::snapshot(&config, clock, &metrics)?;
        let keepers = kept
            .iter()
            .map(|(_, eraser)| Arc::clone(eraser) as Arc<dyn Keeper>);
        let accounts = Accounts::new(accounts::Parts {
            store: Arc::clone(&store),
            keepers: keepers.collect(),
            desk,
            posts: posts.0.clone(),
            rates: Arc::clone(&rates),
            metrics: Arc::clone(&metrics),
            clock,
            changes: config.limits.changes,
        });
        let parts = socket::Parts {
            config: Arc::clone(&config),
            accounts: Arc::clone(&accounts),
            verifier: Arc::clone(&verifier),
            rates: Arc::clone(&rates),
            metrics: Arc::clone(&metrics),
            clock,
            key: keys::half(&mut random),
            node: node(&config),
        };
        let node = parts.node.clone();
        let door = Door::open(parts, workers, posts).map_err(|error| format!("start: {error}"))?;
        let door = Arc::new(door);

        let (stop, stopped) = watch::channel(false);
        let (draining, drains) = watch::channel(false);
        let (refused, refusal) = watch::channel(None);
        let (restoring, restored) = watch::channel(kept.is_some());
        let addresses = Addresses::new(config.address_rules());
        let limits = Arc::new(ArcSwap::from_pointee(config.limits.clone()));
        let site = Arc::new(Site {
            accounts: Arc::clone(&accounts),
            verifier: Arc::clone(&verifier),
            broker: Arc::clone(&broker),
            config: Arc::clone(&config),
            limits: Arc::clone(&limits),
            clock,
            node,
            metrics: Arc::clone(&metrics),
            levels: Box::new(levels(&broker, &accounts, &door, &addresses, clock)),
            draining: draining.clone(),
            restoring: restored.clone(),
        });
        let mut tasks = JoinSet::new();
        let address = listener::address(&listener)?;
        let admin = match config.admin.listen.as_str() {
            "" => None,
            text => {
                let parsed = text.parse().map_err(|_| format!("admin.listen: {text}"))?;
                let listener = listener::open(parsed)?;
                let address = listener::address(&listener)?;
                let operations = http::Door::new(
                    &site,
                    Part::Operations,
                    Arc::clone(&addresses),
                    None,
                    certificate.clone(),
                );
                tasks.spawn(http::serve(listener, operations, stopped.clone()));
                Some(address)
            }
        };
        let part = if admin.is_some() {
            Part::Public
        } else {
            Part::Everything
        };
        let gate = gate::upgrade(Gate {
            door: Arc::clone(&door),
            accounts: Arc::clone(&accounts),
            verifier: Arc::clone(&verifier),
            metrics: Arc::clone(&metrics),
            clock,
        });
        let front = http::Door::new(
            &site,
            part,
            Arc::clone(&addresses),
            Some(gate),
            certificate.clone(),
        );
        tasks.spawn(http::serve(listener, front, stopped.clone()));
        if let Some(certificate) = &certificate {
            let watched = Arc::clone(certificate);
            tasks.spawn(watched.watch(CERTIFICATE_EVERY, stopped.clone()));
        }
        let keeper = Arc::clone(&verifier);
        let until = told(stopped.clone());
        tasks.spawn(async move { keeper.keep(until).await });
        tasks.spawn(tidy(Arc::clone(&addresses), clock, stopped));
        tasks.spawn(send_away(Arc::clone(&door), drains));
        let keeping = kept.map(|(snapshot, _)| {
            let (stop, stopped) = watch::channel(false);
            let keep = keeping::keep(snapshot, Arc::clone(&accounts), restoring, refused, stopped);
            (stop, tokio::spawn(keep))
        });
        Ok(Self {
            address,
            admin,
            secure: certificate.is_some(),
            accounts,
            clock,
            config,
            keys_in_force: Mutex::new(development.clone()),
            development,
            store,
            verifier,
            rates,
            limits,
            metrics,
            addresses,
            certificate,
            door,
            draining,
            stop,
            tasks,
            restoring: restored,
            refusal,
            keeping,
            _lock: lock,
        })
    }

    /// WebSockets now.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.door.lines()
    }

    /// Waits until the server cannot go on, and says why.
    pub async fn failed(&self) -> String {
        let mut refusal = self.refusal.clone();
        let refused = async {
            let why = refusal.wait_for(Option::is_some).await;
            match why.ok().and_then(|why| why.clone()) {
                Some(why) => why,
                // It has begun.
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.door.failed() => {
                "a thread with sessions has ended: the server cannot go on".to_owned()
            }
            why = refused => why,
        }
    }

    /// Waits until everybody is back whom the snapshot kept.
    pub async fn restored(&self) {
        let mut restoring = self.restoring.clone();
        if restoring.wait_for(|restoring| !restoring).await.is_err() {
            // It has ended, and `failed` says why.
            std::future::pending().await
        }
    }

    /// Frames of changes sent so far.
    #[must_use]
    pub fn frames(&self) -> u64 {
        self.metrics.frames()
    }

    /// Sends every session away; REST goes on.
    pub fn drain(&self) {
        self.draining.send_replace(true);
    }

    /// Sends every session away, waits for requests in flight, closes the store.
    pub async fn end(mut self) {
        self.drain();
        let grace = Duration::from_secs(self.config.drain.grace_s);
        let gone = async {
            while self.door.lines() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(grace, gone).await.is_err() {
            tracing::warn!("sessions took longer than the grace");
        }
        self.door.end().await;
        self.stop.send_replace(true);
        while self.tasks.join_next().await.is_some() {}
        if let Some((stop, keeping)) = self.keeping.take() {
            // The last round: nobody changes anything any more.
            stop.send_replace(true);
            if tokio::time::timeout(grace, keeping).await.is_err() {
                tracing::warn!("the last positions could not be kept in time");
            }
        }
        if let Err(failed) = self.store.close().await {
            tracing::error!(%failed, "close the account store");
        }
    }
}

/// What is the case, for whoever asks for metrics.
fn levels(
    broker: &Arc<Broker>,
    accounts: &Arc<Accounts>,
    door: &Arc<Door>,
    addresses: &Arc<Addresses>,
    clock: Clock,
) -> impl Fn() -> Levels + Send + Sync + use<> {
    let (broker, accounts) = (Arc::clone(broker), Arc::clone(accounts));
    let (door, addresses) = (Arc::clone(door), Arc::clone(addresses));
    move || Levels {
        clients: door.lines(),
        residents: broker.residents(),
        edges_used: broker.edges_used(),
        marks_dropped: broker.marks_dropped(),
        orders_lost: accounts.orders_lost(),
        connections: addresses.connections(),
        now_ms: clock.now_ms(),
    }
}

/// Sessions are sent away when a drain is asked for.
async fn send_away(door: Arc<Door>, drains: watch::Receiver<bool>) {
    told(drains).await;
    door.drain().await;
}

async fn tidy(addresses: Arc<Addresses>, clock: Clock, stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(TIDY_EVERY);
    let stop = told(stop);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            _ = ticks.tick() => addresses.tidy(clock.now_ms()),
            () = &mut stop => break,
        }
    }
}

fn certificate(config: &Config) -> Result<Option<Arc<Certificate>>, String> {
    let (chain, key) = (&config.server.tls_cert, &config.server.tls_key);
    if chain.as_os_str().is_empty() {
        return Ok(None);
    }
    Certificate::load(chain, key).map(Some)
}

fn node(config: &Config) -> String {
    if config.server.node.is_empty() {
        let name = rustix::system::uname();
        return name.nodename().to_string_lossy().into_owned();
    }
    config.server.node.clone()
}
