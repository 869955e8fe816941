//! A real server of the test's own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::tool::Folder;

pub(crate) const SECRET: &str = "a secret of the test, long enough for HS256";
pub(crate) const SERVER_KEY: &str = "a-server-key-of-the-test";

/// `cargo test --workspace` builds it beside the tool.
pub(crate) fn server_program() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_nearcast-loadgen")).with_file_name("nearcast");
    assert!(program.is_file(), "build {} first", program.display());
    program
}

pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
    _folder: Folder,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// `more`: of its environment.
    pub(crate) fn with(more: &[(&str, &str)]) -> Self {
        let folder = Folder::new();
        let mut child = Command::new(server_program())
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.0.join("data"))
            .env("NEARCAST_AUTH_HMAC_SECRET", SECRET)
            .env("NEARCAST_AUTH_SERVER_KEY", SERVER_KEY)
            .envs(more.iter().copied())
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

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How a tool reaches a server, or who stands before it.
pub(crate) fn words(address: &str) -> [String; 6] {
    let url = format!("http://{address}");
    [
        "--url",
        &url,
        "--secret",
        SECRET,
        "--server-key",
        SERVER_KEY,
    ]
    .map(str::to_owned)
}
