//! `nearcast check`: everything that is wrong with a configuration, before a server is started.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use nearcast::auth;
use nearcast::config::{Config, Flags};
use nearcast::snapshot;

use super::source::load;
use super::{UNREACHED, complain};

/// Says everything that is wrong with a configuration
///
/// Variables NEARCAST_SECTION_KEY count as they do for the server. The exit status is 64 when
/// something is wrong, and 69 when something that it names cannot be reached.
#[derive(clap::Args)]
#[command(override_usage = "nearcast check [--config FILE] [--online]")]
pub(crate) struct Args {
    /// The file to check; without one, only variables are
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Reach what it names as well, when nothing else is wrong: public keys, the data directory, Redis
    #[arg(long)]
    online: bool,
}

impl Args {
    pub(crate) fn run(&self) -> io::Result<u8> {
        let config = match load(self.config.as_ref(), &Flags::default()) {
            Ok(config) => config,
            Err(status) => return Ok(status),
        };
        let unreached = if self.online {
            reach(&config)?
        } else {
            Vec::new()
        };
        for fault in &unreached {
            complain(fault);
        }
        if unreached.is_empty() {
            super::print("the configuration is right\n")
        } else {
            Ok(UNREACHED)
        }
    }
}

fn reach(config: &Config) -> io::Result<Vec<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let keys = runtime.block_on(auth::reach(&config.auth));
    let keys = keys.map_err(|error| format!("auth.jwks: {error}"));
    let data = writable(&config.server.data).map_err(|error| {
        let name = config.server.data.display();
        format!("server.data: write to {name}: {error}")
    });
    let redis = runtime.block_on(snapshot::reach(config));
    let reached = [keys, data, redis];
    Ok(reached.into_iter().filter_map(Result::err).collect())
}

/// Writes a file, and takes it away again, into a directory or into the nearest above it that is
/// there, where it would be made.
fn writable(directory: &Path) -> io::Result<()> {
    let above = directory.ancestors().find(|above| above.exists());
    let there = above.unwrap_or_else(|| Path::new("."));
    let trial = there.join(format!(".nearcast-check-{}", std::process::id()));
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&trial)?;
    fs::remove_file(trial)
}
