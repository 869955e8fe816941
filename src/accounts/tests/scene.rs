//! The world of a test: what is done to accounts, what phones hear, what workers are ordered.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use nearcast_grid::Position;
use tokio::sync::{mpsc, oneshot, watch};

use super::late::Late;
use super::phone::{Air, Phone};
use crate::accounts::{Accounts, Arrived, Asker, Order, Parts, Post};
use crate::auth::Claims;
use crate::broker::{About, Broker, Config, Hello, Move, Reasons, Worker};
use crate::clock::Clock;
use crate::config::Limits;
use crate::limits::Rates;
use crate::store::{Rules, Sqlite, Store};
use crate::wire::server::Event;
use crate::wire::{Encoding, Sharing, UserId};

pub(super) const CAFE: (f64, f64) = (37.5665, 126.978);
/// Some streets from the café, in another privacy cell.
pub(super) const PARK: (f64, f64) = (37.5755, 126.978);
/// Out of sight of the café.
pub(super) const HARBOR: (f64, f64) = (37.645, 126.978);

const BEGINNING: u64 = 1_795_000_020_000;
pub(super) const TTL_MS: u64 = 10_000;
const EPOCH_MS: u64 = 1_000;
/// Changes at once.
pub(super) const CHANGES: usize = 64;
pub(super) const ALIAS_MS: u64 = 60_000;

pub(super) fn id(user: &str) -> UserId {
    UserId::new(user).unwrap()
}

pub(super) fn claims(user: &str) -> Claims {
    Claims {
        user: id(user),
        expires_ms: u64::MAX,
        strangers: false,
        pool: String::new(),
    }
}

pub(super) struct Scene {
    pub(super) accounts: Arc<Accounts>,
    pub(super) store: Arc<Late>,
    pub(super) sockets: Worker,
    /// For accounts of later times.
    desks: Vec<Worker>,
    rates: Arc<Rates>,
    post: Post,
    orders: mpsc::Receiver<Order>,
    hold: watch::Sender<Passes>,
    phones: Vec<Phone>,
    dir: PathBuf,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

impl Scene {
    pub(super) async fn new() -> Self {
        Self::with(Limits::default()).await
    }

    pub(super) async fn with(limits: Limits) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let dir =
            std::env::temp_dir().join(format!("nearcast-accounts-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let rules = Rules {
            default_sharing: Sharing::Exact,
            friends: 50,
            blocks: 50,
            requests: 50,
        };
        let store = Arc::new(Late::new(Sqlite::open(&dir, rules).await.unwrap()));
        let mut config = Config {
            users: 2048,
            edges: 1 << 16,
            marks: 1024,
            friends: 50,
            blocks: 50,
            ttl_ms: TTL_MS,
            key: [7; 32],
            ..Config::default()
        };
        config.strangers.epoch_ms = EPOCH_MS;
        config.strangers.alias_ms = ALIAS_MS;
        let mut desks = Broker::new(config, 8);
        let sockets = desks.remove(0);
        let (hold, held) = watch::channel(None);
        let (post, orders) = hub(held);
        let config = crate::config::Config {
            limits,
            ..Default::default()
        };
        let rates = Arc::new(Rates::new(config.user_rules(), 4096, [7; 16]));
        let accounts = Accounts::new(Parts {
            store: Arc::clone(&store) as Arc<dyn Store>,
            keepers: Vec::new(),
            desk: desks.remove(0),
            posts: vec![post.clone()],
            rates: Arc::clone(&rates),
            metrics: crate::metrics::Metrics::new(1),
            clock: Clock::at(BEGINNING),
            changes: CHANGES,
        });
        Self {
            accounts,
            store,
            sockets,
            desks,
            rates,
            post,
            orders,
            hold,
            phones: Vec::new(),
            dir,
        }
    }

    /// Accounts as they are after a while, with nothing in their memory of what was before; who
    /// has a phone says meanwhile where she is.
    pub(super) fn later(&mut self, ms: u64) {
        let now = self.accounts.now();
        self.epochs(ms / EPOCH_MS);
        self.accounts = Accounts::new(Parts {
            store: Arc::clone(&self.store) as Arc<dyn Store>,
            keepers: Vec::new(),
            desk: self.desks.remove(0),
            posts: vec![self.post.clone()],
            rates: Arc::clone(&self.rates),
            metrics: crate::metrics::Metrics::new(1),
            clock: Clock::at(now + ms),
            changes: CHANGES,
        });
    }

    /// So many epochs pass in the world, and no time for the accounts.
    pub(super) fn epochs(&mut self, count: u64) {
        let now = self.accounts.now();
        for step in 1..=count {
            for phone in 0..self.phones.len() {
                self.say(phone, now + step * EPOCH_MS);
            }
            self.sweep_at(now + step * EPOCH_MS);
        }
    }

    /// Until strangers are shown to each other.
    pub(super) fn two_epochs(&mut self) {
        self.later(3 * EPOCH_MS);
    }

    /// Until who has no phone has left the world.
    pub(super) fn until_idle_are_gone(&mut self) {
        self.later(2 * TTL_MS);
    }

    /// Whoever has a server key, now.
    pub(super) fn backend(&self) -> Asker {
        Asker::Maker(self.accounts.moment())
    }

    pub(super) async fn arrive(&mut self, user: &str) -> Arrived {
        self.arrive_at(user, CAFE).await
    }

    /// Comes with a phone, says where she is and looks around.
    pub(super) async fn arrive_at(&mut self, user: &str, place: (f64, f64)) -> Arrived {
        self.arrive_with(&claims(user), place).await
    }

