//! P11: a million people into an empty Redis, moved, and back after a start; beside them, bare
//! pipelines of GEOADD with the same members. The accounts are a real store.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use nearcast::accounts::{Accounts, Parts};
use nearcast::broker::{About, Broker, Move, Worker};
use nearcast::clock::Clock;
use nearcast::config::Config;
use nearcast::limits::Rates;
use nearcast::metrics::Metrics;
use nearcast::snapshot::{Begun, Snapshot};
use nearcast::store::{Imported, Sqlite, Store};
use nearcast::wire::UserId;
use nearcast_grid::Position;
use serde_json::Value;
use tokio::sync::watch;

use crate::flags::say;
use crate::load::Load;
use crate::redis::Redis;
use crate::report::{self, Figure, Goal};
use crate::towns::{Place, Towns, id};

const BENCH: &str = "redis";
const JUDGED_AT: u32 = 1_000_000;
const IMPORT: usize = 10_000;
/// The book's population, and its moves a second.
const BOOK_USERS: f64 = 1e7;
const BOOK_MOVES_PER_S: f64 = 334_000.0;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    load: Load,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let load = &arguments.load;
    let towns = Towns::new(load.seed);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("start the runtime: {error}"))?;
    let mut figures = Figures::new(load);

    let mut redis = Redis::start()?;
    say(BENCH, "bare GEOADD");
    let added = timed(|| redis.load(towns.people(load.users)))?;
    let moved = timed(|| redis.load(towns.people(load.users).map(step)))?;
    figures.seconds("bare_into_empty", added, None);
    figures.seconds("bare_moved", moved, None);
    drop(redis);

    let mut redis = Redis::start()?;
    let kept = runtime.block_on(keep(load, &towns, &mut redis, &mut figures));
    kept?;
    report::print(&figures.list, load.json)
}

/// A server's accounts and its snapshot, without sockets.
struct House {
    accounts: Arc<Accounts>,
    worker: Worker,
    metrics: Arc<Metrics>,
    clock: Clock,
    config: Config,
    /// Of the data directory.
    directory: String,
}

impl House {
    fn new(store: &Arc<Sqlite>, redis: &Redis, users: u32) -> Self {
        let mut config = Config::default();
        config.broker.users = users as usize;
        config.snapshot.redis_url = redis.url();
        config.snapshot.every_ms = 100;
        let mut workers = Broker::new(config.broker([7; 32], 0), 2);
        let (worker, desk) = (workers.remove(0), workers.remove(0));
        let (metrics, clock) = (Metrics::new(1), Clock::start());
        let accounts = Accounts::new(Parts {
            store: Arc::clone(store) as Arc<dyn Store>,
            keepers: Vec::new(),
            desk,
            posts: Vec::new(),
            rates: Arc::new(Rates::new(config.user_rules(), 16, [7; 16])),
            metrics: Arc::clone(&metrics),
            clock,
            changes: 16,
        });
        Self {
            accounts,
            worker,
            metrics,
            clock,
            config,
            directory: "bench".to_owned(),
        }
    }

    fn snapshot(&self) -> Result<Snapshot, String> {
        let (directory, counts) = (self.directory.clone(), Arc::clone(&self.metrics));
        Snapshot::new(&self.config, directory, self.clock, counts).map(|(snapshot, _)| snapshot)
    }

    fn place_all(&mut self, people: impl Iterator<Item = Place>) -> Result<(), String> {
        let now = self.clock.now_ms();
        for (number, Place { lat, lon }) in (0..).zip(people) {
            let said = Move {
                position: Position::new(lat, lon).map_err(|bad| bad.to_string())?,
                about: About::new(None, None, None),
                at: None,
            };
            let user = id(number);
            if self.worker.report(&user, &said, now).is_err() {
                let admitted = self.worker.admit(&user, &Default::default(), now);
                admitted
                    .and_then(|()| self.worker.report(&user, &said, now))
                    .map_err(|denied| format!("place {user}: {denied:?}"))?;
            }
        }
        Ok(())
    }

    /// Runs rounds until everybody is kept.
    async fn keep(&self, snapshot: Snapshot, users: u32) -> Result<f64, String> {
        let before = self.metrics.snapshot.changes.get(());
        let (stop, stopped) = watch::channel(false);
        let started = Instant::now();
        let running = tokio::spawn(snapshot.run(Arc::clone(&self.accounts), stopped));
        while self.metrics.snapshot.changes.get(()) < before + u64::from(users) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            if running.is_finished() {
                return Err("the snapshot ended".to_owned());
            }
        }
        let took = started.elapsed().as_secs_f64();
        stop.send_replace(true);
        running.await.map_err(|error| error.to_string())?;
        Ok(took)
    }
}

