//! Positions outside the process, in a Redis GEO index: written behind, restored at the start.
//!
//! The only module that knows Redis. Nothing waits for it: a round takes who changed since the last
//! one, part by part, and what cannot be written is told of again with its newest state. Groups of
//! users have keys of their own, which Redis Cluster spreads; their members end by Redis' clock,
//! which outlives us. One server writes at a time (`lease.rs`).

mod keys;
mod link;
pub mod record;
mod scripts;

mod lease;
mod pen;
mod session;

mod restore;
mod round;

mod begin;
mod eraser;
mod owed;
mod run;

use std::sync::Arc;
use std::time::{Duration, Instant};

use nearcast_grid::Grid;
use redis::RedisError;
use tokio::sync::mpsc;

use crate::clock::Clock;
use crate::config;
use crate::metrics::Metrics;

pub use begin::Begun;
pub use eraser::Eraser;
use eraser::{Erasing, Pending};
use keys::Keys;
use lease::Who;
use link::{Connection, Link};
use owed::Owed;
use scripts::Scripts;
use session::Session;

/// How often it is tried to reach a Redis that is away.
const AGAIN: Duration = Duration::from_secs(1);
/// The keys stay longer than what is in them.
const LIFE_BEYOND_MS: u64 = 60_000;
/// Keys that a sentence names.
const FEW: usize = 3;

/// What all that is done with Redis needs.
struct Desk {
    keys: Keys,
    scripts: Scripts,
    rules: Rules,
    clock: Clock,
    counts: Arc<Metrics>,
}

struct Rules {
    every: Duration,
    restore_wait: Duration,
    ttl_ms: u64,
    /// For others: how coarse.
    shared: Option<Grid>,
}

impl Rules {
    fn life_ms(&self) -> u64 {
        self.ttl_ms + LIFE_BEYOND_MS
    }
}

/// Why something could not be done.
#[derive(Debug)]
enum Trouble {
    /// Another server writes there, or Redis has lost the lease.
    Fenced,
    /// Redis cannot be reached; a verb phrase.
    Away(String),
    /// It is there, and refuses this; what it says.
    Refused(String),
}

impl Trouble {
    fn why(self) -> String {
        match self {
            Self::Fenced => "the lease is not this server's any more".to_owned(),
            Self::Away(why) | Self::Refused(why) => why,
        }
    }
}

/// What Redis refused on the way, where the rest goes on.
#[derive(Debug, Default)]
struct Refusals(Option<String>);

impl Refusals {
    /// Passes on every other trouble.
    fn pass_over<T: Default>(&mut self, done: Result<T, Trouble>) -> Result<T, Trouble> {
        match done {
            Err(Trouble::Refused(why)) => {
                self.0.get_or_insert(why);
                Ok(T::default())
            }
            done => done,
        }
    }

    fn end(self) -> Result<(), Trouble> {
        self.0.map_or(Ok(()), |why| Err(Trouble::Refused(why)))
    }
}

/// A snapshot that has not begun.
pub struct Snapshot {
    desk: Arc<Desk>,
    link: Link,
    erasing: mpsc::Receiver<Erasing>,
    pending: Pending,
    owed: Arc<Owed>,
    /// How many of the nameless the last look at all that is there has sought and not yet settled,
    /// and when it began.
    sought: (u64, Instant),
    session: Option<Session>,
    who: Who,
    /// All that is there has been looked at since it may have changed without us.
    read: bool,
    /// But for groups that refused, which are looked at again after each round.
    left_out: Vec<usize>,
}

/// Whether Redis can be meant by these keys of the configuration.
///
/// # Errors
/// A sentence that begins with the key at fault.
pub fn check(config: &config::Snapshot) -> Result<(), String> {
    if config.redis_url.is_empty() {
        return Ok(());
    }
    Link::new(config).map(drop)
}