    pub(super) async fn arrive_with(&mut self, claims: &Claims, place: (f64, f64)) -> Arrived {
        let arrived = self
            .accounts
            .arrive(claims, self.accounts.moment())
            .await
            .unwrap();
        let hello = Hello {
            encoding: Encoding::Json,
            friends: true,
            strangers: arrived.strangers,
            radius_m: 8047.0,
            observes: false,
        };
        let user = claims.user.to_string();
        let opened = self.sockets.open(&user, &hello).unwrap();
        self.phones.push(Phone {
            user,
            session: opened.session,
            place,
            heard: Vec::new(),
            alias: String::new(),
        });
        self.say(self.phones.len() - 1, self.accounts.now());
        self.sweep();
        arrived
    }

    fn say(&mut self, phone: usize, now: u64) {
        let phone = &self.phones[phone];
        let said = Move {
            position: Position::new(phone.place.0, phone.place.1).unwrap(),
            about: About::new(None, None, None),
            at: None,
        };
        self.sockets.move_to(phone.session, &said, now).unwrap();
    }

    pub(super) fn walk(&mut self, user: &str, place: (f64, f64)) {
        let phone = self.phone(user);
        self.phones[phone].place = place;
        self.say(phone, self.accounts.now());
        self.sweep();
    }

    /// Her phone is gone for good; she stays until the TTL.
    pub(super) fn hang_up(&mut self, user: &str) {
        let phone = self.phone(user);
        let phone = self.phones.remove(phone);
        self.sockets.close(phone.session, self.accounts.now());
    }

    fn phone(&self, user: &str) -> usize {
        let phone = self.phones.iter().position(|phone| phone.user == user);
        phone.expect("she has a phone")
    }

    pub(super) fn sweep(&mut self) {
        self.sweep_at(self.accounts.now());
    }

    fn sweep_at(&mut self, now: u64) {
        self.sockets.tidy(now);
        self.sockets.sweep(now, &mut Air(&mut self.phones));
    }

    /// The worker of the phones, for a thread of its own.
    pub(super) fn take_sockets(&mut self) -> Worker {
        std::mem::replace(&mut self.sockets, self.desks.remove(0))
    }

    /// What a phone heard since this was last asked.
    pub(super) fn heard(&mut self, user: &str) -> Vec<String> {
        self.sweep();
        let phone = self.phone(user);
        std::mem::take(&mut self.phones[phone].heard)
    }

    /// The alias of the last stranger whom a phone was told of.
    pub(super) fn alias(&mut self, user: &str) -> String {
        let phone = self.phone(user);
        self.phones[phone].alias.clone()
    }

    pub(super) fn why(&self, viewer: &str, subject: &str) -> Reasons {
        let now = self.accounts.now();
        self.accounts.desk().why(viewer, subject, now).unwrap()
    }

    pub(super) fn is_here(&self, user: &str) -> bool {
        self.sockets.broker().is_resident(user)
    }

    /// The next order that somebody's session is given.
    pub(super) async fn ordered(&mut self) -> String {
        let order = self.orders.recv().await.unwrap();
        let (session, what) = match order {
            Order::Close(session, close) => (session, format!("close {}", close.entry().name)),
            Order::Tell(session, Event::Request(request)) => {
                let name = request.name.unwrap_or_default();
                (session, format!("request of {} {name}", request.user))
            }
            Order::Tell(session, Event::Met(met)) => {
                let phone = self.phones.iter().find(|phone| phone.session == session);
                let viewer = &phone.unwrap().user;
                let now = self.accounts.now();
                let meant = self.accounts.desk().resolve(viewer, &met.alias, now);
                assert_eq!(meant.as_deref(), Ok(met.user.as_str()));
                let name = met.name.unwrap_or_default();
                (session, format!("met {} {name}", met.user))
            }
            other => panic!("nobody expects {other:?}"),
        };
        let phone = self.phones.iter().find(|phone| phone.session == session);
        format!("{}: {what}", phone.unwrap().user)
    }

    /// Whether somebody changes one of the two at this moment.
    pub(super) async fn are_held(&self, one: &str, other: &str) -> bool {
        tokio::select! {
            biased;
            _ = self.accounts.locks.two(one, other) => false,
            () = std::future::ready(()) => true,
        }
    }

    /// From here on the hub passes nothing by itself.
    pub(super) fn hold_passes(&mut self) -> mpsc::Receiver<oneshot::Sender<()>> {
        let (to, passes) = mpsc::channel(8);
        self.hold.send(Some(to)).unwrap();
        passes
    }

    pub(super) async fn nothing_is_ordered(&mut self) -> bool {
        self.accounts.posts.pass().await && self.orders.is_empty()
    }

    /// Makes two users friends in the store and, if they are there, in the world.
    pub(super) async fn befriend(&mut self, one: &str, other: &str) {
        self.accounts.befriend(&id(one), &id(other)).await.unwrap();
        self.sweep();
    }
}

/// Where a hub's passes go, if not through.
type Passes = Option<mpsc::Sender<oneshot::Sender<()>>>;

/// Where sessions would be told: orders are kept, and passed.
fn hub(hold: watch::Receiver<Passes>) -> (Post, mpsc::Receiver<Order>) {
    let (post, mut posted) = mpsc::channel(64);
    let (keep, kept) = mpsc::channel(64);
    tokio::spawn(async move {
        while let Some(order) = posted.recv().await {
            match order {
                Order::Pass(pass) => {
                    let to = hold.borrow().clone();
                    match to {
                        Some(to) => to.send(pass).await.unwrap_or_default(),
                        None => pass.send(()).unwrap_or_default(),
                    }
                }
                // Its scene may have ended.
                other => keep.send(other).await.unwrap_or_default(),
            }
        }
    });
    (post, kept)
}
