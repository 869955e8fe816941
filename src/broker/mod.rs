//! The broker: who may hear what about whom, now.
//!
//! Pure and synchronous: no socket, no clock, no runtime, no store. Time is an argument, in
//! milliseconds since 1970 on a clock that does not go back. Where everybody is, is state that is
//! looked at, not a stream that is queued: a mark says "look at this pair again", and a sweep
//! compares what a session was shown with the world and encodes the difference.
//!
//! How it is driven:
//!
//! - [`Broker::new`] gives one [`Worker`] per thread that will call. All calls go through a
//!   worker; it owns its sessions and shares the world with the others.
//! - `admit` brings a user into the world, `befriend` her friendships among those who are there,
//!   `open` a session, `move_to` her position, `nearby` the first page of what she sees.
//! - Each tick: [`Worker::tidy`] once, then [`Worker::sweep`] on every worker.
//! - After `unfriend`, `block`, sharing off and `erase`: wait until [`Broker::passed`] says of the
//!   [`Boundary`] that they answer that nothing older can be encoded any more.

mod config;
mod memory;
mod sync;

mod glance;
mod slot;
mod user;
mod world;

mod channel;
mod chunks;
mod marks;
mod pulse;

mod changed;
mod index;
mod residents;
mod schedule;

mod session;
mod worker;

mod bins;
mod cursor;
mod desk;
mod doubles;
mod friends;
mod moves;
mod nearby;
mod peak;
mod settings;
mod strangers;
mod sweep;
mod tray;
mod view;
mod why;

#[cfg(all(test, loom))]
mod explored;

use std::sync::Arc;

use changed::Changed;
use channel::Channels;
use index::Index;
use marks::Queue;
use pulse::Pulses;
use residents::Residents;
use schedule::Schedule;
use settings::Lent;
use slot::{BySlot, Slot};
use strangers::Streets;
use user::Roster;
use world::{Being, World};

pub use changed::{Fix, Stand};
pub use config::{Config, Strangers};
pub use friends::Befriended;
pub use moves::{Move, Moved};
pub use nearby::{Page, Paged};
pub use pulse::Boundary;
pub use residents::{Account, Comeback, Profile};
pub use session::SessionId;
pub use settings::Change;
pub use strangers::Hearing;
pub use sweep::Sink;
pub use view::margin_m;
pub use why::{Outlook, Reasons};
pub use worker::{Denied, Hello, Opened, Worker};
pub use world::About;

/// What all workers share.
pub struct Broker {
    config: Config,
    world: World,
    channels: Channels,
    roster: Roster,
    profiles: BySlot<Arc<Profile>>,
    /// Users with more than one session, oldest first, each with its radius.
    crowded: BySlot<Vec<(SessionId, f32)>>,
    /// Sharing that ends.
    lent: BySlot<Lent>,
    queues: Box<[Queue]>,
    pulses: Pulses,
    residents: Residents,
    schedule: Schedule,
    index: Index,
    changed: Changed,
    streets: Streets,
}

impl Broker {
    /// The shared part is reached through any of the workers.
    ///
    /// # Panics
    ///
    /// When a limit of `config` is beyond what the tables can number, or a period is 0.
    #[expect(
        clippy::new_ret_no_self,
        reason = "a broker is only ever held by its workers"
    )]
    pub fn new(config: Config, workers: usize) -> Vec<Worker> {
        let workers = workers.clamp(1, config::MOST_WORKERS);
        assert!(config.users < 1 << Slot::BITS, "more users than slots");
        let periods = [config.strangers.epoch_ms, config.strangers.alias_ms];
        assert!(!periods.contains(&0), "a period of no time");
        let (roster_key, street_key) = config.key.split_at(16);
        let key = |half: &[u8]| half.try_into().expect("half of 32 bytes");
        let broker = Arc::new(Self {
            world: World::new(config.users),
            channels: Channels::new(config.edges, config.users),
            roster: Roster::new(key(roster_key)),
            profiles: BySlot::default(),
            crowded: BySlot::default(),
            lent: BySlot::default(),
            queues: (0..workers).map(|_| Queue::new(config.marks)).collect(),
            pulses: Pulses::new(workers),
            residents: Residents::new(config.users),
            schedule: Schedule::new(config.ttl_ms),
            index: Index::new(config.users),
            changed: Changed::new(config.users),
            streets: Streets::new(&config, key(street_key)),
            config,
        });
        (0..workers)
            .map(|number| Worker::new(Arc::clone(&broker), number))
            .collect()
    }

    /// Whether nothing that is encoded any more is older than the boundary.
    pub fn passed(&self, boundary: &Boundary) -> bool {
        self.pulses.passed(boundary)
    }

    /// What is to pass after a change that answers no boundary of its own.
    pub fn boundary(&self) -> Boundary {
        self.pulses.boundary()
    }

    /// Whether a user is in the world.
    pub fn is_resident(&self, user: &str) -> bool {
        self.slot(user).is_ok()
    }

    /// Whether a user is in the world with her friends and blocks.
    pub fn is_complete(&self, user: &str) -> bool {
        let slot = self.slot(user);
        slot.is_ok_and(|slot| !self.world.resident(slot).flags.get().is(Being::SKETCHED))
    }

    /// Marks that did not fit a queue, ever; each such time its worker looked at everybody.
    pub fn marks_dropped(&self) -> u64 {
        self.queues.iter().map(Queue::dropped).sum()
    }

    /// Users in the world.
    pub fn residents(&self) -> usize {
        self.roster.len()
    }

    /// Edges that the chunks in use have room for, of `Config::edges`.
    pub fn edges_used(&self) -> usize {
        self.channels.used()
    }

    pub fn config(&self) -> &Config {
        &self.config
    }
}
