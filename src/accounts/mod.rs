//! What users may do: the account store and the live world, kept in step.
//!
//! The only place that changes both. A write is durable before it is answered, and what it takes
//! away is answered after the boundary from which on nothing older is encoded. Whether somebody
//! else exists, has blocked or has declined is told to nobody.

mod boundary;
mod entrants;
mod erasures;
mod keeper;
mod locks;
mod order;
mod permits;

mod arrival;
mod profile;
mod sharing;

mod blocks;
mod friends;
mod strangers;

mod import;
mod kept;
mod questions;

#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use crate::broker::{Broker, Denied, Worker};
use crate::clock::Clock;
use crate::limits::{Kind, Rates};
use crate::metrics::{Limit, Metrics};
use crate::store::{Failed, Lent, Store};
use crate::wire::UserId;

use entrants::Entrants;
pub use erasures::{Asker, Moment};
use erasures::{Erasures, Fate};
pub use keeper::{Erased, Keeper};
pub use kept::{Changed, Kept, Restored};
use locks::{Held, Locks};
use order::Posts;
pub use order::{Order, Post};
use permits::Permits;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not allowed, or not with this person: the same for unknown, blocked, declined, no friend.
    Denied,
    /// There is no such thing, and the caller may know it.
    NotFound,
    /// A server key's friendship against a block.
    Conflict,
    /// What was asked is wrong; the sentence says what.
    Bad(String),
    /// More than a limit allows; try again after so many seconds.
    TooMany { limit: Limit, after_s: u64 },
    /// The store or the world cannot take it now. What is wrong is in the log.
    Unavailable,
}

pub type Result<T> = std::result::Result<T, Refusal>;

/// A user who has come into the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub sharing: Lent,
    /// May have the mode strangers: permission and consent.
    pub strangers: bool,
}

/// What opens a user to strangers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// By her token or by her profile.
    pub permitted: bool,
    pub consents: bool,
}

/// What a PUT of a friendship is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FriendState {
    Friends,
    Requested,
}

/// What accounts are made of.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub keepers: Vec<Arc<dyn Keeper>>,
    /// A worker without sessions.
    pub desk: Worker,
    pub posts: Vec<Post>,
    pub rates: Arc<Rates>,
    pub metrics: Arc<Metrics>,
    pub clock: Clock,
    /// Changes that may run or wait at once.
    pub changes: usize,
}

/// Calls are spread over the files of this folder by what they are about. A write runs to its end
/// in a task of its own, even if who asked for it has gone.
pub struct Accounts {
    me: Weak<Self>,
    store: Arc<dyn Store>,
    keepers: Vec<Arc<dyn Keeper>>,
    /// A worker without sessions: everything that is asked without one. Never held across an await.
    desk: Mutex<Worker>,
    broker: Arc<Broker>,
    posts: Posts,
    rates: Arc<Rates>,
    metrics: Arc<Metrics>,
    clock: Clock,
    /// Taken around each change of the store and the world.
    locks: Locks,
    permits: Permits,
    /// Changes that run or wait at once: each is a task, which goes on when its caller has gone.
    room: Arc<Semaphore>,
    /// Users erased of late: what was loaded before may name one who has come anew since.
    erasures: Erasures,
    entrants: Entrants,
}

