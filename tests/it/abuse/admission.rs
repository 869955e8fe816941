//! Who is let in: connections and handshakes, by address and in all, each refusal with an answer.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::process::{Process, token};
use super::raw::Raw;
use crate::server::{Answer, converse};

/// A connection that is in: it has been answered.
async fn inside(process: &Process) -> TcpStream {
    let mut tcp = TcpStream::connect(process.address).await.unwrap();
    tcp.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .await
        .unwrap();
    tcp.read_exact(&mut [0; 12]).await.unwrap();
    tcp
}

async fn ask(process: &Process, request: &str) -> Answer {
    let tcp = TcpStream::connect(process.address).await.unwrap();
    converse(tcp, request.as_bytes()).await
}

async fn health(process: &Process) -> Answer {
    ask(
        process,
        "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    )
    .await
}

/// An upgrade that a proxy passed on; the connection stays if it becomes a WebSocket.
async fn upgrade(process: &Process, client: &str) -> (TcpStream, u16) {
    let mut tcp = TcpStream::connect(process.address).await.unwrap();
    let request = format!(
        "GET /v1/ws HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {client}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer {}\r\n\r\n",
        token("ann")
    );
    tcp.write_all(request.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    tcp.read_exact(&mut start).await.unwrap();
    let status = std::str::from_utf8(&start[9..]).unwrap().parse().unwrap();
    (tcp, status)
}

fn must_be_later(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
    answer.problem();
}

#[tokio::test]
async fn one_address_has_so_many_connections_web_sockets_among_them() {
    let process = Process::start(&[
        ("LIMITS_LOOPBACK", "true"),
        ("LIMITS_CONNECTIONS_PER_ADDRESS", "3"),
    ]);
    let socket = Raw::live(&process, "ann").await;
    let held = [inside(&process).await, inside(&process).await];
    must_be_later(&health(&process).await, 429);
    drop(held);
    // A place is free as soon as the server has seen the end of a connection.
    while health(&process).await.status == 429 {}
    drop(socket);
}

#[tokio::test]
async fn the_server_has_so_many_connections_and_places_come_back() {
    let process = Process::start(&[("LIMITS_CONNECTIONS", "2")]);
    let socket = Raw::live(&process, "ann").await;
    let held = inside(&process).await;
    must_be_later(&health(&process).await, 503);
    drop((socket, held));
    while health(&process).await.status == 503 {}
}

#[tokio::test]
async fn one_address_may_shake_hands_so_often() {
    let process = Process::start(&[
        ("LIMITS_LOOPBACK", "true"),
        ("LIMITS_HANDSHAKES_PER_ADDRESS_PER_S", "2"),
    ]);
    let request = "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let mut statuses = Vec::new();
    for _ in 0..20 {
        statuses.push(ask(&process, request).await);
    }
    let refused = statuses.iter().find(|answer| answer.status == 429);
    must_be_later(refused.unwrap(), 429);
    assert_eq!(statuses[0].status, 426, "{:?}", statuses[0]);
    // What is no handshake is not counted as one.
    assert_eq!(health(&process).await.status, 200);
}

#[tokio::test]
async fn behind_a_proxy_the_limits_are_the_clients_and_nobody_else_is_believed() {
    let process = Process::start(&[
        ("HTTP_TRUSTED_PROXIES", "127.0.0.0/8"),
        ("LIMITS_CONNECTIONS_PER_ADDRESS", "2"),
        ("LIMITS_SESSIONS_PER_USER", "100"),
    ]);
    let mut held = Vec::new();
    for client in [
        "203.0.113.1",
        "203.0.113.1",
        "203.0.113.2",
        "2001:db8::1",
        "2001:db8::2",
    ] {
        let (tcp, status) = upgrade(&process, client).await;
        assert_eq!(status, 101, "{client}");
        held.push(tcp);
    }
    for client in ["203.0.113.1", "1.1.1.1, 203.0.113.1", "2001:db8::3"] {
        assert_eq!(upgrade(&process, client).await.1, 429, "{client}");
    }
    assert_eq!(upgrade(&process, "2001:db8:0:1::1").await.1, 101);

    let unbelieving = Process::start(&[
        ("LIMITS_LOOPBACK", "true"),
        ("LIMITS_CONNECTIONS_PER_ADDRESS", "1"),
    ]);
    let first = upgrade(&unbelieving, "203.0.113.1").await;
    assert_eq!(first.1, 101);
    assert_eq!(upgrade(&unbelieving, "203.0.113.2").await.1, 429);
}
