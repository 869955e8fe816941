//! The flags of the benches that have sockets.

use std::path::PathBuf;

use clap::Args;
use nearcast::wire::Encoding;
use serde_json::Value;

use crate::placement::{Cores, allow_connections};
use crate::server::Site;

#[derive(Debug, Clone, PartialEq, Args)]
pub(crate) struct Sockets {
    /// Clients, each with a WebSocket of its own
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(2..=25_000))]
    pub(crate) clients: u32,
    /// The server to measure; default: the `nearcast` beside this program
    #[arg(long, value_name = "PROGRAM")]
    server: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) cores: Cores,
    /// Measure TLS beside plain connections
    #[arg(long)]
    pub(crate) tls: bool,
    /// One JSON object per figure and line, nothing else
    #[arg(long)]
    pub(crate) json: bool,
}

/// Friends of everybody in a group.
#[derive(Debug, Clone, Copy, PartialEq, Args)]
pub(crate) struct Friends {
    /// Friends of each user, all online and nearby
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) friends: u32,
}

impl Sockets {
    /// Checks what can be checked before anything starts, and prepares the server's site. The
    /// most connections that any process of the bench has are given.
    pub(crate) fn site(&self, connections: u32) -> Result<Site, String> {
        self.prepare(connections)?;
        Site::new(self.server.as_deref(), self.cores)
    }

    /// The same for what has no site.
    pub(crate) fn prepare(&self, connections: u32) -> Result<(), String> {
        self.cores.check()?;
        allow_connections(connections)
    }

    /// Plain, and TLS when it was asked for.
    pub(crate) fn layers(&self) -> impl Iterator<Item = bool> + use<> {
        [false, true].into_iter().take(1 + usize::from(self.tls))
    }

    pub(crate) fn parameters(&self, tls: bool) -> Vec<(&'static str, Value)> {
        vec![
            ("clients", self.clients.into()),
            ("layer", if tls { "wss" } else { "ws" }.into()),
        ]
    }
}

impl Friends {
    /// At least one group must be whole.
    pub(crate) fn check(self, clients: u32) -> Result<(), String> {
        if clients > self.friends {
            return Ok(());
        }
        Err(format!(
            "with --friends {} a group has {} people, more than --clients {clients}",
            self.friends,
            self.friends + 1
        ))
    }
}

/// As figures name it.
pub(crate) fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Json => "json",
        Encoding::Protobuf => "protobuf",
    }
}

/// What a run of minutes is at.
pub(crate) fn say(bench: &str, stage: &str) {
    eprintln!("{bench}: {stage}");
}
