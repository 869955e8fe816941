//! TLS from the client's side.

use std::path::Path;
use std::sync::Arc;

use nearcast::http::Certificate;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::server::{As, Extras, Server, converse, fresh_dir};

/// Writes a new certificate with its key, and answers it.
fn issue(dir: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(dir.join("chain.pem"), made.cert.pem()).unwrap();
    std::fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    CertificateDer::from_pem_slice(made.cert.pem().as_bytes()).unwrap()
}

async fn connect(
    server: &Server,
    trusted: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let tcp = TcpStream::connect(server.address).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
}

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
    let before = connect(&server, &first).await.unwrap();
    assert_eq!(before.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let second = issue(&dir);
    certificate.reload().unwrap();
    assert!(connect(&server, &first).await.is_err());
    let after = connect(&server, &second).await.unwrap();
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
