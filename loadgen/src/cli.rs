//! What can be typed.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::durations::{duration, seconds};
use crate::setup::Setup;
use crate::slo::Slo;

const EXAMPLES: &str = "\
Examples:
  nearcast-loadgen run city --start-server --duration 20s --report out
  nearcast-loadgen run book --start-server --slo 'p99<2s,missing=0,forbidden=0'
  nearcast-loadgen run my-town.toml --url wss://near.example.org --secret S --server-key K --cleanup
  nearcast-loadgen run city --people 36000 --processes 2 --source 10.0.0.5,10.0.0.6 --url http://near --secret S --server-key K
  nearcast-loadgen replay tracks/ --start-server --faster 10
  nearcast-loadgen compare before after

Exit status: 0 passed, 1 failed, 2 the tool could not keep up and the run says nothing,
64 something is wrong with what was asked, 69 the server cannot be reached.";

const TRACKS: &str = "\
Of each file of DIR that ends in .gpx, .geojson, .json or .csv:
  GPX      each trk is a person
  GeoJSON  each LineString with a list of times is one, and so are Points with a time each, by user
  CSV      its columns are lat, lon and time in any order, and user where there are several people";

/// Drives people against a nearcast server, and says what they did not see
#[derive(Parser)]
#[command(name = "nearcast-loadgen", version, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Plays a scenario: one that comes with the tool, or a file
    #[command(after_help = EXAMPLES)]
    Run {
        /// Its name (see `scenarios`), or a TOML file
        scenario: String,
        /// How many people; the scenario's number when nothing is said
        #[arg(long, value_name = "N")]
        people: Option<u32>,
        #[command(flatten)]
        wishes: Wishes,
    },
    /// Plays people out of GPX, GeoJSON and CSV files
    #[command(after_help = TRACKS)]
    Replay {
        dir: PathBuf,
        /// So many times as fast as it was
        #[arg(long, default_value_t = 1.0, value_name = "F", value_parser = faster)]
        faster: f64,
        #[command(flatten)]
        wishes: Wishes,
    },
    /// Says what changed from one report to another, beyond noise
    Compare {
        /// A directory that --report made, or its report.json
        before: PathBuf,
        after: PathBuf,
    },
    /// Names the scenarios that come with the tool, or shows one
    Scenarios { name: Option<String> },
    /// What --processes starts; its order comes on standard input
    #[command(hide = true)]
    Play,
}

#[derive(Args)]
pub(crate) struct Wishes {
    /// How long, like 20s or 5m; when nothing is said a minute, and of tracks until they end and the
    /// freshness after them
    #[arg(long, value_parser = seconds)]
    pub(crate) duration: Option<Duration>,
    /// Other people, other ways
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub(crate) seed: u64,
    /// Starts the release binary beside this one, with a throw-away data directory
    #[arg(long, conflicts_with = "url")]
    pub(crate) start_server: bool,
    /// The binary that --start-server starts
    #[arg(long, value_name = "FILE")]
    pub(crate) server: Option<PathBuf>,
    /// A server that runs already
    #[arg(long, requires = "secret", requires = "server_key")]
    pub(crate) url: Option<String>,
    /// What it verifies HS256 tokens with
    #[arg(
        long,
        value_name = "S",
        env = "NEARCAST_AUTH_HMAC_SECRET",
        allow_hyphen_values = true,
        hide_env_values = true
    )]
    pub(crate) secret: Option<String>,
    /// A server key of it
    #[arg(
        long,
        value_name = "K",
        env = "NEARCAST_AUTH_SERVER_KEY",
        allow_hyphen_values = true,
        hide_env_values = true
    )]
    pub(crate) server_key: Option<String>,
    /// Its process, if it is on this machine: processor time and memory are in the report then
    #[arg(long, value_name = "PID")]
    pub(crate) server_pid: Option<u32>,
    /// Erases the people afterwards, also after Ctrl-C; another Ctrl-C leaves the rest
    #[arg(long)]
    pub(crate) cleanup: bool,
    /// Writes index.html, report.json and seconds.csv there
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// How long a friend may take to be told
    #[arg(long, default_value = "3s", value_parser = duration)]
    pub(crate) freshness: Duration,
    /// What is to be so, like 'p99<250ms,missing=0,forbidden=0'; nothing wrong at all when nothing
    /// is said
    #[arg(long, value_parser = Slo::parse)]
    pub(crate) slo: Option<Slo>,
    /// A run in which the tool itself was later than this says nothing
    #[arg(long, default_value = "50ms", value_parser = duration)]
    pub(crate) lateness: Duration,
    /// Left out of the totals, up to half of the run, or of its tracks; while people arrive when
    /// nothing is said
    #[arg(long, value_parser = duration)]
    pub(crate) warm_up: Option<Duration>,
    /// Plays districts in so many processes
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) processes: u32,
    /// Addresses of this machine that connections come from, where one has too few ports
    #[arg(long, value_delimiter = ',', value_name = "IP")]
    pub(crate) source: Vec<IpAddr>,
    #[command(flatten)]
    pub(crate) setup: Setup,
}

fn faster(text: &str) -> Result<f64, String> {
    let faster: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.01..=1000.0).contains(&faster) {
        return Ok(faster);
    }
    Err("so many times as fast is 0.01 to 1000".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
