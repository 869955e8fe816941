//! How a server is set up, as far as the judge goes by it: told to a server that is started, and to
//! be said of one that runs already.

use std::time::Duration;

use clap::{Args, value_parser};
use nearcast_grid::Grid;
use serde::{Deserialize, Serialize};

use crate::durations::seconds;

/// Cells that strangers listen to are coarser than those they are shown in.
const REACH_PRECISION: u8 = 5;

#[derive(Args, Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[command(next_help_heading = "How the server is set up; one that is started is told so")]
pub(crate) struct Setup {
    /// How long a position counts (broker.ttl_s)
    #[arg(long, default_value = "10m", value_parser = seconds)]
    pub(crate) ttl: Duration,
    /// Nobody is told of a move of fewer metres (friends.move_min_m)
    #[arg(long, default_value_t = 10.0, value_name = "M", value_parser = metres)]
    pub(crate) move_min: f64,
    /// Characters of the geohash that strangers are shown in (strangers.precision)
    #[arg(long, default_value_t = 6, value_name = "P", value_parser = value_parser!(u8).range(2..=12))]
    pub(crate) precision: u8,
    /// How often it is released where strangers are (strangers.epoch_s)
    #[arg(long, default_value = "15s", value_parser = epoch)]
    pub(crate) epoch: Duration,
}

impl Setup {
    /// Of the environment of a server.
    pub(crate) fn variables(&self) -> [(&'static str, String); 5] {
        let reach = REACH_PRECISION.min(self.precision - 1);
        [
            ("NEARCAST_BROKER_TTL_S", self.ttl.as_secs().to_string()),
            ("NEARCAST_FRIENDS_MOVE_MIN_M", self.move_min.to_string()),
            ("NEARCAST_STRANGERS_PRECISION", self.precision.to_string()),
            ("NEARCAST_STRANGERS_REACH_PRECISION", reach.to_string()),
            (
                "NEARCAST_STRANGERS_EPOCH_S",
                self.epoch.as_secs().to_string(),
            ),
        ]
    }

    /// As a report shows them.
    pub(crate) fn parameters(&self) -> [(&'static str, String); 4] {
        [
            ("ttl_s", self.ttl.as_secs().to_string()),
            ("move_min_m", self.move_min.to_string()),
            ("precision", self.precision.to_string()),
            ("epoch_s", self.epoch.as_secs().to_string()),
        ]
    }

    pub(crate) fn privacy(&self) -> Grid {
        Grid::geohash(self.precision).expect("up to twelve characters are a geohash")
    }
}

fn metres(text: &str) -> Result<f64, String> {
    let metres: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=1000.0).contains(&metres) {
        return Ok(metres);
    }
    Err("it is 0 to 1000 metres".to_owned())
}

fn epoch(text: &str) -> Result<Duration, String> {
    let epoch = seconds(text)?;
    if epoch > Duration::from_secs(3600) {
        return Err("it is an hour at most".to_owned());
    }
    Ok(epoch)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use nearcast::config::Config;

    use super::*;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        setup: Setup,
    }

    fn typed(words: &str) -> Setup {
        let words = words.split_whitespace();
        Typed::try_parse_from([""].into_iter().chain(words))
            .unwrap_or_else(|error| panic!("{error}"))
            .setup
    }

    #[test]
    fn what_is_not_said_is_as_the_server_has_it() {
        let (setup, config) = (typed(""), Config::default());
        assert_eq!(setup.ttl.as_secs(), config.broker.ttl_s);
        assert_eq!(setup.move_min, config.friends.move_min_m);
        assert_eq!(setup.precision, config.strangers.precision);
        assert_eq!(REACH_PRECISION, config.strangers.reach_precision);
        assert_eq!(setup.epoch.as_secs(), config.strangers.epoch_s);
    }

    #[test]
    fn a_server_that_is_started_is_told_all_of_it() {
        let setup = typed("--ttl 1m --move-min 2.5 --precision 5 --epoch 1s");
        let expected = [
            ("NEARCAST_BROKER_TTL_S", "60"),
            ("NEARCAST_FRIENDS_MOVE_MIN_M", "2.5"),
            ("NEARCAST_STRANGERS_PRECISION", "5"),
            ("NEARCAST_STRANGERS_REACH_PRECISION", "4"),
            ("NEARCAST_STRANGERS_EPOCH_S", "1"),
        ];
        let expected = expected.map(|(name, value)| (name, value.to_owned()));
        assert_eq!(setup.variables(), expected);
    }

    #[test]
    fn what_no_server_can_be_is_refused() {
        for words in ["--move-min -1", "--precision 1", "--epoch 2h", "--epoch 0s"] {
            let words = words.split_whitespace();
            let typed = Typed::try_parse_from([""].into_iter().chain(words));
            assert!(typed.is_err());
        }
    }
}
