//! How long a connection is waited for: one timer, set anew whenever what it waits for changes.
//!
//! Nobody holds a connection by being slow: not with the first head, not with a body, not by
//! leaving an answer unread, and not with nothing at all.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// Until when a request's body is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(pub(super) Instant);

/// One connection's patience, held by its requests.
#[derive(Clone, Debug)]
pub(super) struct Patience(Arc<watch::Sender<Duration>>);

impl Patience {
    pub(super) fn new(first: Duration) -> (Self, watch::Receiver<Duration>) {
        let (sender, receiver) = watch::channel(first);
        (Self(Arc::new(sender)), receiver)
    }

    /// From now on, this long.
    pub(super) fn renew(&self, time: Duration) {
        self.0.send_replace(time);
    }
}

/// Ends when the patience does.
pub(super) async fn ran_out(mut patience: watch::Receiver<Duration>) {
    loop {
        let time = *patience.borrow_and_update();
        match timeout(time, patience.changed()).await {
            Ok(Ok(())) => {}
            // Nobody can renew it any more.
            Ok(Err(_)) => return tokio::time::sleep(time).await,
            Err(_) => return,
        }
    }
}

/// An answer; when it has been handed over, or given up, the next request is waited for.
struct Awaited {
    body: Body,
    patience: Patience,
    idle: Duration,
}

/// Lets the connection idle once this answer's body is gone.
pub(super) fn until_gone(body: Body, patience: Patience, idle: Duration) -> Body {
    Body::new(Awaited {
        body,
        patience,
        idle,
    })
}

impl HttpBody for Awaited {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.patience.renew(self.idle);
    }
}
