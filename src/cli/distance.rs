//! `nearcast distance`: how far two positions are apart.

use std::io;

use serde::Serialize;

use super::answer::{Answer, answer};
use super::query::positions;

/// Distance between two positions along the WGS84 geodesic
///
/// Without coordinates each line of standard input is a query, and gets one line of answer.
#[derive(clap::Args)]
#[command(override_usage = "nearcast distance [LAT LON LAT LON] [--json]")]
pub(crate) struct Args {
    /// Two positions in degrees
    #[arg(value_names = ["LAT", "LON", "LAT", "LON"], num_args = 4, allow_negative_numbers = true)]
    coordinates: Vec<String>,
    /// Answer with one JSON object per query
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Distance {
    distance_m: f64,
}

impl Args {
    pub(crate) fn run(&self) -> io::Result<u8> {
        answer(&self.coordinates, self.json, |words| {
            let [from, to] = positions(words.iter().copied())?;
            let metres = nearcast_grid::distance_m(from, to);
            // To the millimetre that the distance promises.
            Ok(Distance {
                distance_m: (metres * 1e3).round() / 1e3,
            })
        })
    }
}

impl Answer for Distance {
    fn line(&self) -> String {
        if self.distance_m < 1000.0 {
            return format!("{:.3} m", self.distance_m);
        }
        format!("{:.3} km", self.distance_m / 1000.0)
    }
}
