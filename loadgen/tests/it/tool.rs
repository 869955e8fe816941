//! The tool as it is typed, a real server, and what the report says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

pub(crate) const SECRET: &str = "a secret of the test, long enough for HS256";
pub(crate) const SERVER_KEY: &str = "a-server-key-of-the-test";

/// A folder that goes with it.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("nearcast-loadgen-test-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn loadgen() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nearcast-loadgen"));
    command.env_remove("NEARCAST_AUTH_HMAC_SECRET");
    command.env_remove("NEARCAST_AUTH_SERVER_KEY");
    command
}

/// `cargo test --workspace` builds it beside the tool.
pub(crate) fn server_program() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_nearcast-loadgen")).with_file_name("nearcast");
    assert!(program.is_file(), "build {} first", program.display());
    program
}

/// A server of the test's own.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    _folder: Folder,
}

impl Server {
    pub(crate) fn start() -> Self {
        let folder = Folder::new();
        let mut child = Command::new(server_program())
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.0.join("data"))
            .env("NEARCAST_AUTH_HMAC_SECRET", SECRET)
            .env("NEARCAST_AUTH_SERVER_KEY", SERVER_KEY)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("listening on http://").unwrap();
        Self {
            child,
            address: address.to_owned(),
            _folder: folder,
        }
    }

    /// A figure of `/metrics`.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let ask = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(ask.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let line = answer.lines().find_map(|line| line.strip_prefix(name));
        let value = line.and_then(|rest| rest.trim().parse().ok());
        value.unwrap_or_else(|| panic!("no {name} in {answer}"))
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two dozen people who are all near each other, all friends of a few, moving every second, in
/// JSON.
pub(crate) const HAMLET: &str = r#"
title = "A hamlet"
people = 24
district = 24
[friends]
kind = "fixed"
mean = 6
[place]
radius_m = 800
[movement]
walk = 0.0
bus = 0.0
car = 1.0
still = 0.0
move_every_s = 1
stops_every_s = 86400
[sessions]
arrive_over_s = 1
json = 1.0
"#;

/// A run of which nothing is asked but that it comes to a report.
pub(crate) struct Ran {
    pub(crate) output: Output,
    pub(crate) report: Value,
    pub(crate) folder: Folder,
}

impl Ran {
    pub(crate) fn against(address: &str, scenario: &str, more: &[&str]) -> Self {
        let url = format!("http://{address}");
        let keys = ["--secret", SECRET, "--server-key", SERVER_KEY];
        Self::with(scenario, &[&["--url", &url], &keys[..], more].concat())
    }

    pub(crate) fn with(scenario: &str, more: &[&str]) -> Self {
        let folder = Folder::new();
        let file = folder.write("scenario.toml", scenario);
        let out = folder.0.join("out");
        let output = loadgen()
            .args(["run", &file, "--lateness", "500ms", "--report"])
            .arg(&out)
            .args(more)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = std::fs::read_to_string(out.join("report.json"));
        let report = report.unwrap_or_else(|error| panic!("{error}: {said}"));
        Self {
            report: serde_json::from_str(&report).unwrap(),
            output,
            folder,
        }
    }

    pub(crate) fn faults(&self, kind: &str) -> u64 {
        self.report["faults"][kind]["count"].as_u64().unwrap_or(0)
    }

    pub(crate) fn all_faults(&self) -> u64 {
        let kinds = self.report["faults"].as_object().unwrap().values();
        kinds.map(|found| found["count"].as_u64().unwrap()).sum()
    }

    pub(crate) fn number(&self, pointer: &str) -> f64 {
        let found = self.report.pointer(pointer).and_then(Value::as_f64);
        found.unwrap_or_else(|| panic!("no {pointer} in {}", self.report["totals"]))
    }
}
