//! From HTTP to WebSocket: the handshake, and the bare stream after it.
//!
//! Never negotiates an extension, and keeps nothing of the request: a header string that lived on
//! would keep hyper's whole read buffer.

use std::io;

use fastwebsockets::upgrade::{UpgradeFut, is_upgrade_request, upgrade};
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response, StatusCode, Version};
use http_body_util::Empty;
use hyper::body::{Body, Bytes};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::wire::Encoding;

/// Why a request does not become a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Method,
    Version,
    NotAsked,
    WebSocketVersion,
    Key,
    Body,
    Protocol,
}

impl Refused {
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAsked | Self::WebSocketVersion => StatusCode::UPGRADE_REQUIRED,
            Self::Version | Self::Key | Self::Body | Self::Protocol => StatusCode::BAD_REQUEST,
        }
    }

    /// What is wrong, for the client's developer.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Method => "A WebSocket begins with GET.",
            Self::Version => "A WebSocket begins with a request of HTTP/1.1.",
            Self::NotAsked => {
                "Here is a WebSocket: it needs `Connection: Upgrade` and `Upgrade: websocket`."
            }
            Self::WebSocketVersion => "Sec-WebSocket-Version must be 13.",
            Self::Key => "Sec-WebSocket-Key must be there once, 16 bytes in base64.",
            Self::Body => "The request that begins a WebSocket has no body.",
            Self::Protocol => {
                "None of the sub-protocols that are offered is known here: \
                 nearcast.v1.json, nearcast.v1.proto."
            }
        }
    }

    /// What the answer says beside that.
    #[must_use]
    pub const fn header(self) -> Option<(HeaderName, &'static str)> {
        match self {
            Self::Method => Some((header::ALLOW, "GET")),
            Self::NotAsked => Some((header::UPGRADE, "websocket")),
            Self::WebSocketVersion => Some((header::SEC_WEBSOCKET_VERSION, "13")),
            Self::Version | Self::Key | Self::Body | Self::Protocol => None,
        }
    }
}

/// A request that becomes a WebSocket once its response has been sent.
pub struct Accepted {
    pub encoding: Encoding,
    upgraded: UpgradeFut,
}

/// The stream below a WebSocket.
pub enum Line {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Judges a request, and takes what hyper upgrades out of it. The connection must be served
/// `with_upgrades`, from a `TokioIo` of one of the streams of [`Line`].
pub fn accept<B: Body>(
    request: &mut Request<B>,
) -> Result<(Response<Empty<Bytes>>, Accepted), Refused> {
    judge(request)?;
    let protocol = protocol(request.headers())?;
    let (mut response, upgraded) = upgrade(request).map_err(|_| Refused::Key)?;
    if let Some(encoding) = protocol {
        let name = HeaderValue::from_static(encoding.subprotocol());
        let headers = response.headers_mut();
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, name);
    }
    let encoding = protocol.unwrap_or(Encoding::Json);
    Ok((response, Accepted { encoding, upgraded }))
}

impl Accepted {
    /// The stream, when the response is out, and the bytes that came with the request.
    pub async fn stream(self) -> io::Result<(Line, Vec<u8>)> {
        let websocket = self.upgraded.await.map_err(io::Error::other)?;
        let upgraded = websocket.into_inner().into_inner();
        // Copied: the bytes are a slice of hyper's read buffer.
        let upgraded = match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(plain) => {
                return Ok((Line::Plain(plain.io.into_inner()), plain.read_buf.to_vec()));
            }
            Err(upgraded) => upgraded,
        };
        match upgraded.downcast::<TokioIo<TlsStream<TcpStream>>>() {
            Ok(tls) => Ok((
                Line::Tls(Box::new(tls.io.into_inner())),
                tls.read_buf.to_vec(),
            )),
            Err(_) => Err(io::Error::other(
                "the stream is neither TCP nor TLS over TCP",
            )),
        }
    }
}

fn judge<B: Body>(request: &Request<B>) -> Result<(), Refused> {
    if request.method() != Method::GET {
        return Err(Refused::Method);
    }
    if request.version() != Version::HTTP_11 {
        return Err(Refused::Version);
    }
    if !is_upgrade_request(request) {
        return Err(Refused::NotAsked);
    }
    let headers = request.headers();
    if only(headers, &header::SEC_WEBSOCKET_VERSION) != Some(b"13") {
        return Err(Refused::WebSocketVersion);
    }
    if !only(headers, &header::SEC_WEBSOCKET_KEY).is_some_and(is_key) {
        return Err(Refused::Key);
    }
    if !request.body().is_end_stream() {
        return Err(Refused::Body);
    }
    Ok(())
}

/// The first sub-protocol that is known, in the client's order; none when none is offered. A
/// client whose offers are all unknown would be left without an answer, which browsers take for a
/// failure without a reason: it is told instead.
fn protocol(headers: &HeaderMap) -> Result<Option<Encoding>, Refused> {
    let offers = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let mut offers = offers
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|name| !name.is_empty())
        .peekable();
    if offers.peek().is_none() {
        return Ok(None);
    }
    offers
        .find_map(|name| Encoding::of_subprotocol(std::str::from_utf8(name).ok()?))
        .map(Some)
        .ok_or(Refused::Protocol)
}

/// The value of a header that must be there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.as_bytes())
}

/// 16 bytes in base64: 22 digits, the last of which carries two bits.
fn is_key(key: &[u8]) -> bool {
    let digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    match key.split_last_chunk() {
        Some((digits, b"==")) => {
            digits.len() == 22 && digits.iter().all(digit) && b"AQgw".contains(&digits[21])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
