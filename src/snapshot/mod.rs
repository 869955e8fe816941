//! Positions outside the process, in a Redis GEO index: written behind, restored at the start.
//!
//! The only module that knows Redis. Nothing waits for it: a round takes who changed since the last
//! one, part by part, and what cannot be written is told of again with its newest state. Groups of
//! users have keys of their own, which Redis Cluster spreads; their members end by Redis' clock,
//! which outlives us. One server writes at a time (`lease.rs`).

mod keys;
mod link;
mod record;
mod scripts;

mod eraser;
mod lease;
mod restore;
mod round;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nearcast_grid::Grid;
use tokio::sync::{mpsc, watch};

use crate::accounts::Accounts;
use crate::clock::Clock;
use crate::config;
use crate::metrics::{Metrics, SnapshotState as State};
use crate::wire::UserId;

pub use eraser::Eraser;
use eraser::Erasing;
use keys::Keys;
use lease::Lease;
use link::{Connection, Link};
pub use record::{Malformed, Record};
use round::Clocks;
use scripts::Scripts;

/// People who are held in memory at once, about.
const HELD: usize = 32 * scripts::BATCH;
/// Erasures that wait for Redis.
const MOST_PENDING: usize = 100_000;
/// How often it is tried to reach a Redis that is away.
const AGAIN: Duration = Duration::from_secs(1);
/// The keys stay longer than what is in them.
const LIFE_BEYOND_MS: u64 = 60_000;

/// What all that is done with Redis needs.
struct Desk {
    keys: Keys,
    scripts: Scripts,
    rules: Rules,
    instance: String,
    clock: Clock,
    counts: Arc<Metrics>,
}

struct Rules {
    every: Duration,
    restore_wait: Duration,
    lease_ms: u64,
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
    /// Another server writes there.
    Fenced,
    /// Redis cannot be reached, or refuses; a verb phrase.
    Away(String),
}

/// A snapshot that has not begun.
pub struct Snapshot {
    desk: Arc<Desk>,
    link: Link,
    erasing: mpsc::Receiver<Erasing>,
    /// Not yet done.
    pending: VecDeque<Erasing>,
    session: Option<Session>,
    /// The lease as it was ours last.
    before: String,
    /// Records of before this server began have been read.
    read: bool,
}

struct Session {
    connection: Connection,
    lease: Lease,
    renewed: Instant,
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
    let keys = Keys::new(&config.snapshot.app);
    let (scripts, geo) = (Scripts::new(), &keys.shared.geo);
    let tried = scripts.try_out(&mut connection, geo).await;
    tried.map_err(|error| fault(format!("use Redis: {}", link::said(&error))))
}

/// How a beginning ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Begun {
    /// So many are back.
    Restored(u64),
    /// Redis was not to be had in time: the server starts without; a sentence.
    Without(String),
    /// Another server writes there, and lives; a sentence.
    Refused(String),
}

impl Snapshot {
    /// `instance`: of the data directory.
    ///
    /// # Errors
    /// A sentence that names the key of the configuration.
    pub fn new(
        config: &config::Config,
        instance: String,
        clock: Clock,
        counts: Arc<Metrics>,
    ) -> Result<(Self, Arc<Eraser>), String> {
        let rules = &config.snapshot;
        let (eraser, erasing) = Eraser::new(Duration::from_millis(rules.erase_wait_ms));
        let shared = rules
            .shared_index
            .then(|| Grid::geohash(rules.shared_precision).expect("it has been checked"));
        let desk = Desk {
            keys: Keys::new(&rules.app),
            scripts: Scripts::new(),
            rules: Rules {
                every: Duration::from_millis(rules.every_ms),
                restore_wait: Duration::from_millis(rules.restore_wait_ms),
                lease_ms: rules.lease_ms,
                ttl_ms: config.broker.ttl_s * 1000,
                shared,
            },
            instance,
            clock,
            counts,
        };
        let snapshot = Self {
            desk: Arc::new(desk),
            link: Link::new(rules)?,
            erasing,
            pending: VecDeque::new(),
            session: None,
            before: String::new(),
            read: false,
        };
        Ok((snapshot, eraser))
    }