async fn keep(
    load: &Load,
    towns: &Towns,
    redis: &mut Redis,
    figures: &mut Figures,
) -> Result<(), String> {
    let folder = Folder::new()?;
    say(BENCH, "import accounts");
    let rules = Config::default().store_rules();
    let store = Sqlite::open(&folder.0, rules).await;
    let store = Arc::new(store.map_err(|failed| failed.to_string())?);
    import(&store, load.users).await?;

    let mut house = House::new(&store, redis, load.users);
    house.place_all(towns.people(load.users))?;
    let judged = load.users == JUDGED_AT;
    say(BENCH, "into an empty index");
    let snapshot = begun(&house, 0).await?;
    let cpu = redis.cpu_s()?;
    let into = house.keep(snapshot, load.users).await?;
    let new = redis.cpu_s()? - cpu;
    figures.seconds("into_empty", into, judged.then_some(10.0));
    say(BENCH, "moved");
    house.place_all(towns.people(load.users).map(step))?;
    let snapshot = begun(&house, 0).await?;
    let cpu = redis.cpu_s()?;
    let moved = house.keep(snapshot, load.users).await?;
    let again = redis.cpu_s()? - cpu;
    figures.seconds("moved", moved, judged.then_some(12.0));
    drop(house);

    say(BENCH, "restore");
    let house = House::new(&store, redis, load.users);
    let mut snapshot = house.snapshot()?;
    let started = Instant::now();
    let back = snapshot.begin(&house.accounts).await;
    let took = started.elapsed().as_secs_f64();
    if back != Begun::Restored(load.users.into()) {
        return Err(format!("restore: {back:?}"));
    }
    figures.seconds("restore", took, judged.then_some(5.0));

    let per_change = |cpu_s: f64| cpu_s / f64::from(load.users);
    figures.add("redis_cpu_per_new", per_change(new) * 1e6, "µs");
    let per_move = per_change(again);
    figures.add("redis_cpu_per_move", per_move * 1e6, "µs");
    for every_s in [5.0, 30.0] {
        // Who moves twice in a round is written once.
        let moves = BOOK_MOVES_PER_S * every_s;
        let written = BOOK_USERS * (1.0 - (-moves / BOOK_USERS).exp());
        let name = if every_s < 10.0 {
            "book_cores_5s"
        } else {
            "book_cores_30s"
        };
        figures.add(name, written / every_s * per_move, "cores");
    }
    Ok(())
}

async fn begun(house: &House, people: u64) -> Result<Snapshot, String> {
    let mut snapshot = house.snapshot()?;
    match snapshot.begin(&house.accounts).await {
        Begun::Restored(back) if back == people => Ok(snapshot),
        other => Err(format!("begin: {other:?}")),
    }
}

/// Two and two as friends: so they are imported a whole batch at a time.
async fn import(store: &Sqlite, users: u32) -> Result<(), String> {
    let pairs: Vec<u32> = (0..users).step_by(2).collect();
    for part in pairs.chunks(IMPORT) {
        let user = |number: u32| UserId::new(&id(number)).map_err(|bad| bad.to_string());
        let pair = |&first: &u32| Ok(Imported::Friends(user(first)?, user(first + 1)?));
        let lines: Result<Vec<Imported>, String> = part.iter().map(pair).collect();
        let imported = store.import(&lines?, 1).await;
        imported.map_err(|failed| failed.to_string())?;
    }
    Ok(())
}

/// Some metres on.
fn step(place: Place) -> Place {
    Place {
        lat: place.lat + 0.0005,
        ..place
    }
}

fn timed(act: impl FnOnce() -> Result<(), String>) -> Result<f64, String> {
    let started = Instant::now();
    act()?;
    Ok(started.elapsed().as_secs_f64())
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, String> {
        let name = format!("nearcast-bench-accounts-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).map_err(|error| format!("make a folder: {error}"))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

struct Figures {
    list: Vec<Figure>,
    parameters: Vec<(&'static str, Value)>,
}

impl Figures {
    fn new(load: &Load) -> Self {
        Self {
            list: Vec::new(),
            parameters: load.parameters(&["friends", "threads", "seconds"]),
        }
    }

    fn add(&mut self, name: &'static str, value: f64, unit: &'static str) {
        self.list.push(Figure {
            bench: BENCH,
            name,
            value,
            unit,
            goal: None,
            parameters: self.parameters.clone(),
        });
    }

    fn seconds(&mut self, name: &'static str, value: f64, at_most: Option<f64>) {
        self.add(name, value, "s");
        let figure = self.list.last_mut().expect("it was added a line above");
        figure.goal = at_most.map(Goal::AtMost);
    }
}
