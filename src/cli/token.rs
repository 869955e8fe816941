//! `nearcast token`: a token for a user, signed with the key that the server here verifies with.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use nearcast::auth::{self, Development, Grant, MAX_POOL};
use nearcast::clock::Clock;
use nearcast::config::{Config, Flags};
use nearcast::wire::UserId;

use super::source::load;
use super::{USAGE, complain, note};

/// A token for a user, for development and tests
///
/// Signed with auth.hmac_secret, or with the development secret in the data directory, which is
/// made if it is not there.
#[derive(clap::Args)]
#[command(override_usage = "nearcast token --user ID [--ttl 1h] [--strangers] [--pool P]")]
pub(crate) struct Args {
    /// Whose token it is
    #[arg(long, value_name = "ID", value_parser = |id: &str| UserId::new(id))]
    user: UserId,
    /// How long it is good for: a number with s, m, h or d
    #[arg(long, default_value = "1h", value_parser = time)]
    ttl: Duration,
    /// She may have the mode strangers; her consent is another matter
    #[arg(long)]
    strangers: bool,
    /// The pool of people she may meet there
    #[arg(long, default_value = "", value_name = "P", value_parser = pool)]
    pool: String,
    /// The server's configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The server's data directory
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
}

impl Args {
    pub(crate) fn run(&self) -> io::Result<u8> {
        let flags = Flags {
            listen: None,
            data: self.data.clone(),
        };
        let mut config = match load(self.config.as_ref(), &flags) {
            Ok(config) => config,
            Err(status) => return Ok(status),
        };
        if let Err(fault) = with_secret(&mut config) {
            complain(&fault);
            return Ok(USAGE);
        }
        let grant = Grant {
            user: &self.user,
            ttl: self.ttl,
            strangers: self.strangers,
            pool: &self.pool,
        };
        let token = auth::sign(&config.auth, &grant, Clock::start().now_ms());
        super::print(&format!("{token}\n"))
    }
}

fn with_secret(config: &mut Config) -> Result<(), String> {
    if config.auth.hmac_secret.is_empty() && !config.auth.jwks.is_empty() {
        return Err(
            "auth.hmac_secret is not set, and auth.jwks has no keys to sign with".to_owned(),
        );
    }
    if config.auth.hmac_secret.is_empty() {
        let data = &config.server.data;
        if Development::find_secret(&mut config.auth, data).is_err() {
            Development::complete(&mut config.auth, data)?;
            let data = data.display();
            note(&format!(
                "made development keys in {data}; a server with that --data takes them"
            ));
        }
    }
    Ok(())
}

fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a number of at least 1 with s, m, h or d");
    let (number, unit) = text
        .split_at_checked(text.len().wrapping_sub(1))
        .ok_or_else(wrong)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    match u64::from(number) * seconds {
        0 => Err(wrong()),
        seconds => Ok(Duration::from_secs(seconds)),
    }
}

fn pool(text: &str) -> Result<String, String> {
    if text.len() > MAX_POOL {
        return Err(format!("it has more than {MAX_POOL} bytes"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        let seconds = |text| time(text).map(|time| time.as_secs());
        let right = [("1s", 1), ("90m", 5400), ("1h", 3600), ("7d", 604_800)];
        assert!(
            right
                .iter()
                .all(|(text, expected)| seconds(text) == Ok(*expected))
        );
        for wrong in [
            "",
            "h",
            "1",
            "0s",
            "-1h",
            "1.5h",
            "1 h",
            "1w",
            "99999999999s",
            "1é",
        ] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
