//! A Redis of a test's own, on a free port, in a folder that goes with it.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nearcast::clock::Clock;
use redis::{Client, Commands, Connection, FromRedisValue, RedisResult, ToRedisArgs};

use crate::abuse::process::PATIENCE;
use crate::server::fresh_dir;

pub(super) struct Redis {
    child: Child,
    pub(super) port: u16,
    pub(super) folder: PathBuf,
    options: Vec<String>,
}

impl Redis {
    pub(super) fn start() -> Self {
        Self::with(&[])
    }

    pub(super) fn with(options: &[&str]) -> Self {
        // Another may take the port first.
        (0..5)
            .map(|_| Self::at(free_port(), options))
            .find_map(|mut redis| redis.lives().then_some(redis))
            .expect("a free port")
    }

    fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// On a port on which one was before.
    pub(super) fn at(port: u16, options: &[&str]) -> Self {
        Self::run(port, options, &["--port", &port.to_string()])
    }

    pub(super) fn run(port: u16, options: &[&str], listening: &[&str]) -> Self {
        let folder = fresh_dir();
        std::fs::create_dir_all(&folder).unwrap();
        let options = [listening, options].concat();
        let options: Vec<String> = options.into_iter().map(str::to_owned).collect();
        let redis = Self {
            child: spawn(&folder, &options),
            port,
            folder,
            options,
        };
        redis.listens();
        redis
    }

    fn listens(&self) {
        until("Redis listens", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok()
        });
    }

    /// SIGKILL, and the same again with what it had when it last saved.
    pub(super) fn falls_back(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = spawn(&self.folder, &self.options);
        self.listens();
    }

    /// All that it holds, as it would find it again.
    pub(super) fn dump(&self) -> Vec<u8> {
        let () = self.ask("SAVE", &[] as &[&str]);
        std::fs::read(self.folder.join("dump.rdb")).unwrap()
    }

    /// One that begins with what another held.
    pub(super) fn with_dump(port: u16, dump: &[u8], options: &[&str]) -> Self {
        let folder = fresh_dir();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("dump.rdb"), dump).unwrap();
        let mut redis = Self::at(
            port,
            &[&["--dir", folder.to_str().unwrap()], options].concat(),
        );
        let _ = std::fs::remove_dir_all(std::mem::replace(&mut redis.folder, folder));
        redis
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(super) fn connect(&self) -> Connection {
        self.try_connect().unwrap()
    }

    pub(super) fn try_connect(&self) -> RedisResult<Connection> {
        Client::open(self.url())?.get_connection()
    }

    /// `STOP`, `CONT`.
    pub(super) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status();
        assert!(status.unwrap().success());
    }

    /// Every member of the index, of all groups.
    pub(super) fn placed(&self) -> Vec<String> {
        self.all("geo", |connection, key| {
            connection.zrange(key, 0, -1).unwrap()
        })
    }

    /// Everybody of whom anything is kept.
    pub(super) fn kept(&self) -> Vec<String> {
        let mut kept = self.all("rec", |connection, key| connection.hkeys(key).unwrap());
        kept.extend(self.all("exp", |connection, key| {
            connection.zrange(key, 0, -1).unwrap()
        }));
        kept.extend(self.placed());
        kept.sort();
        kept.dedup();
        kept
    }

    fn all(&self, what: &str, read: impl Fn(&mut Connection, &str) -> Vec<String>) -> Vec<String> {
        let mut connection = self.connect();
        let mut all: Vec<String> = (0..64)
            .flat_map(|group| {
                read(
                    &mut connection,
                    &format!("nearcast:main:{{g{group}}}:{what}"),
                )
            })
            .collect();
        all.sort();
        all
    }

    /// A command on the key of whatever group has a member in its records.
    pub(super) fn group_with(&self, user: &str) -> usize {
        let mut connection = self.connect();
        (0..64)
            .find(|group| {
                let key = format!("nearcast:main:{{g{group}}}:rec");
                connection.hexists(key, user).unwrap()
            })
            .expect("she is kept")
    }

    pub(super) fn ask<T: FromRedisValue>(
        &self,
        command: &str,
        arguments: &[impl ToRedisArgs],
    ) -> T {
        let mut asked = redis::cmd(command);
        for argument in arguments {
            asked.arg(argument);
        }
        asked.query(&mut self.connect()).unwrap()
    }
}

fn spawn(folder: &Path, options: &[String]) -> Child {
    Command::new("redis-server")
        .args(["--save", "", "--appendonly", "no", "--bind", "127.0.0.1"])
        .arg("--dir")
        .arg(folder)
        .args(options)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed by `cargo xtask test`")
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A Sentinel that looks after a Redis as `town`.
pub(super) struct Sentinel {
    child: Child,
    pub(super) port: u16,
    folder: PathBuf,
}

impl Sentinel {
    pub(super) fn of(redis: &Redis) -> Self {
        let (port, folder) = (free_port(), fresh_dir());
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("sentinel.conf");
        let text = format!(
            "port {port}\nbind 127.0.0.1\ndir {}\nsentinel monitor town 127.0.0.1 {} 1\n\
             sentinel down-after-milliseconds town 1000\nsentinel failover-timeout town 5000\n",
            folder.display(),
            redis.port
        );
        std::fs::write(&file, text).unwrap();
        let child = Command::new("redis-server")
            .arg(&file)
            .arg("--sentinel")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let sentinel = Self {
            child,
            port,
            folder,
        };
        until("Sentinel listens", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
        });
        sentinel
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// Waits for what is certain to come.
pub(super) fn until(what: &str, so: impl Fn() -> bool) {
    let began = Clock::start().instant();
    while !so() {
        assert!(began.elapsed() < PATIENCE, "{what}: it did not come");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// What is certain to come is looked for a hundred times a second, and has failed when it does not.
pub(super) struct Waiting(std::time::Instant);

impl Waiting {
    pub(super) fn begins() -> Self {
        Self(Clock::start().instant())
    }

    pub(super) async fn goes_on(&self, what: &str) {
        assert!(self.0.elapsed() < PATIENCE, "{what}: it did not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
