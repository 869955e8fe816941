//! Who is erased: taken out of Redis before anything else is written, and told when that is done.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use crate::accounts::Keeper;
use crate::wire::UserId;

/// Erasures that wait to be heard of; more are told to be pending, and are found by their store
/// when Redis is read the next time.
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
}

impl Eraser {
    pub(super) fn new(wait: Duration) -> (Arc<Self>, mpsc::Receiver<Erasing>) {
        let (queue, waiting) = mpsc::channel(QUEUE);
        (Arc::new(Self { queue, wait }), waiting)
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
        let erase =
            async { self.queue.send(Erasing { user, done }).await.is_ok() && erased.await.is_ok() };
        tokio::time::timeout(self.wait, erase)
            .await
            .unwrap_or(false)
    }
}
