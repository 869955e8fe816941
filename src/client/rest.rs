//! One request over HTTP, for commands that ask a running server.

use std::time::Duration;

use http::request::Builder;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connect::{NO_HTTP, fault_of_tls};
use super::{Address, Trust};

/// For all of it.
const PATIENCE: Duration = Duration::from_secs(30);
const MAX_BODY: usize = 1 << 20;

/// What a server answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// What is said of an answer that no nearcast gives.
#[must_use]
pub fn no_nearcast(address: &Address, status: u16) -> String {
    let place = address.authority();
    format!("what answers at {place} is no nearcast, or a proxy before one: HTTP {status}")
}

/// Asks with a bearer credential. `path` begins with a slash and may have a query.
///
/// # Errors
/// A sentence, when there is no answer.
pub async fn ask(
    address: &Address,
    trust: Option<&Trust>,
    method: Method,
    path: &str,
    credential: &str,
) -> Result<Answer, String> {
    let request = Request::builder().method(method);
    send(address, trust, request, path, credential, Bytes::new()).await
}

/// The same with lines of JSON: an import.
///
/// # Errors
/// As [`ask`].
pub async fn post_lines(
    address: &Address,
    trust: Option<&Trust>,
    path: &str,
    credential: &str,
    lines: String,
) -> Result<Answer, String> {
    let request = Request::builder()
        .method(Method::POST)
        .header(header::CONTENT_TYPE, "application/x-ndjson");
    send(address, trust, request, path, credential, lines.into()).await
}

async fn send(
    address: &Address,
    trust: Option<&Trust>,
    request: Builder,
    path: &str,
    credential: &str,
    body: Bytes,
) -> Result<Answer, String> {
    let request = request
        .uri(path)
        .header(header::HOST, address.authority())
        .header(header::AUTHORIZATION, format!("Bearer {credential}"))
        .body(Full::new(body))
        .map_err(|error| format!("ask for {path}: {error}"))?;
    let answered = timeout(PATIENCE, async {
        let way = |error: std::io::Error| format!("connect to {}: {error}", address.authority());
        let stream = TcpStream::connect((address.bare_host(), address.port))
            .await
            .map_err(way)?;
        if !address.is_secret {
            return converse(stream, request).await;
        }
        let trust = trust.ok_or("nobody is trusted for TLS")?;
        let name = ServerName::try_from(address.bare_host().to_owned())
            .map_err(|error| format!("{}: {error}", address.host))?;
        let stream = trust.connector().connect(name, stream);
        let stream = stream.await.map_err(|error| match fault_of_tls(&error) {
            Some(why) => format!("connect to {}: {why}", address.authority()),
            None => way(error),
        });
        converse(stream?, request).await
    });
    let late = |_| format!("{} did not answer within {PATIENCE:?}", address.authority());
    answered.await.map_err(late)?
}

async fn converse<S>(stream: S, request: Request<Full<Bytes>>) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let failed = |error: hyper::Error| {
        if error.is_parse() {
            format!("ask the server: {NO_HTTP}")
        } else {
            format!("ask the server: {error}")
        }
    };
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    let connection = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(failed)?;
    let status = response.status().as_u16();
    let body = Limited::new(response.into_body(), MAX_BODY).collect().await;
    connection.abort();
    let body = body.map_err(|error| format!("read the answer: {error}"))?;
    Ok(Answer {
        status,
        body: String::from_utf8_lossy(&body.to_bytes()).into_owned(),
    })
}
