//! The server under test: found or started, filled through its public contract, and watched.

mod accounts;
mod erasing;
mod started;
mod usage;

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use nearcast::auth::{Grant, sign};
use nearcast::client::rest::{self, Answer};
use nearcast::client::{Address, Trust};
use nearcast::config::Auth;
use nearcast::wire::UserId;

pub(crate) use accounts::fill;
pub(crate) use erasing::Erasing;
pub(crate) use started::{Keys, Started};
pub(crate) use usage::Meter;

/// A run is over before a token is.
const TOKEN_TTL: Duration = Duration::from_secs(24 * 3600);
const READY_WITHIN: Duration = Duration::from_secs(30);
const ASK_EVERY: Duration = Duration::from_millis(100);

/// How the server is reached.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: Arc<Address>,
    pub(crate) trust: Option<Trust>,
    auth: Arc<Auth>,
    pub(crate) server_key: String,
    /// Where connections come from, in turn; none: as the system likes.
    pub(crate) sources: Vec<IpAddr>,
}

impl Target {
    /// # Errors
    /// A sentence, when the address is none or nobody is believed.
    pub(crate) fn new(url: &str, keys: &Keys, sources: Vec<IpAddr>) -> Result<Self, String> {
        let address = Address::parse(url)?;
        let trust = if address.is_secret() {
            Some(Trust::system()?)
        } else {
            None
        };
        let auth = Auth {
            hmac_secret: keys.secret.clone(),
            ..Auth::default()
        };
        Ok(Self {
            address: Arc::new(address),
            trust,
            auth: Arc::new(auth),
            server_key: keys.server_key.clone(),
            sources,
        })
    }

    /// Waits for a server that has just started, and perhaps restores positions.
    ///
    /// # Errors
    /// What it last said, when that takes too long.
    pub(crate) async fn is_ready(&self) -> Result<(), String> {
        let began = tokio::time::Instant::now();
        loop {
            let (trust, get) = (self.trust.as_ref(), http::Method::GET);
            let answer = rest::ask(&self.address, trust, get, "/readyz", &self.server_key).await?;
            let Answer { status, body } = answer;
            match status {
                200 => return Ok(()),
                503 if began.elapsed() <= READY_WITHIN => {}
                503 => return Err(format!("the server is not ready: {body}")),
                _ => {
                    let place = self.address.authority();
                    return Err(format!(
                        "{place} is no nearcast, or a proxy before one: /readyz answers {status}"
                    ));
                }
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// Where connections go.
    ///
    /// # Errors
    /// A sentence, when the server has no address, or none that the sources can reach.
    pub(crate) fn server(&self) -> Result<SocketAddr, String> {
        let host = self.address.authority();
        let mut found = host.to_socket_addrs().into_iter().flatten();
        let server = found.next();
        let server = server.ok_or_else(|| format!("{host} has no address"))?;
        let is_other = |source: &&IpAddr| source.is_ipv4() != server.is_ipv4();
        match self.sources.iter().find(is_other) {
            Some(source) => Err(format!(
                "--source {source}: from there is no way to {server}"
            )),
            None => Ok(server),
        }
    }

    /// For one user, as the app's backend would sign it.
    pub(crate) fn token(&self, user: &UserId, strangers: bool, now_ms: u64) -> String {
        let grant = Grant {
            user,
            ttl: TOKEN_TTL,
            strangers,
            pool: "",
        };
        sign(&self.auth, &grant, now_ms)
    }
}
