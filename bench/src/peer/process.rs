//! A bare loop as the bench sees it: a child process, and clients who are its guests.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use nearcast::wire::Encoding;

use super::house::NONE;
use crate::clients::{Clients, First};
use crate::groups::Groups;
use crate::placement::{Cores, pin};
use crate::server::listening;

/// Of a message, as everybody in the table of `targets.md` sent it.
pub(crate) const MESSAGE_BYTES: u16 = 110;
/// Of a request to the answering loop: a masked frame of 64 bytes.
pub(crate) const REQUEST_BYTES: usize = 2 + 4 + 64;
/// Connections that are being opened at once.
const AT_ONCE: usize = 100;

pub(crate) struct Peer {
    child: Child,
    credit: Option<ChildStdin>,
    port: u16,
    pub(crate) clients: Clients,
}

impl Peer {
    /// Starts a loop, `send` or `answer`, and connects everybody to it.
    pub(crate) fn start(kind: &str, groups: &Groups, cores: Cores) -> Result<Self, String> {
        let failed = |error| format!("start the bare loop: {error}");
        let me = std::env::current_exe().map_err(failed)?;
        pin(cores.server_core)?;
        let spawned = Command::new(me)
            .args(["peer", kind, "--clients", &groups.clients().to_string()])
            .args(["--groups", &groups.count().to_string()])
            .args(["--message", &MESSAGE_BYTES.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        pin(cores.load_core)?;
        let mut child = spawned.map_err(failed)?;
        let credit = child.stdin.take();
        let stdout = child.stdout.take();
        let mut peer = Self {
            child,
            credit,
            port: 0,
            clients: Clients::new(Encoding::Json)?,
        };
        let mut stdout = stdout
            .map(BufReader::new)
            .ok_or("the bare loop says nothing")?;
        peer.connect(groups, &mut stdout)?;
        Ok(peer)
    }

    fn connect(
        &mut self,
        groups: &Groups,
        stdout: &mut BufReader<ChildStdout>,
    ) -> Result<(), String> {
        let line = |stdout: &mut BufReader<ChildStdout>| {
            let mut line = String::new();
            stdout
                .read_line(&mut line)
                .map(|_| line)
                .map_err(|error| format!("hear the bare loop: {error}"))
        };
        let said = line(stdout)?;
        let address = listening(&said).ok_or_else(|| format!("the bare loop said {said:?}"))?;
        self.port = address.port();
        let mut connected = 0;
        while connected < groups.clients() as usize {
            while self.clients.len() < (connected + AT_ONCE).min(groups.clients() as usize) {
                let group = groups.group(self.clients.len());
                let group = group.map_or(NONE, |group| group as u32);
                let first = First::Bare(group.to_le_bytes().to_vec());
                self.clients.open(address, None, first)?;
            }
            // Nobody is told anything yet: every event is a connection.
            connected += self.clients.turn(Duration::from_secs(1), |_, _| {})?;
        }
        let said = line(stdout)?;
        (said.trim() == "ready")
            .then_some(())
            .ok_or_else(|| format!("the bare loop said {said:?}, not that it is ready"))
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Lets the sending loop send to so many groups more.
    pub(crate) fn allow(&mut self, rounds: usize) -> Result<(), String> {
        let credit = self.credit.as_mut().ok_or("the bare loop takes nothing")?;
        credit
            .write_all(&vec![0; rounds])
            .map_err(|error| format!("let the bare loop go on: {error}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.credit.take());
        // It is our child, and gone already or not.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
