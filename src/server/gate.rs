//! The gate of `/v1/ws`: a credential on the request is judged before the upgrade, and the bare
//! connection goes to a hub after it.

use std::sync::Arc;

use axum::body::Body;
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::header::HeaderValue;
use hyper::{Request, Response};

use crate::accounts::Accounts;
use crate::auth::{Caller, Rejected, Verifier};
use crate::clock::Clock;
use crate::http::{Peer, Problem, Upgrade, bearer};
use crate::metrics::{Handshake, Metrics};
use crate::socket::upgrade::{Accepted, Line, accept};
use crate::socket::{Believed, Door, Visitor};

pub(super) struct Gate {
    pub(super) door: Arc<Door>,
    pub(super) accounts: Arc<Accounts>,
    pub(super) verifier: Arc<Verifier>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) clock: Clock,
}

pub(super) fn upgrade(gate: Gate) -> Upgrade {
    let gate = Arc::new(gate);
    Arc::new(move |request, peer| {
        let gate = Arc::clone(&gate);
        Box::pin(async move {
            let answer = gate.open(request, peer).await;
            gate.metrics.handshakes.one(match &answer {
                Ok(_) => Handshake::Accepted,
                Err(_) => Handshake::Refused,
            });
            answer.unwrap_or_else(|refused| refused)
        })
    })
}

impl Gate {
    async fn open(
        &self,
        mut request: Request<Incoming>,
        peer: Peer,
    ) -> Result<Response<Body>, Response<Body>> {
        let token = self.credential(&request).await;
        let token = token.map_err(IntoResponse::into_response)?;
        match accept(&mut request) {
            Ok((response, accepted)) => {
                tokio::spawn(enter(accepted, token, peer, Arc::clone(&self.door)));
                Ok(response.map(|_| Body::empty()))
            }
            Err(refused) => {
                let problem = Problem::new(refused.status(), refused.sentence());
                let mut response = problem.into_response();
                if let Some((name, value)) = refused.header() {
                    let value = HeaderValue::from_static(value);
                    response.headers_mut().insert(name, value);
                }
                Err(response)
            }
        }
    }

    /// None: it comes with `hello`.
    async fn credential(
        &self,
        request: &Request<Incoming>,
    ) -> Result<Option<Box<Believed>>, Problem> {
        let judged = self.accounts.moment();
        let Some(bearer) = bearer(request.headers())? else {
            return Ok(None);
        };
        self.verifier.settle(bearer).await;
        match self.verifier.bearer(bearer, self.clock.now_ms())? {
            Caller::User(claims) => Ok(Some(Box::new(Believed { claims, judged }))),
            // A session is a user's.
            Caller::Server => Err(Rejected::Invalid.into()),
        }
    }
}

/// Brings the connection to a hub, when the response is out.
async fn enter(accepted: Accepted, token: Option<Box<Believed>>, peer: Peer, door: Arc<Door>) {
    let encoding = accepted.encoding;
    let Ok((line, first)) = accepted.stream().await else {
        // The client has gone.
        return;
    };
    let (stream, tls) = match line {
        Line::Plain(stream) => (stream, None),
        Line::Tls(tls) => {
            let (stream, session) = tls.into_inner();
            (stream, Some(Box::new(session)))
        }
    };
    let (Ok(stream), Some(place)) = (stream.into_std(), peer.seat.take()) else {
        return;
    };
    let visitor = Visitor {
        stream,
        tls,
        first,
        encoding,
        token,
        place,
    };
    door.enter(visitor).await;
}