/// Reaches Redis, and does there what the server will do.
///
/// # Errors
/// A sentence that begins with the key at fault.
pub async fn reach(config: &config::Config) -> Result<(), String> {
    if config.snapshot.redis_url.is_empty() {
        return Ok(());
    }
    let fault = |why: String| format!("snapshot.redis_url: {why}");
    let mut link = Link::new(&config.snapshot)?;
    let mut connection = link.connect().await.map_err(fault)?;
    let at_work = |error| fault(format!("use Redis: {}", link::said(&error)));
    let keys = Keys::to_try(&config.snapshot.app);
    let tried = Scripts::new().try_out(&mut connection, &keys).await;
    tried.map_err(at_work)?;
    let keys = Keys::new(&config.snapshot.app);
    let foreign = foreign(&mut connection, &keys).await.map_err(at_work)?;
    if foreign.is_empty() {
        return Ok(());
    }
    Err(format!(
        "snapshot.app: something else is kept under keys of its own: {}",
        first_of(&foreign)
    ))
}

/// The keys of ours under which something else is kept, with what.
async fn foreign(to: &mut Connection, keys: &Keys) -> Result<Vec<String>, RedisError> {
    let mut foreign = Vec::new();
    for typed in keys.typed() {
        let mut asked = redis::pipe();
        for (key, _) in &typed {
            asked.cmd("TYPE").arg(key);
        }
        let found: Vec<String> = asked.query_async(to).await?;
        for ((key, wanted), found) in typed.iter().zip(found) {
            if found != *wanted && found != "none" {
                foreign.push(format!("{key} is a {found}"));
            }
        }
    }
    Ok(foreign)
}

impl Snapshot {
    /// `directory`: what tells the data directory from every other one.
    ///
    /// # Errors
    /// A sentence that names the key of the configuration.
    pub fn new(
        config: &config::Config,
        directory: String,
        clock: Clock,
        counts: Arc<Metrics>,
    ) -> Result<(Self, Arc<Eraser>), String> {
        let rules = &config.snapshot;
        let owed = Arc::new(Owed::open(&config.server.data, Arc::clone(&counts))?);
        let wait = Duration::from_millis(rules.erase_wait_ms);
        let (eraser, erasing) = Eraser::new(wait, Arc::clone(&owed));
        let shared = rules
            .shared_index
            .then(|| Grid::geohash(rules.shared_precision).expect("it has been checked"));
        let desk = Desk {
            keys: Keys::new(&rules.app),
            scripts: Scripts::new(),
            rules: Rules {
                every: Duration::from_millis(rules.every_ms),
                restore_wait: Duration::from_millis(rules.restore_wait_ms),
                ttl_ms: config.broker.ttl_s * 1000,
                shared,
            },
            clock,
            counts,
        };
        let who = Who {
            directory,
            process: process()?,
            starts: true,
            lease_ms: rules.lease_ms,
            life_ms: desk.rules.life_ms(),
        };
        let snapshot = Self {
            desk: Arc::new(desk),
            link: Link::new(rules)?,
            erasing,
            pending: Pending::default(),
            owed,
            sought: (0, clock.instant()),
            session: None,
            who,
            read: false,
            left_out: Vec::new(),
        };
        Ok((snapshot, eraser))
    }
}

/// The first few of a list that may be long.
fn first_of(list: &[impl AsRef<str>]) -> String {
    let few: Vec<&str> = list.iter().take(FEW).map(AsRef::as_ref).collect();
    let few = few.join(", ");
    match list.len().saturating_sub(FEW) {
        0 => few,
        more => format!("{few} and {more} more"),
    }
}

/// A word that no other process has.
fn process() -> Result<String, String> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| format!("draw a random number: {error}"))?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::first_of;

    #[test]
    fn of_a_long_list_the_first_are_named_and_the_rest_counted() {
        assert_eq!(first_of(&["a"]), "a");
        assert_eq!(first_of(&["a", "b", "c"]), "a, b, c");
        assert_eq!(first_of(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }
}
