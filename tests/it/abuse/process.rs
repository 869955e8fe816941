//! `nearcast serve` as a child process: started, asked, signalled, and ended with its test.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use nearcast::auth::{Grant, sign};
use nearcast::clock::Clock;
use nearcast::config::Auth;
use nearcast::wire::UserId;

use crate::server::fresh_dir;

pub(crate) const SECRET: &str = "the secret of the abuse tests, 32+";
pub(crate) const SERVER_KEY: &str = "a-server-key-of-the-abuse-tests-";

/// For what is certain to come; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Variables of one server, without the prefix.
pub(crate) type Settings<'a> = &'a [(&'a str, &'a str)];

pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) data: PathBuf,
    errors: Arc<Errors>,
}

/// What it has written to standard error.
#[derive(Default)]
struct Errors {
    text: Mutex<String>,
    is_whole: AtomicBool,
    grown: Condvar,
}

/// How a server ended that did not start.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) status: i32,
    pub(crate) said: String,
}

impl Process {
    pub(crate) fn start(settings: Settings<'_>) -> Self {
        Self::at(&fresh_dir(), settings)
    }

    /// On a data directory that may hold something already.
    pub(crate) fn at(data: &Path, settings: Settings<'_>) -> Self {
        Self::run(&mut command(data, settings), data)
    }

    /// A command that becomes a server, and where it keeps its data.
    pub(crate) fn run(command: &mut Command, data: &Path) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let errors = Arc::new(Errors::default());
        let (log, into) = (child.stderr.take().unwrap(), Arc::clone(&errors));
        std::thread::spawn(move || into.collect(BufReader::new(log)));
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let address = first.trim().rsplit('/').next().unwrap().parse();
        let address = address.unwrap_or_else(|_| panic!("it said {first:?}; {}", errors.text()));
        Self {
            child,
            address,
            data: data.to_owned(),
            errors,
        }
    }

    /// A server that cannot start.
    pub(crate) fn refused(data: &Path, settings: Settings<'_>) -> Refused {
        Self::refused_as(&mut command(data, settings))
    }

    pub(crate) fn refused_as(command: &mut Command) -> Refused {
        let output = command.stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("panicked"), "{said}");
        assert!(output.stdout.is_empty(), "it listens: {said}");
        Refused {
            status: output.status.code().unwrap(),
            said,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Memory of its own in KiB: what files and the kernel hold is not in it.
    pub(crate) fn memory_kib(&self) -> i64 {
        let path = format!("/proc/{}/status", self.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:"));
        let number = line.unwrap().split_whitespace().nth(1);
        number.unwrap().parse().unwrap()
    }

    /// Whether SIGSTOP has reached every thread.
    pub(crate) fn is_stopped(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.id())).unwrap();
        threads.into_iter().all(|thread| {
            let path = thread.unwrap().path().join("status");
            // A thread may have ended meanwhile.
            let status = std::fs::read_to_string(path).unwrap_or_default();
            status.is_empty() || status.contains("State:\tT")
        })
    }

    /// `HUP`, `TERM`, `STOP`, `CONT`.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args(["-s", name, &self.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    /// SIGKILL, now; what is on disk stays.
    pub(crate) fn kill(mut self) -> PathBuf {
        self.child.kill().unwrap();
        std::mem::take(&mut self.data)
    }

    /// SIGTERM, and everything that it logged up to its end.
    pub(crate) fn end(mut self) -> String {
        self.signal("TERM");
        assert!(self.child.wait().unwrap().success());
        self.errors.whole()
    }

    pub(crate) fn log(&self) -> String {
        self.errors.text()
    }

    /// Waits until its log has so many of these.
    pub(crate) fn wait_for_log(&self, words: &str, times: usize) {
        let text = self.errors.text.lock().unwrap();
        let missing = |text: &mut String| text.matches(words).count() < times;
        let (text, waited) = self
            .errors
            .grown
            .wait_timeout_while(text, PATIENCE, missing)
            .unwrap();
        let log = text.clone();
        drop(text);
        assert!(!waited.timed_out(), "{words:?} is not in its log: {log}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.data);
        let log = self.errors.text();
        assert!(
            std::thread::panicking() || !log.contains("panicked"),
            "{log}"
        );
    }
}

impl Errors {
    fn collect(&self, mut from: BufReader<impl Read>) {
        let mut line = String::new();
        while from.read_line(&mut line).is_ok_and(|read| read > 0) {
            self.text.lock().unwrap().push_str(&line);
            self.grown.notify_all();
            line.clear();
        }
        self.is_whole.store(true, Ordering::Release);
        let _guard = self.text.lock().unwrap();
        self.grown.notify_all();
    }

    /// Waits for the end of the process.
    fn whole(&self) -> String {
        let text = self.text.lock().unwrap();
        let goes_on = |_: &mut String| !self.is_whole.load(Ordering::Acquire);
        let waited = self.grown.wait_timeout_while(text, PATIENCE, goes_on);
        waited.unwrap().0.clone()
    }

    fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }
}

/// One worker, so that an abuser and who must not feel it share it.
pub(crate) fn command(data: &Path, settings: Settings<'_>) -> Command {
    command_on("127.0.0.1:0", data, settings)
}

pub(crate) fn command_on(listen: &str, data: &Path, settings: Settings<'_>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nearcast"));
    command.args(["serve", "--listen", listen, "--data"]);
    command.arg(data);
    set(&mut command, settings);
    command
}

/// Sets what is usual in these tests, and the rest.
pub(crate) fn set(command: &mut Command, settings: Settings<'_>) {
    let usual = [
        ("AUTH_HMAC_SECRET", SECRET),
        ("AUTH_SERVER_KEY", SERVER_KEY),
        ("SERVER_WORKERS", "1"),
        ("BROKER_USERS", "10000"),
        ("BROKER_EDGES", "100000"),
        ("BROKER_MARKS", "10000"),
        ("BROKER_FLUSH_MS", "0"),
    ];
    for (name, value) in usual.iter().chain(settings) {
        command.env(format!("NEARCAST_{name}"), value);
    }
}

pub(crate) fn token(user: &str) -> String {
    token_in(user, "")
}

/// Of somebody who is in a pool.
pub(crate) fn token_in(user: &str, pool: &str) -> String {
    let auth = Auth {
        hmac_secret: SECRET.to_owned(),
        ..Auth::default()
    };
    let grant = Grant {
        user: &UserId::new(user).unwrap(),
        ttl: Duration::from_secs(3600),
        strangers: false,
        pool,
    };
    sign(&auth, &grant, Clock::start().now_ms())
}
