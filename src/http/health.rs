//! Whether the server lives, whether it takes clients, and its numbers.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use serde::Serialize;

use crate::auth::Caller;
use crate::metrics::{self, SnapshotState};

use super::caller::credential;
use super::peer::Peer;
use super::problem::Problem;
use super::site::Site;

#[derive(Serialize)]
pub(super) struct Status {
    status: &'static str,
    /// What is not as it should be, though the server takes clients.
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<&'static str>,
}

pub(super) async fn alive() -> axum::Json<Status> {
    axum::Json(Status {
        status: "alive",
        snapshot: None,
    })
}

pub(super) async fn ready(State(site): State<Arc<Site>>) -> Result<axum::Json<Status>, Problem> {
    if site.is_draining() {
        return Err(Problem::later(
            StatusCode::SERVICE_UNAVAILABLE,
            "draining: clients are sent away",
            site.config.drain.grace_s,
        ));
    }
    if site.is_restoring() {
        return Err(Problem::restoring());
    }
    let snapshot = match site.metrics.snapshot.state() {
        // Why, is for who may read /v1/admin/snapshot.
        SnapshotState::Away(_) => Some("positions are not kept in Redis now"),
        SnapshotState::Refused(_) => Some("Redis refuses to keep positions"),
        SnapshotState::Waiting(_) => Some("positions are not kept: another server writes there"),
        _ => None,
    };
    Ok(axum::Json(Status {
        status: "ready",
        snapshot,
    }))
}

/// Without a key only from this machine, or on the listener for operations. What a proxy passes on
/// is not from this machine.
pub(super) async fn counts(
    State(site): State<Arc<Site>>,
    Extension(peer): Extension<Peer>,
    parts: Parts,
) -> Result<Response, Problem> {
    let here = peer.address.is_loopback() && !peer.forwarded;
    let apart = !site.config.admin.listen.is_empty();
    if !here && !apart {
        match credential(&parts, &site).await? {
            Caller::Server => {}
            Caller::User(_) => return Err(Problem::forbidden("this takes a server key")),
        }
    }
    let mut response = site.metrics.text(&(site.levels)()).into_response();
    let text = HeaderValue::from_static(metrics::CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, text);
    Ok(response)
}
