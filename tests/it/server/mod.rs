//! A real server on a free port, with the real store, and a client that says exactly what it is
//! told.

mod answer;
pub(crate) mod tls;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use nearcast::accounts::{Accounts, Parts};
use nearcast::auth::{Grant, Verifier, sign};
use nearcast::broker::Broker;
use nearcast::clock::Clock;
use nearcast::config::Config;
use nearcast::http::{Certificate, Door, Part, Site, Upgrade, serve};
use nearcast::limits::{Addresses, Rates};
use nearcast::metrics::{Levels, Metrics};
use nearcast::store::Sqlite;
use nearcast::wire::UserId;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) use answer::Answer;

const SECRET: &str = "a development secret of 32 bytes";
pub(crate) const SERVER_KEY: &str = "a-server-key-of-at-least-32-bytes";

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum As<'a> {
    Nobody,
    User(&'a str),
    Server,
    /// Whatever stands there.
    Credential(&'a str),
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) site: Arc<Site>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    dir: PathBuf,
}

/// What a server has besides its configuration.
#[derive(Default)]
pub(crate) struct Extras {
    pub(crate) part: Option<Part>,
    pub(crate) upgrade: Option<Upgrade>,
    pub(crate) certificate: Option<Arc<Certificate>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}, Extras::default()).await
    }

    pub(crate) async fn with(choose: impl FnOnce(&mut Config), extras: Extras) -> Self {
        let dir = fresh_dir();
        let mut config = config_in(&dir);
        config.accounts.avatar_hosts = vec!["cdn.example.com".to_owned()];
        config.broker.users = 10_000;
        config.broker.edges = 100_000;
        choose(&mut config);
        let store = Sqlite::open(&dir, config.store_rules()).await.unwrap();
        let mut workers = Broker::new(config.broker([7; 32], 0), 2);
        let desk = workers.pop().unwrap();
        let rates = Rates::new(config.user_rules(), 1024, [7; 16]);
        let clock = Clock::start();
        let site = Arc::new(Site {
            broker: Arc::clone(desk.broker()),
            accounts: Accounts::new(Parts {
                store: Arc::new(store),
                keepers: Vec::new(),
                desk,
                posts: Vec::new(),
                rates: Arc::new(rates),
                metrics: Metrics::new(1),
                clock,
                changes: 1024,
            }),
            verifier: Verifier::new(&config.auth).unwrap(),
            clock,
            node: "test".to_owned(),
            metrics: Metrics::new(1),
            levels: Box::new(Levels::default),
            draining: watch::Sender::new(false),
            restoring: watch::channel(false).1,
            limits: Arc::new(ArcSwap::from_pointee(config.limits.clone())),
            config: Arc::new(config),
        });
        let addresses = Addresses::new(site.config.address_rules());
        let part = extras.part.unwrap_or(Part::Everything);

        let door = Door::new(&site, part, addresses, extras.upgrade, extras.certificate);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (stop, stopped) = watch::channel(false);
        Self {
            address: listener.local_addr().unwrap(),
            site,
            stop,
            serving: tokio::spawn(serve(listener, door, stopped)),
            dir,
        }
    }

    /// Tells it to stop; the answer is when it has.
    pub(crate) async fn stop(&mut self) {
        self.stop.send_replace(true);
        (&mut self.serving).await.unwrap();
    }

    /// Tells it to stop, without waiting.
    pub(crate) fn begin_to_stop(&self) {
        self.stop.send_replace(true);
    }

    pub(crate) fn token(&self, user: &str) -> String {
        self.token_for(user, Duration::from_secs(3600), self.site.clock.now_ms())
    }

    pub(crate) fn token_for(&self, user: &str, ttl: Duration, now_ms: u64) -> String {
        let grant = Grant {
            user: &UserId::new(user).unwrap(),
            ttl,
            strangers: false,
            pool: "",
        };
        sign(&self.site.config.auth, &grant, now_ms)
    }

    /// A request as text, up to the end of its head.
    pub(crate) fn head(&self, who: As<'_>, method: &str, path: &str) -> String {
        let credential = match who {
            As::Nobody => String::new(),
            As::User(user) => format!("Authorization: Bearer {}\r\n", self.token(user)),
            As::Server => format!("Authorization: Bearer {SERVER_KEY}\r\n"),
            As::Credential(text) => format!("Authorization: {text}\r\n"),
        };
        format!("{method} {path} HTTP/1.1\r\nHost: near.example\r\n{credential}")
    }

    /// One request on a connection of its own.
    pub(crate) async fn ask(&self, who: As<'_>, method: &str, path: &str, body: &str) -> Answer {
        self.ask_with(
            who,
            method,
            path,
            "Content-Type: application/json\r\n",
            body,
        )
        .await
    }

    /// The same with headers of one's own.
    pub(crate) async fn ask_with(
        &self,
        who: As<'_>,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Answer {
        let head = self.head(who, method, path);
        let length = body.len();
        self.say(&format!(
            "{head}{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await
    }

    pub(crate) async fn get(&self, who: As<'_>, path: &str) -> Answer {
        self.ask(who, "GET", path, "").await
    }

    /// Says this and reads until the server closes.
    pub(crate) async fn say(&self, text: &str) -> Answer {
        let tcp = TcpStream::connect(self.address).await.unwrap();
        converse(tcp, text.as_bytes()).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// Says this over a stream and reads until its end.
pub(crate) async fn converse(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    text: &[u8],
) -> Answer {
    // A server that refuses early may close before everything is written.
    let _ = stream.write_all(text).await;
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read).await;
    Answer::read(&read)
}

/// A server on a free port, with its data in `dir` and the keys of the tests.
pub(crate) fn config_in(dir: &Path) -> Config {
    let mut config = Config::default();
    config.server.listen = ([127, 0, 0, 1], 0).into();
    config.server.data = dir.to_owned();
    config.auth.hmac_secret = SECRET.to_owned();
    config.auth.server_key = vec![SERVER_KEY.to_owned()];
    config
}

pub(crate) fn fresh_dir() -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = format!("nearcast-it-{}-{number}", std::process::id());
    let dir = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}
