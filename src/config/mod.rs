//! What an operator may choose, and what it is when nothing is chosen.
//!
//! One struct; `config/nearcast.toml` is its default with the reasons, held equal by a test. A
//! file, an environment variable `NEARCAST_SECTION_KEY` for any key, and flags are read in this
//! order, the later wins. Every fault is told at once, before anything is opened; a secret is
//! never repeated. Nothing here reads a clock or holds anything open.

mod edge;
mod limits;
mod node;
mod people;
mod snapshot;
mod world;

mod draft;
mod fault;

mod certificate;
mod checks;
mod rules;

mod reload;

use std::ffi::OsString;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use certificate::certified_key;
pub use checks::SERVER_KEY;
pub use edge::{Http, Socket};
pub use fault::{Fault, Faults};
pub use limits::Limits;
pub use node::{Admin, Demo, Drain, Server};
pub use people::{Accounts, Auth};
pub use snapshot::{Deployment, Snapshot};
pub use world::{Broker, Friends, GridKind, Strangers};

use draft::Draft;

/// The file with every key, its default and why.
pub const FILE: &str = include_str!("../../config/nearcast.toml");

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub server: Server,
    pub auth: Auth,
    pub accounts: Accounts,
    pub broker: Broker,
    pub friends: Friends,
    pub strangers: Strangers,
    pub socket: Socket,
    pub http: Http,
    pub limits: Limits,
    pub snapshot: Snapshot,
    pub drain: Drain,
    pub admin: Admin,
    pub demo: Demo,
}

/// What the command line says about the configuration; it has the last word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--listen`
    pub listen: Option<String>,
    /// `--data`
    pub data: Option<String>,
}

impl Config {
    /// Reads and checks everything; `environment` is `std::env::vars_os()`.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        flags: &Flags,
    ) -> Result<Self, Faults> {
        let mut draft = Draft::new();
        if let Some(path) = file {
            draft.file(path);
        }
        for (name, value) in environment {
            draft.variable(&name, &value);
        }
        draft.flag("--listen", "server", "listen", flags.listen.as_deref());
        draft.flag("--data", "server", "data", flags.data.as_deref());
        draft.finish()
    }
}

#[cfg(test)]
mod tests;
