//! From an address to an open WebSocket.

use std::fmt;
use std::time::Duration;

use fastwebsockets::{WebSocketError, handshake};
use http::{Request, header};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Address, Client, Trust};
use crate::wire::Encoding;

/// For everything from the name's address to the upgrade.
const PATIENCE: Duration = Duration::from_secs(10);

/// What answers something else.
pub(super) const NO_HTTP: &str = "it does not speak HTTP; perhaps TLS, with wss:// or https://";

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It will never do: the address, or what the server says about this request.
    Address(String),
    /// The server answered the upgrade with this status.
    Status(u16),
    /// The way there; another try may do.
    Way(String),
}

impl Failed {
    /// Whether the same may succeed later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Address(_) => false,
            Self::Status(status) => matches!(status, 408 | 429 | 500..),
            Self::Way(_) => true,
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(why) | Self::Way(why) => f.write_str(why),
            Self::Status(401) => f.write_str("the server does not accept the token (401)"),
            Self::Status(status) => write!(f, "the server answered with status {status}"),
        }
    }
}

impl std::error::Error for Failed {}

impl Client {
    /// Connects, believing the system's roots. `token` goes with the upgrade; without it `hello`
    /// has to name one.
    ///
    /// # Errors
    /// Says what failed, and whether to try again.
    pub async fn connect(
        url: &str,
        encoding: Encoding,
        token: Option<&str>,
    ) -> Result<Self, Failed> {
        let address = Address::parse(url).map_err(Failed::Address)?;
        let trust = if address.is_secret {
            Some(Trust::system().map_err(Failed::Address)?)
        } else {
            None
        };
        Self::connect_trusting(&address, encoding, token, trust.as_ref()).await
    }

    /// The same for who connects often, or trusts somebody else.
    ///
    /// # Errors
    /// As [`Client::connect`]; also when the address asks for TLS and there is no trust.
    pub async fn connect_trusting(
        address: &Address,
        encoding: Encoding,
        token: Option<&str>,
        trust: Option<&Trust>,
    ) -> Result<Self, Failed> {
        let place = address.authority();
        let opened = timeout(PATIENCE, open(address, encoding, token, trust));
        let late = |_| Failed::Way(format!("{place} did not answer within {PATIENCE:?}"));
        opened.await.map_err(late)?
    }

    /// Upgrades a connection that is already there.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn upgrade<S>(
        stream: S,
        address: &Address,
        encoding: Encoding,
        token: Option<&str>,
    ) -> Result<Self, Failed>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut request = Request::get(&address.path)
            .header(header::HOST, address.authority())
            .header(header::UPGRADE, "websocket")
            .header(header::CONNECTION, "upgrade")
            .header(header::SEC_WEBSOCKET_KEY, handshake::generate_key())
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_PROTOCOL, encoding.subprotocol());
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let request = request
            .body(Empty::<Bytes>::new())
            .map_err(|error| Failed::Address(format!("ask for a WebSocket: {error}")))?;
        let (socket, response) = handshake::client(&TokioExecutor::new(), request, stream)
            .await
            .map_err(refused)?;
        let agreed = response.headers().get(header::SEC_WEBSOCKET_PROTOCOL);
        let agreed = agreed.map_or(Ok(Encoding::Json.subprotocol()), |value| value.to_str());
        if agreed.ok().and_then(Encoding::of_subprotocol) != Some(encoding) {
            return Err(Failed::Address(format!(
                "the server does not speak {}",
                encoding.subprotocol()
            )));
        }
        Ok(Self::over(socket.into_inner(), encoding))
    }
}

async fn open(
    address: &Address,
    encoding: Encoding,
    token: Option<&str>,
    trust: Option<&Trust>,
) -> Result<Client, Failed> {
    let way =
        |error: std::io::Error| Failed::Way(format!("connect to {}: {error}", address.authority()));
    let stream = TcpStream::connect((address.bare_host(), address.port))
        .await
        .map_err(way)?;
    stream.set_nodelay(true).map_err(way)?;
    if !address.is_secret {
        return Client::upgrade(stream, address, encoding, token).await;
    }
    let trust = trust.ok_or_else(|| Failed::Address("nobody is trusted for TLS".to_owned()))?;
    let name = ServerName::try_from(address.bare_host().to_owned())
        .map_err(|error| Failed::Address(format!("{}: {error}", address.host)))?;
    let stream = trust.connector().connect(name, stream).await;
    let stream = stream.map_err(|error| match fault_of_tls(&error) {
        Some(why) => Failed::Address(format!("connect to {}: {why}", address.authority())),
        None => way(error),
    })?;
    Client::upgrade(stream, address, encoding, token).await
}

/// What is wrong with the other side's TLS, which another try does not mend.
pub(super) fn fault_of_tls(error: &std::io::Error) -> Option<String> {
    use rustls::Error;
    match error.get_ref()?.downcast_ref()? {
        Error::InvalidCertificate(why) => Some(format!(
            "its certificate is not to be believed: {why:?} (SSL_CERT_FILE names other roots)"
        )),
        Error::InvalidMessage(_) => Some("it does not speak TLS".to_owned()),
        _ => None,
    }
}

fn refused(error: WebSocketError) -> Failed {
    match error {
        WebSocketError::InvalidStatusCode(status) => Failed::Status(status),
        WebSocketError::HTTPError(error) if error.is_parse() => Failed::Address(NO_HTTP.to_owned()),
        error => Failed::Way(format!("ask for a WebSocket: {error}")),
    }
}