    /// Takes the lease and brings everybody back, before anybody is served.
    pub async fn begin(&mut self, accounts: &Arc<Accounts>) -> Begun {
        let counts = Arc::clone(&self.desk.counts);
        counts.snapshot.is_whole(self.desk.clock.now_ms());
        let started = self.desk.clock.instant();
        let mut waited_for: Option<(String, Instant)> = None;
        loop {
            let why = match self.enter().await {
                Ok(()) => match self.restore(accounts, false).await {
                    Ok(back) => return Begun::Restored(back),
                    Err(Trouble::Fenced) => "another server has taken the lease".to_owned(),
                    Err(Trouble::Away(why)) => why,
                },
                Err(Entry::Held(holder)) => {
                    counts.snapshot.set(State::Waiting(holder.clone()));
                    let since = match &waited_for {
                        Some((before, since)) if *before == holder => *since,
                        _ => self.desk.clock.instant(),
                    };
                    waited_for = Some((holder.clone(), since));
                    if since.elapsed() > Duration::from_millis(2 * self.desk.rules.lease_ms) {
                        return Begun::Refused(format!(
                            "another server, of another data directory ({holder}), keeps its \
                             positions under snapshot.app of this one, and lives: give this one a \
                             snapshot.app of its own, or end the other"
                        ));
                    }
                    tokio::time::sleep(Lease::every(self.desk.rules.lease_ms)).await;
                    continue;
                }
                Err(Entry::Away(why)) => why,
            };
            self.lose(&why);
            if started.elapsed() > self.desk.rules.restore_wait {
                return Begun::Without(why);
            }
            tokio::time::sleep(AGAIN.min(self.desk.rules.restore_wait / 4)).await;
        }
    }

