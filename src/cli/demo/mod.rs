//! `nearcast demo`: a server with a town in it, and what to type to see it.
//!
//! The server is the one that `serve` starts; nothing here reaches into it but the accounts.

mod guide;
mod scratch;

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use jiff::Zoned;
use nearcast::auth::Development;
use nearcast::config::{Config, Flags, SERVER_KEY};
use nearcast::demo::{Feed, Ground, Tally, Town};
use nearcast::log::{self, Form, LevelFilter};
use nearcast::server::Running;

use crate::allocator;

use super::signals::Signals;
use super::{UNREACHED, USAGE, complain};
use guide::Guide;
use scratch::Scratch;

/// How often is said what happens.
const TELL_EVERY_S: u64 = 5;

/// Starts a server with a town of simulated people, and says how to look at it
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to listen; 127.0.0.1:8080 when nothing is said
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// For phones in your own network too: on every address or that of --listen, without encryption
    #[arg(long)]
    lan: bool,
    /// The middle of the town
    #[arg(long, requires = "lon", allow_negative_numbers = true)]
    lat: Option<f64>,
    #[arg(long, requires = "lat", allow_negative_numbers = true)]
    lon: Option<f64>,
    /// How many live there
    #[arg(long, value_name = "N")]
    people: Option<usize>,
    /// Another town, other people
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Where accounts are kept; left out, they are gone afterwards
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    #[arg(long, value_name = "FILE")]
    config: Option<std::path::PathBuf>,
}

/// Everything but the server.
struct Prepared {
    config: Config,
    town: Town,
    /// Removed with this.
    _scratch: Option<Scratch>,
}

impl Args {
    pub(crate) fn run(&self) -> ExitCode {
        // What goes wrong, beside what is told of the town.
        if let Err(fault) = log::start(Form::Text, LevelFilter::WARN) {
            complain(&fault);
            return USAGE.into();
        }
        let prepared = match self.prepare() {
            Ok(prepared) => prepared,
            Err(faults) => {
                faults.lines().for_each(complain);
                return USAGE.into();
            }
        };
        let ended = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("start the runtime: {error}"))
            .and_then(|runtime| runtime.block_on(start(prepared)));
        match ended {
            Ok(()) => ExitCode::SUCCESS,
            Err(fault) => {
                complain(&fault);
                UNREACHED.into()
            }
        }
    }

    /// What is wrong, and with an address for others what would do.
    fn with_hint(&self, faults: String) -> String {
        let listen = self.listen.as_deref().unwrap_or_default();
        let is_for_others = listen
            .parse::<SocketAddr>()
            .is_ok_and(|address| !address.ip().is_loopback());
        if is_for_others && !self.lan {
            return faults + "\nfor phones in your own network say --lan too";
        }
        faults
    }

    /// What `--lan` was told to listen on.
    fn lan_address(&self) -> Option<SocketAddr> {
        let listen = self.listen.as_deref().filter(|_| self.lan)?;
        listen.parse().ok()
    }

    /// # Errors
    /// What is wrong, a sentence a line.
    fn prepare(&self) -> Result<Prepared, String> {
        let lan = self.lan_address();
        // Checked as an address of this machine: keys are made below, and encryption it goes without.
        let checked =
            lan.map(|lan| SocketAddr::from((Ipv4Addr::LOCALHOST, lan.port())).to_string());
        let flags = Flags {
            listen: checked.or_else(|| self.listen.clone()),
            data: self.data.clone(),
        };
        let mut config = Config::load(self.config.as_deref(), std::env::vars_os(), &flags)
            .map_err(|faults| self.with_hint(faults.to_string()))?;
        let demo = &mut config.demo;
        demo.lat = self.lat.unwrap_or(demo.lat);
        demo.lon = self.lon.unwrap_or(demo.lon);
        demo.people = self.people.unwrap_or(demo.people);
        demo.seed = self.seed.unwrap_or(demo.seed);
        let ground = Ground::new(demo.lat, demo.lon).map_err(|bad| bad.to_string())?;
        let town = Town::new(ground, demo.people, demo.seed).map_err(|bad| bad.to_string())?;
        // The keys that `nearcast watch` finds, whatever becomes of the accounts.
        Development::complete(&mut config.auth, &config.server.data)?;
        if config.auth.hmac_secret.is_empty() {
            return Err("the demo signs a token for you: take auth.jwks out of the configuration, or give auth.hmac_secret too".to_owned());
        }
        if self.lan {
            let everywhere = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            let ip = lan.map_or(everywhere, |lan| lan.ip());
            if ip.to_canonical().is_loopback() {
                return Err("--lan is for other machines, and --listen names an address of this one alone: leave one of them out, or write --listen 0.0.0.0:PORT".to_owned());
            }
            if config
                .auth
                .server_key
                .iter()
                .any(|key| key.len() < SERVER_KEY)
            {
                return Err(format!(
                    "--lan is for other machines too, and each of auth.server_key must have {SERVER_KEY} bytes or more for that"
                ));
            }
            config.server.listen.set_ip(ip);
            config.server.tls_elsewhere = true;
        }
        let scratch = match self.data {
            Some(_) => None,
            None => {
                Some(Scratch::new().map_err(|error| format!("make a data directory: {error}"))?)
            }
        };
        if let Some(scratch) = &scratch {
            config.server.data = scratch.path().to_path_buf();
        }
        Ok(Prepared {
            config,
            town,
            _scratch: scratch,
        })
    }
}

