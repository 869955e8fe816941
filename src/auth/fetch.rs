//! One GET over HTTPS, or over HTTP from this very machine.
//!
//! It follows no redirect, uses no proxy and keeps no connection.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, HOST, USER_AGENT};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

use crate::port;

/// For all of it, from the name's look-up to the last byte.
const TIMEOUT: Duration = Duration::from_secs(10);

pub(super) struct Endpoint {
    uri: Uri,
    host: String,
    port: u16,
    /// None: plain HTTP.
    tls: Option<Arc<ClientConfig>>,
}

/// Without the query, which may hold a key.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.uri.scheme_str().unwrap_or_default();
        write!(f, "{scheme}://{}{}", self.authority(), self.uri.path())
    }
}

impl Endpoint {
    /// Trusts the certificate authorities that the system trusts.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        Self::trusting(url, system_roots)
    }

    pub(super) fn trusting(
        url: &str,
        roots: impl FnOnce() -> Result<RootCertStore, String>,
    ) -> Result<Self, String> {
        let uri: Uri = url.parse().map_err(|_| "is no URL".to_owned())?;
        if uri.authority().is_some_and(|to| to.as_str().contains('@')) {
            return Err("must not carry a user name or password".to_owned());
        }
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let host = host.to_owned();
        let (tls, port) = match uri.scheme_str() {
            Some("https") => (Some(Arc::new(client(roots()?)?)), 443),
            Some("http") if is_loopback(&host) => (None, 80),
            Some("http") => return Err("http is for this machine only, use https".to_owned()),
            _ => return Err("is no https URL".to_owned()),
        };
        if host.is_empty() {
            return Err("names no host".to_owned());
        }
        Ok(Self {
            port: port::named(&uri)?.unwrap_or(port),
            uri,
            host,
            tls,
        })
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.uri == other.uri
    }

    fn authority(&self) -> &str {
        self.uri.authority().map_or("", |to| to.as_str())
    }

    /// The body of a 200, if it has no more than `most` bytes.
    pub(super) async fn get(&self, most: usize) -> Result<Vec<u8>, String> {
        let answer = tokio::time::timeout(TIMEOUT, async {
            let stream = self.connect().await?;
            let Some(tls) = &self.tls else {
                return self.ask(stream, most).await;
            };
            let name = ServerName::try_from(self.host.clone())
                .map_err(|_| "the host is no name for a certificate".to_owned())?;
            let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
            let stream = stream.await.map_err(|error| format!("TLS: {error}"))?;
            self.ask(stream, most).await
        });
        answer
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} s", TIMEOUT.as_secs())))
    }

    async fn connect(&self) -> Result<TcpStream, String> {
        let addresses = tokio::net::lookup_host((self.host.as_str(), self.port)).await;
        let mut failed = "the host has no address".to_owned();
        for address in addresses.map_err(|error| format!("look up the host: {error}"))? {
            match self.connect_to(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    async fn connect_to(&self, address: SocketAddr) -> Result<TcpStream, String> {
        if self.tls.is_none() && !address.ip().is_loopback() {
            return Err("http is for this machine only".to_owned());
        }
        let stream = TcpStream::connect(address).await;
        stream.map_err(|error| format!("connect: {error}"))
    }

    async fn ask<S>(&self, stream: S, most: usize) -> Result<Vec<u8>, String>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let failed = |error: hyper::Error| format!("HTTP: {error}");
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(failed)?;
        // Dropped with this function, and the connection with it.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let request = Request::get(self.uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(HOST, self.authority())
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, concat!("nearcast/", env!("CARGO_PKG_VERSION")))
            .body(Empty::<Bytes>::new())
            .map_err(|error| error.to_string())?;
        let response = sender.send_request(request).await.map_err(failed)?;
        if response.status() != StatusCode::OK {
            return Err(format!("answered {}", response.status()));
        }
        let body = Limited::new(response.into_body(), most).collect().await;
        body.map(|body| body.to_bytes().to_vec())
            .map_err(|error| format!("read the answer: {error}"))
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn client(roots: RootCertStore) -> Result<ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

fn system_roots() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this system has no certificate authorities to trust".to_owned());
    }
    Ok(roots)
}
