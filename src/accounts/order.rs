//! What a worker's sessions are told from outside it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::broker::{Outlook, SessionId};
use crate::wire::server::Event;
use crate::wire::{Close, UserId};

/// Carried out in the order of sending. A session that has ended is passed over.
#[derive(Debug)]
pub enum Order {
    Close(SessionId, Close),
    /// An event nobody asked for: `met`, `request`.
    Tell(SessionId, Event),
    /// What does it make of this user? For operators.
    Look(SessionId, UserId, oneshot::Sender<Outlook>),
    /// Everything that was sent before has been carried out.
    Pass(oneshot::Sender<()>),
}

/// The way to one worker's sessions.
pub type Post = mpsc::Sender<Order>;

/// How long a worker is waited for until an order is lost.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same where what was changed waits for it, and nothing is lost but the answer.
const PATIENCE_TO_PASS: Duration = Duration::from_secs(5);

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

    pub(super) async fn close(&self, session: SessionId, close: Close) {
        self.send(session.worker(), Order::Close(session, close))
            .await;
    }

    pub(super) async fn tell(&self, session: SessionId, event: Event) {
        self.send(session.worker(), Order::Tell(session, event))
            .await;
    }

    /// None: the session ended meanwhile.
    pub(super) async fn look(&self, session: SessionId, subject: UserId) -> Option<Outlook> {
        let (answer, answered) = oneshot::channel();
        self.send(session.worker(), Order::Look(session, subject, answer))
            .await;
        answered.await.ok()
    }

    /// Waits until every worker has carried out what was sent before, or is gone; answers whether
    /// that is so.
    pub(super) async fn pass(&self) -> bool {
        let passes = async {
            let mut waiting = Vec::with_capacity(self.posts.len());
            for post in &self.posts {
                let (pass, passed) = oneshot::channel();
                // A worker that is gone tells nobody anything.
                let _ = post.send(Order::Pass(pass)).await;
                waiting.push(passed);
            }
            for passed in waiting {
                let _ = passed.await;
            }
        };
        timeout(PATIENCE_TO_PASS, passes).await.is_ok()
    }

    /// Brings an order on its way. One that its worker does not take in time is lost and counted.
    async fn send(&self, worker: usize, order: Order) {
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

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn a_pass_waits_for_what_was_sent_before_and_for_nobody_who_is_gone() {
        let (post, mut orders) = mpsc::channel(8);
        let (gone, _) = mpsc::channel(8);
        let posts = Posts::new(vec![post, gone]);
        posts.close(SessionId::from_bits(0), Close::Erased).await;
        let mut pass = pin!(posts.pass());
        let first = tokio::select! {
            biased;
            _ = &mut pass => panic!("nothing is carried out"),
            order = orders.recv() => order,
        };
        assert!(matches!(first, Some(Order::Close(..))), "{first:?}");
        let Some(Order::Pass(done)) = orders.recv().await else {
            panic!("it comes behind");
        };
        done.send(()).unwrap();
        assert!(pass.await);
        assert_eq!(posts.lost(), 0);
    }
}