async fn start(mut prepared: Prepared) -> Result<(), String> {
    let mut signals = Signals::watch()?;
    let running = Running::start(prepared.config.clone()).await?;
    prepared.config = (*running.config).clone();
    tokio::spawn(allocator::give_back());
    let lived = tokio::select! {
        lived = prepared.live(&running, &mut signals) => lived,
        why = running.failed() => Err(why),
    };
    running.end().await;
    lived
}

impl Prepared {
    /// Fills the server and lets the town live until a signal ends it.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    async fn live(self, running: &Running, signals: &mut Signals) -> Result<(), String> {
        let (clock, listening) = (running.clock, running.address);
        let s = if running.secure { "s" } else { "" };
        say(&format!("listening on http{s}://{listening}"))?;
        tokio::select! {
            () = running.restored() => {}
            () = signals.end() => return Ok(()),
        }
        let program = std::env::args().next();
        let program = program.unwrap_or_else(|| "nearcast".to_owned());
        let guide = Guide::new(program, &self.config, listening, clock.now_ms());
        let people = self.town.residents().len();
        say(&format!("{people} people are coming to town ..."))?;
        let feed = Feed::new(&running.accounts, self.town, clock);
        let arrived = tokio::select! {
            arrived = feed.settle() => arrived,
            () = signals.end() => return Ok(()),
        };
        arrived.map_err(|refusal| format!("bring people to town: {refusal:?}"))?;
        say(&guide.to_string())?;
        let mut sent_before = running.frames();
        tokio::select! {
            told = feed.run(TELL_EVERY_S, |tally| {
                let sent = running.frames();
                let line = news(tally, sent.saturating_sub(sent_before));
                sent_before = sent;
                say(&line)
            }) => told,
            () = signals.end() => Ok(()),
        }
    }
}

fn news(tally: &Tally, frames: u64) -> String {
    let Tally {
        people,
        walking,
        cycling,
        driving,
        moves,
        refused,
    } = tally;
    let going = walking + cycling + driving;
    let mut line = format!(
        "{}  {going} of {people} on their way: {walking} walk, {cycling} cycle, {driving} drive; \
         {moves} moves, {frames} frames in {TELL_EVERY_S} s",
        Zoned::now().strftime("%H:%M:%S")
    );
    if *refused > 0 {
        line += &format!(", {refused} moves refused");
    }
    line
}

fn say(line: &str) -> Result<(), String> {
    writeln!(io::stdout(), "{line}").map_err(|error| format!("write what happens: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_news_fit_a_line() {
        let tally = Tally {
            people: 300,
            walking: 120,
            cycling: 61,
            driving: 33,
            moves: 298,
            refused: 2,
        };
        let line = news(&tally, 412);
        assert!(
            line.ends_with(
                "  214 of 300 on their way: 120 walk, 61 cycle, 33 drive; 298 moves, \
                 412 frames in 5 s, 2 moves refused"
            ),
            "{line}"
        );
    }
}
