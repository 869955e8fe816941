//! What sessions are told from outside their worker.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;

use crate::broker::SessionId;
use crate::wire::Close;
use crate::wire::server::Event;

/// To one session, through the worker whose session it is. A session that has ended is passed
/// over.
#[derive(Debug)]
pub enum Order {
    Close(SessionId, Close),
    /// An event nobody asked for: `met`, `request`.
    Tell(SessionId, Event),
}

impl Order {
    fn session(&self) -> SessionId {
        match self {
            Self::Close(session, _) | Self::Tell(session, _) => *session,
        }
    }
}

/// The way to one worker's sessions.
pub type Post = mpsc::Sender<Order>;

/// How long a full post is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// By number of the worker.
pub(super) struct Posts {
    posts: Vec<Post>,
    lost: AtomicU64,
}

impl Posts {
    pub(super) fn new(posts: Vec<Post>) -> Self {
        Self {
            posts,
            lost: AtomicU64::new(0),
        }
    }

    /// Brings an order on its way. One that its worker does not take in time is lost and counted.
    pub(super) async fn send(&self, order: Order) {
        let worker = order.session().worker();
        let Some(post) = self.posts.get(worker) else {
            return;
        };
        if let Err(problem) = post.send_timeout(order, PATIENCE).await {
            self.lost.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(worker, %problem, "a worker did not take an order");
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}
