//! The ground that worlds stand on: a server, and how to know from outside that it has swept.
//!
//! That a boundary has passed says only that nobody reads any more, not that everybody was told.
//! So on each hub there is a watcher of one beacon. A beacon that moves is told by a sweep that
//! began after everything which was answered before.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nearcast::auth::{Grant, sign};
use nearcast::client::{Client, Heard};
use nearcast::config::Config;
use nearcast::server::Running;
use nearcast::wire::client::Hello;
use nearcast::wire::server::PersonBuf;
use nearcast::wire::{Command, Encoding, Event, Move, UserId};
use nearcast_grid::Position;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::seat::Fault;
use crate::server::{Answer, SERVER_KEY, config_in, converse, fresh_dir};

const PATIENCE: Duration = Duration::from_secs(10);
const BEACON: &str = "the beacon";

pub(crate) struct Ground {
    running: Running,
    dir: PathBuf,
    begun: AtomicU64,
    watch: Mutex<Watch>,
}

struct Watch {
    /// The last round that has ended.
    ended: u64,
    watchers: Vec<Client>,
}

impl Ground {
    pub(crate) async fn start(flush_ms: u64, workers: usize) -> Result<Self, String> {
        let dir = fresh_dir();
        let running = Running::start(config(flush_ms, workers, &dir)).await?;
        let ground = Self {
            running,
            dir,
            begun: AtomicU64::new(0),
            watch: Mutex::new(Watch {
                ended: 0,
                watchers: Vec::new(),
            }),
        };
        ground.backend("PUT", &path_of(BEACON), "{}").await?;
        ground.post_beacon(0).await?;
        // A connection is brought to the hub with the fewest: these are the first.
        for number in 0..workers {
            let watcher = ground.watcher(&format!("watcher {number}")).await?;
            ground.watch.lock().await.watchers.push(watcher);
        }
        Ok(ground)
    }

    pub(crate) async fn end(self) {
        drop(self.watch);
        self.running.end().await;
        let _ = std::fs::remove_dir_all(self.dir);
    }

    async fn watcher(&self, user: &str) -> Result<Client, String> {
        let path = format!("{}/friends/{}", path_of(user), encoded(BEACON));
        self.backend("PUT", &path, "").await?;
        let mut client = self.connect(Encoding::Json).await?;
        let hello = Hello {
            token: Some(self.token(user, false, "")),
            position: Some(Move::to(beacon_at(0))),
            ..Hello::default()
        };
        let said = client.say(Command::Hello(hello)).await;
        said.map_err(|closed| format!("{user}: {closed:?}"))?;
        Ok(client)
    }

    /// When this is over, every hub has begun a sweep after the call.
    pub(crate) async fn is_swept(&self) -> Fault {
        let wanted = self.begun.load(Ordering::SeqCst) + 1;
        let mut watch = self.watch.lock().await;
        if watch.ended >= wanted {
            return Ok(());
        }
        let round = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        self.post_beacon(round).await?;
        for watcher in &mut watch.watchers {
            let seen = timeout(PATIENCE, sees(watcher, beacon_at(round))).await;
            seen.map_err(|_| "a hub has not swept for ten seconds")??;
        }
        watch.ended = round;
        Ok(())
    }

    async fn post_beacon(&self, round: u64) -> Fault {
        let at = beacon_at(round);
        let body = json!({"lat": at.lat(), "lon": at.lon()});
        let path = format!("{}/position", path_of(BEACON));
        self.backend("POST", &path, &body.to_string()).await?;
        Ok(())
    }

    pub(crate) async fn connect(&self, encoding: Encoding) -> Result<Client, String> {
        let url = format!("ws://{}", self.running.address);
        let client = Client::connect(&url, encoding, None).await;
        client.map_err(|failed| format!("connect: {failed}"))
    }

    pub(crate) fn token(&self, user: &str, strangers: bool, pool: &str) -> String {
        let grant = Grant {
            user: &UserId::new(user).expect("ids of worlds are user ids"),
            ttl: Duration::from_secs(3_600),
            strangers,
            pool,
        };
        sign(
            &self.running.config.auth,
            &grant,
            self.running.clock.now_ms(),
        )
    }

    /// One request; the answer must be one of success.
    pub(crate) async fn backend(
        &self,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<Value, String> {
        let answer = self.rest(SERVER_KEY, method, path, body).await?;
        match answer.status {
            200 => Ok(answer.json()),
            204 => Ok(Value::Null),
            _ => Err(format!("{method} {path} {body}: {answer:?}")),
        }
    }

    pub(crate) async fn rest(
        &self,
        credential: &str,
        method: &str,
        path: &str,
        body: &str,
    ) -> Result<Answer, String> {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: near.example\r\n\
             Authorization: Bearer {credential}\r\nContent-Type: application/json\r\n\
             Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let tcp = TcpStream::connect(self.running.address).await;
        let tcp = tcp.map_err(|error| format!("{method} {path}: {error}"))?;
        let answer = timeout(PATIENCE, converse(tcp, request.as_bytes())).await;
        answer.map_err(|_| format!("{method} {path} is not answered"))
    }
}

pub(crate) fn encoded(id: &str) -> String {
    utf8_percent_encode(id, NON_ALPHANUMERIC).to_string()
}

pub(crate) fn path_of(id: &str) -> String {
    format!("/v1/users/{}", encoded(id))
}

/// Each round somewhere else, near enough to stay in view.
fn beacon_at(round: u64) -> Position {
    let steps = (round % 200) as f64;
    Position::new(1.0 + 0.0003 * steps, 1.0).expect("it is near the first")
}

async fn sees(watcher: &mut Client, at: Position) -> Fault {
    let is_there =
        |person: &PersonBuf| matches!(person, PersonBuf::Friend(friend) if friend.position == at);
    loop {
        match watcher.next().await {
            Heard::Message(message) => {
                if let Event::Changes(changes) = &message.body
                    && changes.moved.iter().chain(&changes.entered).any(is_there)
                {
                    return Ok(());
                }
            }
            Heard::Closed(closed) => return Err(format!("a watcher was closed: {closed:?}")),
        }
    }
}

fn config(flush_ms: u64, workers: usize, dir: &Path) -> Config {
    let mut config = config_in(dir);
    config.server.workers = workers;
    config.broker.flush_ms = flush_ms;
    config.broker.users = 10_000;
    config.broker.edges = 400_000;
    config.broker.marks = 10_000;
    config.strangers.epoch_s = 1;
    // In no run do aliases rotate in the middle, rooms split, or somebody go too fast.
    config.strangers.alias_s = 1_000_000_000;
    config.strangers.view_max = 1_000;
    config.strangers.cells_per_hour = 100_000;
    config.strangers.speed_max_mps = f64::INFINITY;
    let limits = &mut config.limits;
    (limits.moves_per_s, limits.moves_burst) = (1e6, 1_000_000);
    (limits.messages_per_s, limits.messages_burst) = (1_000_000, 1_000_000);
    limits.bytes_per_s = 1 << 30;
    limits.denied_per_minute = 1_000_000;
    limits.requests_per_hour = 1_000_000;
    limits.blocks_per_hour = 1_000_000;
    limits.sessions_per_user = 100;
    limits.rates = 100_000;
    config.drain.spread_ms = 100;
    config
}
