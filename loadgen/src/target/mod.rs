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

use accounts::shortened;

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
    /// A sentence, when the address is none of a server's or nobody is believed.
    pub(crate) fn new(url: &str, keys: &Keys, sources: Vec<IpAddr>) -> Result<Self, String> {
        let address = Address::parse(url)?;
        if !address.is_at_root() {
            return Err(format!(
                "{url}: a server's routes begin at /v1, with no path before it"
            ));
        }
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
    /// What it last said, when that takes too long or is nothing a nearcast says.
    pub(crate) async fn is_ready(&self) -> Result<(), String> {
        let began = tokio::time::Instant::now();
        loop {
            let (trust, get) = (self.trust.as_ref(), http::Method::GET);
            let answer = rest::ask(&self.address, trust, get, "/readyz", &self.server_key).await?;
            let Answer { status, body } = answer;
            match status {
                200 => return Ok(()),
                // A proxy before it has statuses of its own, and another run may have all its places.
                429 | 500.. if began.elapsed() <= READY_WITHIN => {}
                429 | 503 => return Err(format!("the server is not ready: {}", shortened(&body))),
                _ => return Err(rest::no_nearcast(&self.address, status)),
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
        let found = host.to_socket_addrs();
        let mut found = found.map_err(|error| format!("find {host}: {error}"))?;
        let is_reached = |server: &SocketAddr| {
            let mut sources = self.sources.iter();
            sources.all(|source| source.is_ipv4() == server.is_ipv4())
        };
        found.find(is_reached).ok_or_else(|| {
            let sources: Vec<String> = self.sources.iter().map(IpAddr::to_string).collect();
            format!("--source {}: no way leads to {host}", sources.join(","))
        })
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// What answers each of its connections with the next of these.
    async fn answering(statuses: &'static [&'static str]) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            for status in statuses {
                let (mut asked, _) = listener.accept().await.unwrap();
                let mut request = [0; 1024];
                assert!(asked.read(&mut request).await.unwrap() > 0);
                let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
                asked.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let keys = Keys::throw_away();
        Target::new(&format!("http://{address}"), &keys, Vec::new()).unwrap()
    }

    #[tokio::test]
    async fn a_server_that_starts_behind_a_proxy_is_waited_for() {
        let statuses = &["502 Bad Gateway", "503 Service Unavailable", "200 OK"];
        let target = answering(statuses).await;
        assert_eq!(target.is_ready().await, Ok(()));
    }

    #[tokio::test]
    async fn what_is_no_nearcast_is_not_waited_for() {
        let target = answering(&["404 Not Found"]).await;
        let why = target.is_ready().await.unwrap_err();
        assert!(why.contains("no nearcast") && why.contains("404"), "{why}");
    }
}
