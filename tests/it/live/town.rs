//! A town with the real server in it: sockets, hubs, accounts and their store, REST.
//!
//! A scene is told in acts and in what phones hear; it waits for messages, never for time. When it
//! is over its phones are gone and the server ends, in every scene.

use std::cell::Cell;
use std::time::Duration;

use nearcast::auth::{Grant, sign};
use nearcast::client::{Address, Trust};
use nearcast::config::Config;
use nearcast::server::Running;
use nearcast::wire::{Encoding, UserId};
use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::phone::Arrival;
use super::wire::{Stream, Wire};
use crate::server::tls::{connect, issue};
use crate::server::{Answer, As, SERVER_KEY, config_in, converse, fresh_dir};

/// No scene takes longer.
const LONGEST: Duration = Duration::from_secs(60);

pub(crate) struct Town {
    running: Option<Running>,
    phones: Cell<usize>,
    /// None: nobody speaks TLS here.
    believed: Option<(CertificateDer<'static>, Trust)>,
}

/// Plays a scene.
pub(crate) fn in_town(scene: impl AsyncFnOnce(&mut Town)) {
    in_town_with(|_| {}, scene);
}

/// The same with a server of one's own configuration.
pub(crate) fn in_town_with(choose: impl FnOnce(&mut Config), scene: impl AsyncFnOnce(&mut Town)) {
    let dir = fresh_dir();
    let mut config = config_in(&dir);
    config.server.workers = 2;
    config.server.node = "town-hall".to_owned();
    config.broker.flush_ms = 20;
    config.broker.users = 1_000;
    config.broker.edges = 100_000;
    config.broker.marks = 1_000;
    config.limits.rates = 1_000;
    config.strangers.epoch_s = 1;
    config.drain.spread_ms = 1_000;
    choose(&mut config);
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    runtime.block_on(async {
        let mut town = Town {
            running: Some(Running::start(config).await.unwrap()),
            phones: Cell::new(0),
            believed: None,
        };
        let played = timeout(LONGEST, scene(&mut town)).await;
        played.expect("a scene ends in time");
        town.end().await;
    });
    let _ = std::fs::remove_dir_all(dir);
}

/// The same over TLS: every phone, every wire and every request.
pub(crate) fn in_secure_town(scene: impl AsyncFnOnce(&mut Town)) {
    in_secure_town_with(|_| {}, scene);
}

pub(crate) fn in_secure_town_with(
    choose: impl FnOnce(&mut Config),
    scene: impl AsyncFnOnce(&mut Town),
) {
    let dir = fresh_dir();
    let certificate = issue(&dir);
    let secure = |config: &mut Config| {
        config.server.tls_cert = dir.join("chain.pem");
        config.server.tls_key = dir.join("key.pem");
        choose(config);
    };
    in_town_with(secure, async |town: &mut Town| {
        town.believes(certificate);
        scene(town).await;
    });
    let _ = std::fs::remove_dir_all(dir);
}

impl Town {
    pub(crate) fn running(&self) -> &Running {
        self.running.as_ref().expect("the server is there")
    }

    /// As at the end of the process.
    pub(crate) async fn end(&mut self) {
        if let Some(running) = self.running.take() {
            running.end().await;
        }
    }

    /// From now on who connects believes this certificate and no other.
    pub(crate) fn believes(&mut self, certificate: CertificateDer<'static>) {
        let trust = Trust::with(std::slice::from_ref(&certificate)).unwrap();
        self.believed = Some((certificate, trust));
    }

    pub(super) fn certificate(&self) -> &CertificateDer<'static> {
        &self.believed.as_ref().expect("the town is secure").0
    }

    /// Where phones connect, and whom they trust there.
    pub(super) fn address(&self) -> (Address, Option<&Trust>) {
        let address = self.running().address;
        let (url, trust) = match &self.believed {
            Some((_, trust)) => (format!("wss://localhost:{}", address.port()), Some(trust)),
            None => (format!("ws://{address}"), None),
        };
        (Address::parse(&url).unwrap(), trust)
    }

