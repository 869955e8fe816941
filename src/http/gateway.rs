//! Where sessions are opened, and how much one may ask of them.

use std::sync::Arc;

use axum::extract::{Extension, State};
use hyper::header::{HOST, HeaderMap};
use serde::Serialize;

use crate::wire::{Encoding, LIMIT, RADIUS_M};

use super::peer::Peer;
use super::problem::Problem;
use super::site::Site;

#[derive(Serialize)]
pub(super) struct Gateway {
    url: String,
    protocols: [&'static str; 2],
    limits: Limits,
}

#[derive(Serialize)]
struct Limits {
    message_bytes: usize,
    sessions_per_user: usize,
    moves_per_s: f64,
    moves_burst: u32,
    messages_per_s: u32,
    messages_burst: u32,
    friends: u32,
    people_per_page: u32,
    radius_min_m: f64,
    radius_max_m: f64,
}

pub(super) async fn gateway(
    State(site): State<Arc<Site>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Result<axum::Json<Gateway>, Problem> {
    let limits = site.limits.load();
    let public = &site.config.server.public_url;
    Ok(axum::Json(Gateway {
        url: if public.is_empty() {
            from_host(&headers, peer.secure)?
        } else {
            public.clone()
        },
        protocols: Encoding::ALL.map(Encoding::subprotocol),
        limits: Limits {
            message_bytes: site.config.socket.max_message,
            sessions_per_user: limits.sessions_per_user,
            moves_per_s: limits.moves_per_s,
            moves_burst: limits.moves_burst,
            messages_per_s: limits.messages_per_s,
            messages_burst: limits.messages_burst,
            friends: limits.friends,
            people_per_page: *LIMIT.end(),
            radius_min_m: *RADIUS_M.start(),
            radius_max_m: *RADIUS_M.end(),
        },
    }))
}

/// The address that the client itself used.
fn from_host(headers: &HeaderMap, secure: bool) -> Result<String, Problem> {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.filter(|host| {
        let ours = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
        !host.is_empty() && host.len() <= 255 && host.chars().all(ours)
    });
    let host = host.ok_or_else(|| Problem::field("Host", "is missing or no host"))?;
    let scheme = if secure { "wss" } else { "ws" };
    Ok(format!("{scheme}://{host}/v1/ws"))
}
