//! Connections: how many, how slow, and how they end.

use std::sync::Arc;
use std::sync::Mutex;

use axum::body::Body;
use nearcast::http::{Peer, Upgrade};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::server::{Answer, As, Extras, Server};

async fn with_limits(choose: impl FnOnce(&mut nearcast::config::Config)) -> Server {
    Server::with(choose, Extras::default()).await
}

/// Waits until the server has closed, and answers what it said before.
async fn until_closed(mut tcp: TcpStream) -> Answer {
    let mut read = Vec::new();
    let _ = tcp.read_to_end(&mut read).await;
    Answer::read(&read)
}

#[tokio::test]
async fn one_address_may_have_so_many_connections_and_hears_it_at_the_next() {
    let server = with_limits(|config| {
        config.limits.loopback = true;
        config.limits.connections_per_address = 2;
    })
    .await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut tcp = TcpStream::connect(server.address).await.unwrap();
        tcp.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .unwrap();
        tcp.read_exact(&mut [0; 12]).await.unwrap();
        held.push(tcp);
    }
    let refused = server.get(As::Nobody, "/healthz").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("connection"), "close");
    assert_ne!(refused.header("retry-after"), "");
    refused.problem();
}

#[tokio::test]
async fn the_server_has_so_many_connections_and_says_it_to_the_next() {
    let server = with_limits(|config| config.limits.connections = 1).await;
    let mut held = TcpStream::connect(server.address).await.unwrap();
    held.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    held.read_exact(&mut [0; 12]).await.unwrap();
    let refused = server.get(As::Nobody, "/healthz").await;
    assert_eq!(refused.status, 503);
    assert_ne!(refused.header("retry-after"), "");
    refused.problem();
}

#[tokio::test]
async fn one_address_may_ask_so_often() {
    let server = with_limits(|config| {
        config.limits.loopback = true;
        config.limits.requests_per_address_per_s = 1;
    })
    .await;
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(server.get(As::Nobody, "/openapi.json").await);
        // Of who looks after the server nothing is counted.
        assert_eq!(server.get(As::Nobody, "/healthz").await.status, 200);
    }
    assert_eq!(answers[0].status, 200);
    let refused = answers.iter().find(|answer| answer.status == 429).unwrap();
    assert_eq!(refused.header("retry-after"), "1");
    assert!(refused.problem().contains("requests_per_address_per_s"));
}

#[tokio::test]
async fn a_head_a_body_and_silence_are_waited_for_so_long() {
    let server = with_limits(|config| {
        config.http.head_s = 1;
        config.http.request_s = 1;
        config.http.idle_s = 1;
    })
    .await;
    let begun = async |text: &str| {
        let mut tcp = TcpStream::connect(server.address).await.unwrap();
        tcp.write_all(text.as_bytes()).await.unwrap();
        until_closed(tcp).await
    };
    assert_eq!(begun("").await.status, 0);
    assert_eq!(begun("GET /healthz HTTP/1.1\r\nHost:").await.status, 0);
    let idle = begun("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!(idle.status, 200);
    let half = server.head(As::Server, "PUT", "/v1/users/ann");
    let half = begun(&format!("{half}Content-Length: 10\r\n\r\n{{")).await;
    assert_eq!(half.status, 408);
    half.problem();
}

#[tokio::test]
async fn stopping_lets_a_request_finish_and_closes_what_idles() {
    let mut server = Server::start().await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    let mut begun = TcpStream::connect(server.address).await.unwrap();
    let head = server.head(As::Server, "PUT", "/v1/users/ann");
    let part = format!("{head}Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    begun.write_all(part.as_bytes()).await.unwrap();
    // The server asks for the body: the request is in flight.
    begun.read_exact(&mut [0; 25]).await.unwrap();
    server.begin_to_stop();
    assert_eq!(until_closed(idle).await.status, 200);
    begun.write_all(b"{}").await.unwrap();
    let finished = until_closed(begun).await;
    assert_eq!(finished.status, 200, "{finished:?}");
    assert_eq!(finished.header("connection"), "close");
    server.stop().await;
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn an_upgrade_is_handed_on_with_its_peer_and_keeps_its_seat() {
    let seen: Arc<Mutex<Vec<Peer>>> = Arc::default();
    let keep = Arc::clone(&seen);
    let upgrade: Upgrade = Arc::new(move |_, peer| {
        keep.lock().unwrap().push(peer);
        Box::pin(async {
            let mut response = hyper::Response::new(Body::from("a socket"));
            *response.status_mut() = hyper::StatusCode::FORBIDDEN;
            response
        })
    });
    let extras = Extras {
        upgrade: Some(upgrade),
        ..Extras::default()
    };
    let choose = |config: &mut nearcast::config::Config| {
        config.http.trusted_proxies = vec!["127.0.0.0/8".to_owned()];
        config.limits.connections_per_address = 1;
    };
    let server = Server::with(choose, extras).await;
    let from = async |client: &str| {
        let headers = format!("X-Forwarded-For: {client}\r\nX-Forwarded-Proto: https\r\n");
        server
            .ask_with(As::Nobody, "GET", "/v1/ws", &headers, "")
            .await
    };
    assert_eq!(from("203.0.113.9").await.body, "a socket");
    {
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0].address.to_string(), "203.0.113.9");
        assert!(seen[0].secure && seen[0].forwarded);
    }
    // The first still has her seat; another client has one of his own.
    assert_eq!(from("203.0.113.9").await.status, 429);
    assert_eq!(from("203.0.113.10").await.body, "a socket");
    seen.lock().unwrap().clear();
    assert_eq!(from("203.0.113.9").await.body, "a socket");
}