    /// Writes round by round until told to stop, and once more then.
    pub async fn run(mut self, accounts: Arc<Accounts>, mut stop: watch::Receiver<bool>) {
        let mut next = self.desk.clock.instant() + self.desk.rules.every;
        loop {
            let wake = next.min(self.desk.clock.instant() + Lease::every(self.desk.rules.lease_ms));
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                Some(erasing) = self.erasing.recv() => self.put_off(erasing),
                () = tokio::time::sleep_until(wake.into()) => {}
            }
            self.hear_of_erasures();
            self.step(&accounts, &mut next).await;
        }
        self.hear_of_erasures();
        let mut now = self.desk.clock.instant();
        self.step(&accounts, &mut now).await;
        if let Some(session) = &mut self.session {
            let desk = &self.desk;
            let to = &mut session.connection;
            session.lease.release(&desk.scripts, to, &desk.keys).await;
        }
    }

    /// Does what is due: the lease, erasures, and a round if it is time.
    async fn step(&mut self, accounts: &Arc<Accounts>, next: &mut Instant) {
        let done = self.try_step(accounts, next).await;
        self.desk.counts.snapshot.pending(self.pending.len());
        let why = match done {
            Ok(()) => return,
            Err(Trouble::Away(why)) => why,
            Err(Trouble::Fenced) => "another server has taken the lease".to_owned(),
        };
        self.lose(&why);
        *next = self.desk.clock.instant() + AGAIN.min(self.desk.rules.every);
    }

    async fn try_step(
        &mut self,
        accounts: &Arc<Accounts>,
        next: &mut Instant,
    ) -> Result<(), Trouble> {
        let desk = Arc::clone(&self.desk);
        if self.session.is_none() {
            let is_due = self.desk.clock.instant() >= *next;
            if !is_due && self.pending.is_empty() {
                return Ok(());
            }
            match self.enter().await {
                Ok(()) => {}
                Err(Entry::Away(why)) => return Err(Trouble::Away(why)),
                Err(Entry::Held(holder)) => {
                    *next = self.desk.clock.instant() + desk.rules.every;
                    // What is there then is another's too.
                    self.read = false;
                    desk.counts.snapshot.set(State::Waiting(holder));
                    return Ok(());
                }
            }
            self.erase(accounts).await?;
            if !self.read {
                self.restore(accounts, true).await?;
            }
            // What was there may be lost, or another's.
            accounts.tell_everybody_again();
            *next = self.desk.clock.instant();
        }
        self.renew().await?;
        self.erase(accounts).await?;
        if self.desk.clock.instant() < *next {
            return Ok(());
        }
        let (began, began_ms) = (desk.clock.instant(), desk.clock.now_ms());
        let count = self.round(accounts).await?;
        let counts = &desk.counts.snapshot;
        counts.rounds.one(());
        counts.changes.add((), count);
        counts.round.took((), began.elapsed());
        counts.last_round(count, began.elapsed().as_millis() as u64);
        counts.is_whole(began_ms);
        *next = began + desk.rules.every;
        Ok(())
    }

    /// Writes who changed; answers how many those were. Neither the lease nor erasures wait for
    /// its end.
    async fn round(&mut self, accounts: &Accounts) -> Result<u64, Trouble> {
        let desk = Arc::clone(&self.desk);
        let Some(session) = &self.session else {
            return Ok(0);
        };
        let (mut connection, epoch) = (session.connection.clone(), session.lease.epoch);
        let clocks = Clocks::read(&mut connection, desk.clock.now_ms()).await?;
        let (mut held, mut count) = (Vec::new(), 0);
        let parts = accounts.changed_parts();
        for part in 0..parts {
            held.append(&mut accounts.take_changed(part));
            if held.len() >= HELD || part + 1 == parts {
                count += held.len() as u64;
                desk.write(accounts, &connection, epoch, clocks, &held)
                    .await?;
                held.clear();
                self.renew().await?;
                self.hear_of_erasures();
                self.erase(accounts).await?;
            }
        }
        desk.expire(&connection).await?;
        Ok(count)
    }

    fn hear_of_erasures(&mut self) {
        while let Ok(erasing) = self.erasing.try_recv() {
            self.put_off(erasing);
        }
    }

    /// Those for whom there is no room are found when all is read the next time: nobody knows them.
    fn put_off(&mut self, erasing: Erasing) {
        if self.pending.len() < MOST_PENDING {
            self.pending.push_back(erasing);
        } else {
            self.read = false;
        }
    }

    /// Connects and takes the lease.
    async fn enter(&mut self) -> Result<(), Entry> {
        let desk = &self.desk;
        let mut connection = self.link.connect().await.map_err(Entry::Away)?;
        let (to, ms) = (&mut connection, desk.rules.lease_ms);
        let (keys, before) = (&desk.keys, self.before.as_str());
        let taken = Lease::take(&desk.scripts, to, keys, &desk.instance, ms, before).await;
        let lease = taken
            .map_err(|error| Entry::Away(format!("take the lease: {}", link::said(&error))))?
            .map_err(Entry::Held)?;
        self.before.clone_from(&lease.holder);
        desk.counts.snapshot.set(State::Writing(lease.epoch));
        tracing::info!(epoch = lease.epoch, "positions are kept in Redis");
        self.session = Some(Session {
            connection,
            lease,
            renewed: desk.clock.instant(),
        });
        Ok(())
    }

    async fn restore(&mut self, accounts: &Arc<Accounts>, serving: bool) -> Result<u64, Trouble> {
        let Some(session) = &self.session else {
            return Err(Trouble::Fenced);
        };
        let (connection, epoch) = (session.connection.clone(), session.lease.epoch);
        let how = restore::How {
            serving,
            is_ours: session.lease.is_ours,
            epoch,
        };
        let desk = Arc::clone(&self.desk);
        if !serving {
            desk.counts.snapshot.set(State::Restoring);
        }
        let restoring = desk.restore(accounts, &connection, how);
        tokio::pin!(restoring);
        let found = loop {
            let Some(session) = &mut self.session else {
                return Err(Trouble::Fenced);
            };
            tokio::select! {
                found = &mut restoring => break found?,
                () = tokio::time::sleep(Lease::every(desk.rules.lease_ms)) => session.renew(&desk).await?,
            }
        };
        self.read = true;
        desk.counts.snapshot.set(State::Writing(epoch));
        let restore::Found {
            back,
            gone,
            malformed,
        } = found;
        tracing::info!(back, gone, malformed, "positions are read from Redis");
        Ok(back)
    }

    async fn renew(&mut self) -> Result<(), Trouble> {
        match &mut self.session {
            Some(session) => session.renew(&self.desk).await,
            None => Ok(()),
        }
    }

    /// Erasures come before anything else is written.
    async fn erase(&mut self, accounts: &Accounts) -> Result<(), Trouble> {
        let Some(session) = &self.session else {
            return Ok(());
        };
        while !self.pending.is_empty() {
            let some = self.pending.len().min(scripts::BATCH);
            let erasing = self.pending.range(..some);
            let users: Vec<UserId> = erasing.map(|erasing| erasing.user.clone()).collect();
            let (to, epoch) = (&session.connection, session.lease.epoch);
            self.desk.take_out(to, epoch, &users).await?;
            self.desk.counts.snapshot.erased.add((), some as u64);
            // Who has come anew meanwhile may have been taken out with her.
            accounts.tell_again(&users);
            for erasing in self.pending.drain(..some) {
                // Who asked may not wait any more.
                let _ = erasing.done.send(());
            }
        }
        Ok(())
    }

    /// Redis is away: everybody goes on, and nothing is forgotten.
    fn lose(&mut self, why: &str) {
        if self.session.take().is_some()
            || self.desk.counts.snapshot.state() != State::Away(why.to_owned())
        {
            tracing::warn!(%why, "positions are not kept in Redis now");
        }
        self.desk.counts.snapshot.errors.one(());
        self.desk.counts.snapshot.set(State::Away(why.to_owned()));
    }
}

enum Entry {
    Held(String),
    Away(String),
}

impl Session {
    async fn renew(&mut self, desk: &Desk) -> Result<(), Trouble> {
        if self.renewed.elapsed() < Lease::every(desk.rules.lease_ms) {
            return Ok(());
        }
        let to = &mut self.connection;
        if !self.lease.renew(&desk.scripts, to, &desk.keys).await? {
            return Err(Trouble::Fenced);
        }
        self.renewed = desk.clock.instant();
        Ok(())
    }
}
