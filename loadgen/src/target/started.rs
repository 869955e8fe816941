//! A `nearcast serve` of the tool's own, on a throw-away data directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nearcast::clock::Clock;
use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::setup::Setup;

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

/// How long it may take to say where it listens.
const SAYS_WITHIN: Duration = Duration::from_secs(30);
/// How long it may take to send everybody away.
const PATIENCE: Duration = Duration::from_secs(20);

impl Started {
    /// `program`: none for the one beside this one.
    ///
    /// # Errors
    /// A sentence that says what to do.
    pub(crate) async fn start(
        program: Option<&Path>,
        keys: &Keys,
        setup: &Setup,
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
            .envs(setup.variables());
        Self::begin(command, folder).await
    }

    /// Waits until it says where it listens.
    async fn begin(mut command: Command, folder: Folder) -> Result<Self, String> {
        let log = fs::File::create(folder.log());
        let log = log.map_err(|error| format!("write the server's log: {error}"))?;
        let program = command.as_std().get_program().to_owned();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            // Ctrl-C is for the tool.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("start {}: {error}", program.display()))?;
        let mut started = Self {
            child,
            folder,
            url: String::new(),
        };
        started.url = started.listens().await?;
        Ok(started)
    }

    /// None: it is gone.
    pub(crate) fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// Its first line says where.
    async fn listens(&mut self) -> Result<String, String> {
        let mut line = String::new();
        if let Some(stdout) = self.child.stdout.take() {
            let mut stdout = BufReader::new(stdout);
            let said = timeout(SAYS_WITHIN, stdout.read_line(&mut line)).await;
            if said.is_err() {
                return Err(format!(
                    "start a server: it did not say within {SAYS_WITHIN:?} where it listens; the last line of its log: {}",
                    self.folder.last_logged()
                ));
            }
        }
        // Empty when the server is not there.
        let url = line.trim().strip_prefix("listening on ").map(str::to_owned);
        url.ok_or_else(|| {
            let last = self.folder.last_logged();
            format!("start a server: it has ended; the last line of its log: {last}")
        })
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id.and_then(Pid::from_raw) {
            // It is gone already where this fails.
            let _ = kill_process(id, Signal::TERM);
        }
        let began = Clock::start().instant();
        while matches!(self.child.try_wait(), Ok(None)) {
            if began.elapsed() > PATIENCE {
                let _ = self.child.start_kill();
                let _ = self.child.try_wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
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

    fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    fn last_logged(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let last = log.lines().last().unwrap_or("none");
        last.to_owned()
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

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    async fn begun(program: &str, words: &[&str]) -> Result<String, String> {
        let mut command = Command::new(program);
        command.args(words);
        let started = Started::begin(command, Folder::new()?).await?;
        Ok(started.url.clone())
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_nothing_is_waited_for_half_a_minute() {
        let began = Instant::now();
        let why = begun("sleep", &["600"]).await.unwrap_err();
        assert_eq!(began.elapsed(), SAYS_WITHIN);
        let expected = "start a server: it did not say within 30s where it listens; the last line of its log: none";
        assert_eq!(why, expected);
    }

    #[tokio::test]
    async fn a_server_that_ends_at_once_is_named_with_its_last_words() {
        let why = begun("sh", &["-c", "echo one >&2; echo no room >&2"]).await;
        let expected = "start a server: it has ended; the last line of its log: no room";
        assert_eq!(why.unwrap_err(), expected);
    }

    #[tokio::test]
    async fn where_it_listens_is_what_it_says() {
        let url = begun(
            "sh",
            &["-c", "echo listening on http://[::1]:7; exec sleep 600"],
        )
        .await;
        assert_eq!(url.as_deref(), Ok("http://[::1]:7"));
    }
}
