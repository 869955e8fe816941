//! Abuse within TLS, where what is read and what comes of it differ in size.

use nearcast::client::{Address, Client, Heard, Trust};
use nearcast::wire::client::{Hello, Page};
use nearcast::wire::server::PersonBuf;
use nearcast::wire::{ClientMessage, Command, Encoding, Event, Move};
use rustls::ClientConnection;
use rustls::pki_types::CertificateDer;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::process::{Process, SERVER_KEY, token};
use super::raw::{TEXT, frame, upgrade};
use crate::places::{BRIDGE, CAFE, PARK, Place};
use crate::server::tls::{connect, issue};
use crate::server::{converse, fresh_dir};

/// Their records fill some 39 KB: less than a kernel takes for who does not read.
const PONGS: usize = 280;

#[tokio::test]
async fn who_sends_small_records_without_end_leaves_others_their_turn() {
    let dir = fresh_dir();
    let certificate = issue(&dir);
    let file = |name: &str| dir.join(name).to_str().unwrap().to_owned();
    let process = Process::start(&[
        ("SERVER_TLS_CERT", &file("chain.pem")),
        ("SERVER_TLS_KEY", &file("key.pem")),
        ("LIMITS_MESSAGES_BURST", "100000"),
    ]);
    befriend(&process, &certificate).await;
    let (mut tcp, tls) = arrive(&process, &certificate).await.into_inner();
    let flood = flood_to(BRIDGE, tls);
    let mut ann = Friend::arrive(&process, certificate).await;

    // All of it is there, and the question behind it, before the server reads on.
    process.signal("STOP");
    while !process.is_stopped() {}
    tcp.write_all(&flood).await.unwrap();
    ann.asks().await;
    process.signal("CONT");
    assert_eq!(ann.hears().await, PARK.position(), "before the flood ends");
    while ann.where_is_bob().await != BRIDGE.position() {}
    std::fs::remove_dir_all(dir).unwrap();
}

async fn befriend(process: &Process, certificate: &CertificateDer<'static>) {
    let stream = connect(process.address, certificate).await.unwrap();
    let request = format!(
        "PUT /v1/users/ann/friends/bob HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         Authorization: Bearer {SERVER_KEY}\r\n\r\n"
    );
    assert_eq!(converse(stream, request.as_bytes()).await.status, 200);
}

fn at(place: Place) -> serde_json::Value {
    json!({"lat": place.position().lat(), "lon": place.position().lon()})
}

/// bob, whose session has begun.
async fn arrive(process: &Process, certificate: &CertificateDer<'static>) -> TlsStream<TcpStream> {
    let mut bob = connect(process.address, certificate).await.unwrap();
    let hello = json!({"hello": {"position": at(PARK)}}).to_string();
    let said = [upgrade("bob"), frame(TEXT, hello.as_bytes())].concat();
    bob.write_all(&said).await.unwrap();
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("\"nearby\"") {
        assert_ne!(bob.read_buf(&mut heard).await.unwrap(), 0);
    }
    bob
}

/// Pongs in records of one byte, and then a move.
fn flood_to(place: Place, mut tls: ClientConnection) -> Vec<u8> {
    let mut bytes = frame(0x8a, b"").repeat(PONGS);
    let to = json!({"move": at(place)}).to_string();
    bytes.extend(frame(TEXT, to.as_bytes()));
    let mut flood = Vec::new();
    for byte in bytes {
        std::io::Write::write_all(&mut tls.writer(), &[byte]).unwrap();
        tls.write_tls(&mut flood).unwrap();
    }
    flood
}

/// ann, who asks where bob is.
struct Friend(Client);

impl Friend {
    async fn arrive(process: &Process, certificate: CertificateDer<'static>) -> Self {
        let url = format!("wss://localhost:{}", process.address.port());
        let trust = Trust::with(&[certificate]).unwrap();
        let address = Address::parse(&url).unwrap();
        let (json, token) = (Encoding::Json, token("ann"));
        let client = Client::connect_trusting(&address, json, Some(&token), Some(&trust)).await;
        let mut friend = Self(client.unwrap());
        let hello = Hello {
            position: Some(Move::to(CAFE.position())),
            ..Hello::default()
        };
        friend.0.say(Command::Hello(hello)).await.unwrap();
        assert_eq!(friend.where_is_bob().await, PARK.position());
        friend
    }

    async fn asks(&mut self) {
        let body = Command::Nearby(Page::default());
        let id = Some(7);
        self.0.send(&ClientMessage { id, body }).await.unwrap();
    }

    async fn hears(&mut self) -> nearcast_grid::Position {
        loop {
            let Heard::Message(message) = self.0.next().await else {
                panic!("the connection has ended");
            };
            if let (Some(7), Event::Nearby(nearby)) = (message.id, &message.body) {
                let [PersonBuf::Friend(bob)] = &nearby.people[..] else {
                    panic!("{nearby:?}");
                };
                return bob.position;
            }
        }
    }

    async fn where_is_bob(&mut self) -> nearcast_grid::Position {
        self.asks().await;
        self.hears().await
    }
}
