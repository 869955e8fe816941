//! Who is let in, by which sub-protocol, and what is given back.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::*;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// The handshake of RFC 6455 1.3.
fn asked() -> Request<Empty<Bytes>> {
    Request::get("/v1/ws")
        .header("Host", "server.example.com")
        .header("Upgrade", "websocket")
        .header("Connection", "keep-alive, Upgrade")
        .header("Sec-WebSocket-Key", KEY)
        .header("Sec-WebSocket-Version", "13")
        .body(Empty::new())
        .unwrap()
}

fn with(name: &'static str, value: &'static str) -> Request<Empty<Bytes>> {
    let mut request = asked();
    let value = HeaderValue::from_static(value);
    request.headers_mut().insert(name, value);
    request
}

fn refused<B: Body>(mut request: Request<B>) -> Option<Refused> {
    accept(&mut request).err()
}

/// The encoding, and the sub-protocol that the response names.
fn chosen(offers: &[&'static str]) -> Result<(Encoding, Option<String>), Refused> {
    let mut request = asked();
    for offer in offers {
        let value = HeaderValue::from_static(offer);
        let headers = request.headers_mut();
        headers.append("Sec-WebSocket-Protocol", value);
    }
    let (response, accepted) = accept(&mut request)?;
    let named = response.headers().get("Sec-WebSocket-Protocol");
    let named = named.map(|name| name.to_str().unwrap().to_owned());
    Ok((accepted.encoding, named))
}

#[test]
fn the_example_of_the_rfc_is_accepted() {
    let mut request = with("Sec-WebSocket-Extensions", "permessage-deflate");
    let (response, _) = accept(&mut request).unwrap_or_else(|why| panic!("{why:?}"));
    assert_eq!(response.status(), StatusCode::SWITCHING_PROTOCOLS);
    let headers = response.headers();
    assert_eq!(
        headers["Sec-WebSocket-Accept"],
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    assert!(!headers.contains_key("Sec-WebSocket-Extensions"));
}

#[test]
fn what_is_no_handshake_is_refused_by_name() {
    let mut post = asked();
    *post.method_mut() = Method::POST;
    assert_eq!(refused(post), Some(Refused::Method));
    let mut old = asked();
    *old.version_mut() = Version::HTTP_10;
    assert_eq!(refused(old), Some(Refused::Version));
    for (name, value) in [("Connection", "keep-alive"), ("Upgrade", "h2c")] {
        assert_eq!(refused(with(name, value)), Some(Refused::NotAsked));
    }
    for version in ["8", "14", "13, 8", ""] {
        let why = refused(with("Sec-WebSocket-Version", version));
        assert_eq!(why, Some(Refused::WebSocketVersion), "{version}");
    }
    let body = asked().map(|_| Full::new(Bytes::from_static(b"body")));
    assert_eq!(refused(body), Some(Refused::Body));
}

#[test]
fn a_key_is_sixteen_bytes_once() {
    let twice = || {
        let mut request = asked();
        let headers = request.headers_mut();
        headers.append("Sec-WebSocket-Key", HeaderValue::from_static(KEY));
        request
    };
    assert_eq!(refused(twice()), Some(Refused::Key));
    let mut none = asked();
    none.headers_mut().remove("Sec-WebSocket-Key");
    assert_eq!(refused(none), Some(Refused::Key));
    for key in [
        "",
        "==",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZR==",
        "dGhl*HNhbXBsZSBub25jZQ==",
        "dGhlIHNhbXBsZSBub25jZSE=",
        "dGhlIHNhbXBsZSBub25jZSBsb25n",
    ] {
        assert_eq!(
            refused(with("Sec-WebSocket-Key", key)),
            Some(Refused::Key),
            "{key}"
        );
    }
}

#[test]
fn a_refusal_says_what_would_do() {
    let said = |refused: Refused| (refused.status().as_u16(), refused.header());
    let version = (header::SEC_WEBSOCKET_VERSION, "13");
    assert_eq!(said(Refused::WebSocketVersion), (426, Some(version)));
    assert_eq!(
        said(Refused::NotAsked),
        (426, Some((header::UPGRADE, "websocket")))
    );
    assert_eq!(said(Refused::Method), (405, Some((header::ALLOW, "GET"))));
    assert_eq!(said(Refused::Key), (400, None));
    assert_eq!(said(Refused::Protocol), (400, None));
}

#[test]
fn the_first_known_sub_protocol_in_the_clients_order_is_chosen() {
    let json = || Some("nearcast.v1.json".to_owned());
    let proto = || Some("nearcast.v1.proto".to_owned());
    assert_eq!(chosen(&[]), Ok((Encoding::Json, None)));
    assert_eq!(chosen(&[""]), Ok((Encoding::Json, None)));
    assert_eq!(chosen(&["nearcast.v1.json"]), Ok((Encoding::Json, json())));
    assert_eq!(
        chosen(&["mqtt, nearcast.v1.proto ,nearcast.v1.json"]),
        Ok((Encoding::Protobuf, proto()))
    );
    assert_eq!(
        chosen(&["mqtt", "nearcast.v1.json", "nearcast.v1.proto"]),
        Ok((Encoding::Json, json()))
    );
    assert_eq!(chosen(&["mqtt, Nearcast.v1.json"]), Err(Refused::Protocol));
}

const HANDSHAKE: &str = "GET /v1/ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Sends the handshake with `early` behind it, and reads the response.
async fn shake(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), early: &str) {
    let request = format!("{HANDSHAKE}{early}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    while !response.ends_with(b"\r\n\r\n") {
        response.push(stream.read_u8().await.unwrap());
    }
    assert!(response.starts_with(b"HTTP/1.1 101 "));
}

/// Serves one handshake from a stream, and gives back what is below it.
async fn serve<S>(stream: S) -> (Line, Vec<u8>)
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let seat = Mutex::new(None);
    let service = service_fn(async |mut request| {
        let (response, accepted) = accept(&mut request).unwrap_or_else(|why| panic!("{why:?}"));
        *seat.lock().unwrap() = Some(accepted);
        Ok::<_, Infallible>(response)
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    connection.with_upgrades().await.unwrap();
    let accepted = seat.into_inner().unwrap().unwrap();
    accepted.stream().await.unwrap()
}

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let (client, server) = tokio::join!(client, listener.accept());
    (client.unwrap(), server.unwrap().0)
}

#[tokio::test]
async fn the_bare_stream_comes_back_with_the_bytes_that_came_early() {
    let (mut client, server) = pair().await;
    let ((), (line, early)) = tokio::join!(shake(&mut client, "early"), serve(server));
    assert_eq!(early, b"early");
    let Line::Plain(mut stream) = line else {
        panic!("no TLS was spoken");
    };
    stream.write_all(b"late").await.unwrap();
    let mut heard = [0; 4];
    client.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"late");
}

#[tokio::test]
async fn a_stream_under_tls_comes_back_as_such() {
    let made = rcgen::generate_simple_self_signed(["here".to_owned()]).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let server_config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let client_config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();

    let (client, server) = pair().await;
    let name = ServerName::try_from("here").unwrap();
    let client = TlsConnector::from(Arc::new(client_config)).connect(name, client);
    let server = TlsAcceptor::from(Arc::new(server_config)).accept(server);
    let (client, server) = tokio::join!(client, server);
    let mut client = client.unwrap();
    let ((), (line, early)) = tokio::join!(shake(&mut client, "early"), serve(server.unwrap()));
    assert_eq!(early, b"early");
    assert!(matches!(line, Line::Tls(_)));
}
