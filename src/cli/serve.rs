//! `nearcast serve`: the server, until a signal ends it.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use nearcast::config::{Config, Flags};
use nearcast::log::{self, LevelFilter};
use nearcast::server::Running;
use tokio::signal::unix::{Signal, SignalKind};

use crate::allocator;

use super::signals::{Signals, watch};
use super::source::load;
use super::{IO, UNREACHED, USAGE, complain};

/// The server has a fault; as in sysexits.h.
const SOFTWARE: u8 = 70;

/// Runs the server
#[derive(clap::Args)]
pub(super) struct Args {
    /// The configuration; every key has a default, see `nearcast config`
    #[arg(long)]
    config: Option<PathBuf>,
    /// Where to listen; port 0 takes a free one
    #[arg(long)]
    listen: Option<String>,
    /// Where accounts and keys are kept
    #[arg(long)]
    data: Option<String>,
    /// One JSON object per line of the log, instead of text
    #[arg(long)]
    json_log: bool,
}

impl Args {
    pub(super) fn run(&self) -> ExitCode {
        let config = match load(self.config.as_ref(), &self.flags()) {
            Ok(config) => config,
            Err(status) => return status.into(),
        };
        let form = if self.json_log {
            log::Form::Json
        } else {
            log::Form::Text
        };
        if let Err(fault) = log::start(form, LevelFilter::INFO) {
            complain(&fault);
            return USAGE.into();
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                complain(&format!("start the runtime: {error}"));
                return UNREACHED.into();
            }
        };
        runtime.block_on(self.serve(config))
    }

    fn flags(&self) -> Flags {
        Flags {
            listen: self.listen.clone(),
            data: self.data.clone(),
        }
    }

    async fn serve(&self, config: Config) -> ExitCode {
        let watched = Signals::watch().and_then(|end| Ok((end, watch(SignalKind::hangup())?)));
        let (mut signals, mut hangup) = match watched {
            Ok(watched) => watched,
            Err(fault) => {
                complain(&fault);
                return UNREACHED.into();
            }
        };
        let running = match Running::start(config).await {
            Ok(running) => running,
            Err(fault) => {
                complain(&fault);
                return UNREACHED.into();
            }
        };
        if let Err(error) = announce(&running) {
            complain(&format!("say where it listens: {error}"));
            running.end().await;
            return IO.into();
        }
        tokio::spawn(allocator::give_back());
        let ended = tokio::select! {
            why = running.failed() => Err(why),
            () = self.until_told(&running, &mut signals, &mut hangup) => Ok(()),
        };
        if let Err(why) = ended {
            complain(&why);
            return SOFTWARE.into();
        }
        tracing::info!("ending: sessions are sent away; a second signal ends at once");
        tokio::select! {
            () = running.end() => {}
            () = signals.end() => tracing::warn!("ended at once, by a second signal"),
        }
        ExitCode::SUCCESS
    }

    async fn until_told(&self, running: &Running, signals: &mut Signals, hangup: &mut Signal) {
        loop {
            tokio::select! {
                () = signals.end() => return,
                _ = hangup.recv() => self.reload(running).await,
            }
        }
    }

    /// What is faulty is said, and stays as it was.
    async fn reload(&self, running: &Running) {
        let environment = std::env::vars_os();
        let new = match Config::load(self.config.as_deref(), environment, &self.flags()) {
            Ok(new) => new,
            Err(faults) => {
                for fault in faults.iter() {
                    tracing::error!(%fault, "reload the configuration: all stays as it was");
                }
                return;
            }
        };
        match running.reload(&new).await {
            Ok(waiting) if waiting.is_empty() => tracing::info!("reloaded keys and limits"),
            Ok(waiting) => {
                let keys = waiting.join(", ");
                tracing::warn!(%keys, "reloaded; these keys wait for a restart");
            }
            Err(faults) => tracing::error!(faults = faults.join("; "), "reload"),
        }
    }
}

/// The first line on standard output, for scripts; the rest is in the log.
fn announce(running: &Running) -> std::io::Result<()> {
    let scheme = if running.secure { "https" } else { "http" };
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on {scheme}://{}", running.address)?;
    out.flush()?;
    if let Some(path) = &running.development.secret {
        let path = path.display();
        tracing::warn!(%path, "no key is configured: tokens are signed with the development secret");
    }
    if let Some(path) = &running.development.server_key {
        let path = path.display();
        tracing::warn!(%path, "no server key is configured: the development one is good");
    }
    if let Some(admin) = running.admin {
        tracing::info!(%admin, "operations are answered");
    }
    Ok(())
}
