//! The GET that fetches keys: whom it trusts and what it puts up with.

use rcgen::CertifiedKey;
use rustls::pki_types::PrivateKeyDer;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::auth::fetch::Endpoint;

const MOST: usize = 1000;

fn certified() -> CertifiedKey<rcgen::KeyPair> {
    rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap()
}

fn trusting(certified: &CertifiedKey<rcgen::KeyPair>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(certified.cert.der().clone()).unwrap();
    roots
}

/// Answers one GET over TLS, if the client goes that far.
async fn serve(listener: TcpListener, certified: &CertifiedKey<rcgen::KeyPair>) {
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key);
    let (stream, _) = listener.accept().await.unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
    let Ok(mut stream) = acceptor.accept(stream).await else {
        return;
    };
    let mut head = [0; 4];
    stream.read_exact(&mut head).await.unwrap();
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";
    stream.write_all(answer).await.unwrap();
    stream.shutdown().await.unwrap();
}

/// What is got from a server with this answer.
async fn got(answer: String) -> Result<Vec<u8>, String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let endpoint = Endpoint::parse(&url).unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 4];
        stream.read_exact(&mut head).await.unwrap();
        // Who has seen enough hangs up.
        let _ = stream.write_all(answer.as_bytes()).await;
        stream
    };
    let (got, _open) = tokio::join!(endpoint.get(MOST), serve);
    got
}

#[tokio::test]
async fn https_is_spoken_with_whom_the_roots_trust() {
    let (trusted, other) = (certified(), certified());
    for (roots, good) in [(trusting(&trusted), true), (trusting(&other), false)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let endpoint =
            Endpoint::trusting(&format!("https://localhost:{port}/"), || Ok(roots)).unwrap();
        let (got, ()) = tokio::join!(endpoint.get(MOST), serve(listener, &trusted));
        if good {
            assert_eq!(got, Ok(b"hello".to_vec()));
        } else {
            assert!(got.unwrap_err().starts_with("TLS: "));
        }
    }
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let certified = certified();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let endpoint = Endpoint::trusting(&url, || Ok(trusting(&certified))).unwrap();
    let (got, ()) = tokio::join!(endpoint.get(MOST), serve(listener, &certified));
    assert!(got.unwrap_err().starts_with("TLS: "));
}

#[tokio::test]
async fn a_body_has_its_limit() {
    let sized = |bytes: usize| {
        let body = "x".repeat(bytes);
        got(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n{body}"
        ))
    };
    assert_eq!(sized(MOST).await.unwrap().len(), MOST);
    sized(MOST + 1).await.unwrap_err();
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(100 * MOST));
    got(endless).await.unwrap_err();
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let moved = "HTTP/1.1 301 Moved Permanently\r\nlocation: http://127.0.0.1:1/\r\n\r\n";
    let refused = got(moved.to_owned()).await.unwrap_err();
    assert_eq!(refused, "answered 301 Moved Permanently");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_is_given_up() {
    let refused = got("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_owned()).await;
    assert_eq!(refused.unwrap_err(), "no answer within 10 s");
}

#[tokio::test]
async fn who_is_not_there_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let refused = Endpoint::parse(&url).unwrap().get(MOST).await.unwrap_err();
    assert!(refused.starts_with("connect: "), "{refused}");
}
