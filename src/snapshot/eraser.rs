//! Who is erased: taken out of Redis before anything else is written, and told when that is done.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use super::keys::{GROUPS, group_of};
use super::owed::Owed;
use super::{Refusals, Snapshot, Trouble, scripts};
use crate::accounts::{Accounts, Keeper};
use crate::wire::UserId;

/// Erasures that wait for Redis.
const MOST_PENDING: usize = 100_000;

/// Erasures that wait to be heard of; with more all that is there is looked at.
const QUEUE: usize = 100_000;

pub(super) struct Erasing {
    pub(super) user: UserId,
    /// When she is nowhere in Redis any more.
    pub(super) done: oneshot::Sender<()>,
}

/// Erasures that are not yet done, by group.
pub(super) struct Pending(Vec<VecDeque<Erasing>>);

impl Default for Pending {
    fn default() -> Self {
        Self((0..GROUPS).map(|_| VecDeque::new()).collect())
    }
}

impl Pending {
    pub(super) fn len(&self) -> usize {
        self.0.iter().map(VecDeque::len).sum()
    }

    fn push(&mut self, erasing: Erasing) {
        self.0[group_of(&erasing.user)].push_back(erasing);
    }

    /// The first of a group.
    fn some(&self, group: usize) -> Vec<UserId> {
        let erasing = self.0[group].iter().take(scripts::BATCH);
        erasing.map(|erasing| erasing.user.clone()).collect()
    }

    /// So many of a group are done.
    fn are_done(&mut self, group: usize, some: usize) {
        for erasing in self.0[group].drain(..some) {
            // Who asked may not wait any more.
            let _ = erasing.done.send(());
        }
    }
}

/// What the accounts hold of a snapshot.
pub struct Eraser {
    queue: mpsc::Sender<Erasing>,
    wait: Duration,
    owed: Arc<Owed>,
}

impl Eraser {
    pub(super) fn new(wait: Duration, owed: Arc<Owed>) -> (Arc<Self>, mpsc::Receiver<Erasing>) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let eraser = Self { queue, wait, owed };
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
        self.owed.one();
        if self.queue.try_send(Erasing { user, done }).is_err() {
            self.owed.loses_a_name();
        }
        // Of one that found no room this ends at once.
        let waited = tokio::time::timeout(self.wait, erased).await;
        let is_done = waited.is_ok_and(|done| done.is_ok());
        if !is_done {
            let owed = Arc::clone(&self.owed);
            // It complains itself.
            let _ = tokio::task::spawn_blocking(move || owed.sync()).await;
        }
        is_done
    }
}

impl Snapshot {
    pub(super) fn hear_of_erasures(&mut self) {
        while let Ok(erasing) = self.erasing.try_recv() {
            self.put_off(erasing);
        }
        if self.owed.nameless() > self.sought.0 {
            self.read = false;
        }
    }

    /// Those for whom there is no room are found when all is read: nobody knows them.
    pub(super) fn put_off(&mut self, erasing: Erasing) {
        if self.pending.len() < MOST_PENDING {
            self.pending.push(erasing);
        } else {
            self.owed.loses_a_name();
        }
    }

    /// Whoever was sought in all that is there has been taken out of it, if nothing was left out.
    /// Where it may be another data directory's, nobody is; there she is over with her time.
    pub(super) fn settle(&mut self) {
        let (sought, since) = self.sought;
        let Some(session) = &self.session else { return };
        let life = Duration::from_millis(self.desk.rules.life_ms());
        let is_out = session.lease.is_ours || since.elapsed() > life;
        if self.read && self.left_out.is_empty() && is_out {
            self.owed.are_found(sought);
            self.sought.0 = 0;
        }
    }

    /// Erasures come before anything else is written. A group that refuses holds up only its own.
    pub(super) async fn erase(&mut self, accounts: &Accounts) -> Result<(), Trouble> {
        if self.pending.len() == 0 {
            return Ok(());
        }
        let mut refused = Refusals::default();
        for group in 0..GROUPS {
            loop {
                let users = self.pending.some(group);
                let Some(session) = self.session.as_mut().filter(|_| !users.is_empty()) else {
                    break;
                };
                session.renew(&self.desk, &self.who).await?;
                let pen = &session.pen;
                let gone: Vec<Vec<u8>> = users.iter().map(|user| user.as_str().into()).collect();
                let taken_out = self.desk.take_out_of(pen, group, &gone).await;
                if taken_out.is_err() {
                    refused.pass_over(taken_out)?;
                    break;
                }
                self.desk.counts.snapshot.erased.add((), users.len() as u64);
                // Who has come anew meanwhile may have been taken out with her.
                accounts.tell_again(&users);
                // Before who waits for it can ask.
                self.owed.are_done(users.len() as u64);
                self.pending.are_done(group, users.len());
            }
        }
        refused.end()
    }
}
