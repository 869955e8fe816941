//! Who is erased: taken out of Redis before anything else is written, and told when that is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use super::{Snapshot, Trouble, scripts};
use crate::accounts::{Accounts, Keeper};
use crate::wire::UserId;

/// Erasures that wait for Redis.
const MOST_PENDING: usize = 100_000;

/// Erasures that wait to be heard of; with more all that is there is looked at.
const QUEUE: usize = 1024;

pub(super) struct Erasing {
    pub(super) user: UserId,
    /// When she is nowhere in Redis any more.
    pub(super) done: oneshot::Sender<()>,
}

/// What the accounts hold of a snapshot.
pub struct Eraser {
    queue: mpsc::Sender<Erasing>,
    wait: Duration,
    /// Some found no room.
    pub(super) overflow: Arc<AtomicBool>,
}

impl Eraser {
    pub(super) fn new(wait: Duration) -> (Arc<Self>, mpsc::Receiver<Erasing>) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let eraser = Self {
            queue,
            wait,
            overflow: Arc::default(),
        };
        (Arc::new(eraser), waiting)
    }
}

#[async_trait]
impl Keeper for Eraser {
    fn name(&self) -> &'static str {
        "redis"
    }

    async fn erase(&self, user: &UserId) -> bool {
        let (done, erased) = oneshot::channel();
        let user = user.clone();
        if self.queue.try_send(Erasing { user, done }).is_err() {
            self.overflow.store(true, Ordering::Release);
            return false;
        }
        let waited = tokio::time::timeout(self.wait, erased).await;
        waited.is_ok_and(|done| done.is_ok())
    }
}

impl Snapshot {
    pub(super) fn hear_of_erasures(&mut self) {
        while let Ok(erasing) = self.erasing.try_recv() {
            self.put_off(erasing);
        }
        if self.overflow.swap(false, Ordering::AcqRel) {
            self.read = false;
        }
    }

    /// Those for whom there is no room are found when all is read: nobody knows them.
    pub(super) fn put_off(&mut self, erasing: Erasing) {
        if self.pending.len() < MOST_PENDING {
            self.pending.push_back(erasing);
        } else {
            self.read = false;
        }
    }

    /// Erasures come before anything else is written.
    pub(super) async fn erase(&mut self, accounts: &Accounts) -> Result<(), Trouble> {
        while let Some(session) = &mut self.session
            && !self.pending.is_empty()
        {
            session.renew(&self.desk, &self.who).await?;
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
}
