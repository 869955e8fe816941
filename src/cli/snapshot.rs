//! `nearcast snapshot status`: asks a running server how positions are kept in Redis.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::{Map, Value};

use super::IO;
use super::operations::Operations;

/// How positions are kept outside the process
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Status(Status),
}

/// Says whether positions are kept in Redis now, how far behind, and what was done
#[derive(clap::Args)]
struct Status {
    #[command(flatten)]
    server: Operations,
}

impl Args {
    pub(crate) fn run(&self) -> ExitCode {
        let Command::Status(status) = &self.command;
        match status.server.get("/v1/admin/snapshot", "state") {
            Ok(figures) => super::print(&lines(figures)).unwrap_or(IO).into(),
            Err(status) => status.into(),
        }
    }
}

/// A figure per line, the state first.
fn lines(mut figures: Map<String, Value>) -> String {
    let mut text = String::new();
    for first in ["state", "why"] {
        if let Some(Value::String(value)) = figures.remove(first) {
            text += &format!("{first:18} {value}\n");
        }
    }
    for (name, value) in &figures {
        text += &format!("{name:18} {value}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_state_comes_first() {
        let body = r#"{"epoch":3,"lag_ms":12,"state":"away","why":"connect to Redis"}"#;
        assert_eq!(
            super::lines(serde_json::from_str(body).unwrap()),
            "state              away\nwhy                connect to Redis\n\
             epoch              3\nlag_ms             12\n"
        );
    }
}