impl Accounts {
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts {
            store,
            keepers,
            desk,
            posts,
            rates,
            metrics,
            clock,
            changes,
        } = parts;
        Arc::new_cyclic(|me| Self {
            me: Weak::clone(me),
            store,
            keepers,
            broker: Arc::clone(desk.broker()),
            desk: Mutex::new(desk),
            posts: Posts::new(posts),
            rates,
            metrics,
            clock,
            locks: Locks::new(),
            permits: Permits::default(),
            room: Arc::new(Semaphore::new(changes)),
            erasures: Erasures::default(),
            entrants: Entrants::default(),
        })
    }

    /// Orders that no worker took in time, ever.
    pub fn orders_lost(&self) -> u64 {
        self.posts.lost()
    }

    fn desk(&self) -> MutexGuard<'_, Worker> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Runs to its end what has begun, even if the caller goes away meanwhile.
    async fn run<T, W>(&self, work: impl FnOnce(Arc<Self>) -> W) -> Result<T>
    where
        T: Send + 'static,
        W: Future<Output = Result<T>> + Send + 'static,
    {
        let me = self.me.upgrade().expect("it is only ever held by an Arc");
        match self.begin(work(me))?.await {
            Ok(answer) => answer,
            Err(ended) => {
                tracing::error!(%ended, "a change of an account did not end");
                Err(Refusal::Unavailable)
            }
        }
    }

    /// The same for what goes on behind its answer.
    async fn run_on<T, W>(
        &self,
        work: impl FnOnce(Arc<Self>, oneshot::Sender<Result<T>>) -> W,
    ) -> Result<T>
    where
        T: Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        let me = self.me.upgrade().expect("it is only ever held by an Arc");
        let (answer, answered) = oneshot::channel();
        self.begin(work(me, answer))?;
        answered.await.unwrap_or_else(|_| {
            tracing::error!("a change of an account did not come to its answer");
            Err(Refusal::Unavailable)
        })
    }

    /// A task among the changes at once.
    fn begin<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<JoinHandle<T>> {
        let place = Arc::clone(&self.room).try_acquire_owned().map_err(|_| {
            self.metrics.limits.one(Limit::Changes);
            Refusal::Unavailable
        })?;
        Ok(tokio::spawn(async move {
            let _place = place;
            work.await
        }))
    }

    /// What is asked from here on.
    pub fn moment(&self) -> Moment {
        self.erasures.moment()
    }

    /// Holds who asks for something. What was asked before she was erased makes her not anew.
    async fn hold(&self, user: &UserId, asker: Asker) -> Result<Held<'_>> {
        let held = self.locks.one(user.as_str()).await;
        self.unless_erased(user, asker).await?;
        Ok(held)
    }

    /// The same, with somebody else.
    async fn hold_two(&self, user: &UserId, other: &UserId, asker: Asker) -> Result<Held<'_>> {
        let held = self.locks.two(user.as_str(), other.as_str()).await;
        self.unless_erased(user, asker).await?;
        Ok(held)
    }

    async fn unless_erased(&self, user: &UserId, asker: Asker) -> Result<()> {
        let fate = match asker {
            Asker::Known => Fate::Erased,
            Asker::Maker(moment) => self.erasures.fate(user.as_str(), moment),
        };
        if fate == Fate::Spared || self.store.user(user.as_str()).await?.is_some() {
            return Ok(());
        }
        Err(match fate {
            Fate::Unknown => Refusal::Unavailable,
            _ => Refusal::NotFound,
        })
    }

    fn take(&self, kind: Kind, user: &UserId) -> Result<()> {
        self.rates
            .take(kind, user.as_str(), self.now())
            .map_err(|after_ms| {
                let limit = limit(kind);
                self.metrics.limits.one(limit);
                Refusal::TooMany {
                    limit,
                    after_s: after_ms.div_ceil(1000).max(1),
                }
            })
    }
}

fn limit(kind: Kind) -> Limit {
    match kind {
        Kind::Move => Limit::Moves,
        Kind::Denied => Limit::Denied,
        Kind::Request => Limit::Requests,
        Kind::Wave => Limit::Waves,
        Kind::Report => Limit::Reports,
        Kind::Block => Limit::BlocksMade,
    }
}

impl From<Failed> for Refusal {
    fn from(failed: Failed) -> Self {
        tracing::error!(%failed, "the account store failed");
        Self::Unavailable
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Full => {
                tracing::error!("the world is full; see `broker.users` and `broker.edges`");
                Self::Unavailable
            }
            Denied::Cursor => Self::Bad("cursor: not one of this list".to_owned()),
            Denied::Unknown => Self::NotFound,
            Denied::NotFriends | Denied::Ended | Denied::Observes => Self::Denied,
        }
    }
}
