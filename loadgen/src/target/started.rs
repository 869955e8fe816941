//! A `nearcast serve` of the tool's own, on a throw-away data directory.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nearcast::clock::Clock;
use serde::{Deserialize, Serialize};

/// What tokens are signed with, and what the app's backend shows.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Keys {
    pub(crate) secret: String,
    pub(crate) server_key: String,
}

impl Keys {
    /// Of a server that is gone afterwards, and listens to this machine alone.
    pub(crate) fn throw_away() -> Self {
        Self {
            secret: "a secret of the load tester, for a server that is gone afterwards".to_owned(),
            server_key: "a-server-key-of-the-load-tester".to_owned(),
        }
    }
}

/// A server that ends with this.
pub(crate) struct Started {
    child: Child,
    folder: Folder,
    pub(crate) url: String,
}

/// How long it may take to send everybody away.
const PATIENCE: Duration = Duration::from_secs(20);

impl Started {
    /// `program`: none for the one beside this one; `ttl`: of positions. To be called where nobody
    /// minds to wait.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub(crate) fn start(
        program: Option<&Path>,
        keys: &Keys,
        ttl: Duration,
    ) -> Result<Self, String> {
        let program = match program {
            Some(program) => program.to_owned(),
            None => beside()?,
        };
        if !program.is_file() {
            return Err(format!(
                "there is no {}: build it with `cargo build --release`, or name it with --server",
                program.display()
            ));
        }
        let folder = Folder::new()?;
        let log = fs::File::create(folder.0.join("log"));
        let log = log.map_err(|error| format!("write the server's log: {error}"))?;
        let mut command = Command::new(&program);
        // What whoever types this has set is for another server.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("NEARCAST_") {
                command.env_remove(name);
            }
        }
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.0.join("data"))
            .env("NEARCAST_AUTH_HMAC_SECRET", &keys.secret)
            .env("NEARCAST_AUTH_SERVER_KEY", &keys.server_key)
            .env("NEARCAST_BROKER_TTL_S", ttl.as_secs().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            // Ctrl-C is for the tool.
            .process_group(0);
        let child = command
            .spawn()
            .map_err(|error| format!("start {}: {error}", program.display()))?;
        let mut started = Self {
            child,
            folder,
            url: String::new(),
        };
        started.url = started.listens()?;
        Ok(started)
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Its first line says where.
    fn listens(&mut self) -> Result<String, String> {
        let mut line = String::new();
        if let Some(stdout) = self.child.stdout.take() {
            // Empty when the server is not there, and that is told below.
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        let url = line.trim().strip_prefix("listening on ").map(str::to_owned);
        url.ok_or_else(|| {
            let log = fs::read_to_string(self.folder.0.join("log")).unwrap_or_default();
            let last = log.lines().last().unwrap_or("it said nothing").to_owned();
            format!("start a server: {last}")
        })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let id = rustix::process::Pid::from_child(&self.child);
        // It is gone already where this fails.
        let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
        let began = Clock::start().instant();
        while began.elapsed() < PATIENCE && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Of this run alone; it goes with this.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("make a folder for the server: {error}");
        for number in 0..100 {
            let name = format!("nearcast-loadgen-{}-{number}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self(path)),
                // Of a run that was killed.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(failed(std::io::ErrorKind::AlreadyExists.into()))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed lies in the folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn beside() -> Result<PathBuf, String> {
    let me = std::env::current_exe().map_err(|error| format!("find this program: {error}"))?;
    Ok(me.with_file_name("nearcast"))
}