    /// A connection on which nothing has been said.
    async fn stream(&self) -> Box<dyn Stream> {
        let address = self.running().address;
        match &self.believed {
            Some((certificate, _)) => Box::new(connect(address, certificate).await.unwrap()),
            None => Box::new(TcpStream::connect(address).await.unwrap()),
        }
    }

    /// Waits until the server has noticed who has gone.
    pub(crate) async fn has_lines(&self, lines: usize) {
        let noticed = async {
            while self.running().lines() != lines {
                sleep(Duration::from_millis(2)).await;
            }
        };
        let waited = timeout(Duration::from_secs(10), noticed).await;
        waited.expect("a connection that has ended is noticed");
    }

    /// A phone that is about to connect; they speak JSON and protobuf by turns.
    pub(crate) fn phone<'a>(&'a self, user: &'a str) -> Arrival<'a> {
        let number = self.phones.get();
        self.phones.set(number + 1);
        Arrival::new(self, user, Encoding::ALL[number % 2])
    }

    /// A connection that says exactly what it is told.
    pub(crate) async fn wire(&self) -> Wire {
        self.wire_with("").await.unwrap()
    }

    /// The same with headers of its own; the status, when it is refused.
    pub(crate) async fn wire_with(&self, headers: &str) -> Result<Wire, u16> {
        Wire::upgrade(self.stream().await, headers).await
    }

    pub(crate) fn token(&self, user: &str) -> String {
        self.token_of(&Grant {
            user: &UserId::new(user).unwrap(),
            ttl: Duration::from_secs(3600),
            strangers: false,
            pool: "",
        })
    }

    pub(crate) fn token_of(&self, grant: &Grant<'_>) -> String {
        let running = self.running();
        sign(&running.config.auth, grant, running.clock.now_ms())
    }

    /// One whose time was over two minutes ago: more than the leeway.
    pub(crate) fn expired_token(&self, user: &str) -> String {
        let running = self.running();
        let grant = Grant {
            user: &UserId::new(user).unwrap(),
            ttl: Duration::from_secs(60),
            strangers: false,
            pool: "",
        };
        let then = running.clock.now_ms() - 180_000;
        sign(&running.config.auth, &grant, then)
    }

    /// One request over HTTP.
    pub(crate) async fn rest(&self, who: As<'_>, method: &str, path: &str, body: &str) -> Answer {
        let credential = match who {
            As::Nobody => String::new(),
            As::User(user) => format!("Authorization: Bearer {}\r\n", self.token(user)),
            As::Server => format!("Authorization: Bearer {SERVER_KEY}\r\n"),
            As::Credential(text) => format!("Authorization: {text}\r\n"),
        };
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: near.example\r\n{credential}\
             Content-Type: application/json\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        converse(self.stream().await, request.as_bytes()).await
    }

    /// What the backend asks, which is done.
    pub(crate) async fn backend(&self, method: &str, path: &str, body: &str) -> Answer {
        let answer = self.rest(As::Server, method, path, body).await;
        assert!(
            (200..300).contains(&answer.status),
            "{method} {path}: {answer:?}"
        );
        answer
    }

    pub(crate) async fn befriend(&self, one: &str, other: &str) {
        let path = format!("/v1/users/{one}/friends/{other}");
        self.backend("PUT", &path, "").await;
    }

    pub(crate) async fn unfriend(&self, one: &str, other: &str) {
        let path = format!("/v1/users/{one}/friends/{other}");
        self.backend("DELETE", &path, "").await;
    }

    /// Changes a user's sharing or consent: the body of the route.
    pub(crate) async fn share(&self, user: &str, body: &str) {
        let path = format!("/v1/users/{user}/sharing");
        self.backend("PUT", &path, body).await;
    }
}
