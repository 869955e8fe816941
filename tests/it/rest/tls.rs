//! TLS from the client's side.

use std::sync::Arc;

use nearcast::http::Certificate;
use tokio::net::TcpStream;

use crate::server::tls::{connect, issue};
use crate::server::{As, Extras, Server, converse, fresh_dir};

#[tokio::test]
async fn tls_speaks_http_1_and_a_new_certificate_is_for_who_comes_after_it() {
    let dir = fresh_dir();
    let first = issue(&dir);
    let certificate = Certificate::load(&dir.join("chain.pem"), &dir.join("key.pem")).unwrap();
    let extras = Extras {
        certificate: Some(Arc::clone(&certificate)),
        ..Extras::default()
    };
    let server = Server::with(|_| {}, extras).await;
    let before = connect(server.address, &first).await.unwrap();
    assert_eq!(before.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let second = issue(&dir);
    certificate.reload().unwrap();
    assert!(connect(server.address, &first).await.is_err());
    let after = connect(server.address, &second).await.unwrap();
    let request = format!(
        "{}Connection: close\r\n\r\n",
        server.head(As::Nobody, "GET", "/v1/gateway")
    );
    for stream in [before, after] {
        let answer = converse(stream, request.as_bytes()).await;
        assert_eq!(answer.json()["url"], "wss://near.example/v1/ws");
        assert!(
            answer
                .header("strict-transport-security")
                .starts_with("max-age=")
        );
    }
    let local = request.replacen("near.example", "localhost:1", 1);
    assert_ne!(local, request);
    let stream = connect(server.address, &second).await.unwrap();
    let answer = converse(stream, local.as_bytes()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("strict-transport-security"), "");
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
async fn a_handshake_is_waited_for_so_long_and_plain_text_is_none() {
    let dir = fresh_dir();
    issue(&dir);
    let certificate = Certificate::load(&dir.join("chain.pem"), &dir.join("key.pem")).unwrap();
    let extras = Extras {
        certificate: Some(certificate),
        ..Extras::default()
    };
    let server = Server::with(|config| config.http.head_s = 1, extras).await;
    let silent = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(converse(silent, b"").await.status, 0);
    assert_eq!(server.get(As::Nobody, "/healthz").await.status, 0);
    std::fs::remove_dir_all(dir).unwrap();
}
