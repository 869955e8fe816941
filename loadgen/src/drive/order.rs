//! What one process is to play, as a line of JSON that another process writes to it.

use std::net::{IpAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nearcast::clock::Clock;
use nearcast_grid::Grid;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Play;
use super::counts::Counts;
use crate::scenario::Scenario;
use crate::target::{Keys, Target};
use crate::town::Town;
use crate::tracks::Tracks;
use crate::truth::{Rules, World};

/// As the contract has it where nothing is said.
const MOVE_MIN_M: f64 = 10.0;
const PRIVACY_PRECISION: u8 = 6;

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) scenario: Scenario,
    /// People out of files instead of the scenario's own.
    pub(crate) tracks: Option<PathBuf>,
    pub(crate) faster: f64,
    pub(crate) seed: u64,
    /// What everybody's name begins with.
    pub(crate) run: String,
    /// Which part of how many.
    pub(crate) part: u32,
    pub(crate) parts: u32,
    pub(crate) url: String,
    pub(crate) keys: Keys,
    pub(crate) sources: Vec<IpAddr>,
    /// When the run begins, ms since 1970.
    pub(crate) begins_ms: u64,
    pub(crate) lasts_ms: u64,
    pub(crate) freshness_ms: u64,
    pub(crate) ttl_ms: u64,
    /// Of every so many viewers one is judged.
    pub(crate) one_of: u32,
}

impl Order {
    /// # Errors
    /// What is wrong with the tracks, a sentence a line.
    pub(crate) fn town(&self) -> Result<Town, String> {
        match &self.tracks {
            None => {
                let districts = 0..Town::districts(&self.scenario);
                let mine = districts.filter(|district| district % self.parts == self.part);
                Ok(Town::new(&self.scenario, self.seed, mine).called(&self.run))
            }
            Some(dir) => {
                let tracks = Tracks::read(dir).map_err(|faults| faults.join("\n"))?;
                let town = Town::of_tracks(&tracks, &self.scenario, self.seed, self.faster);
                Ok(town.called(&self.run))
            }
        }
    }

    pub(crate) fn target(&self) -> Result<Target, String> {
        Target::new(&self.url, &self.keys, self.sources.clone())
    }

    /// # Errors
    /// A sentence, when the server has no address.
    pub(crate) fn play(&self, town: Town) -> Result<Arc<Play>, String> {
        let target = self.target()?;
        let host = target.address.authority();
        let server = host
            .to_socket_addrs()
            .ok()
            .and_then(|mut found| found.next());
        let server = server.ok_or_else(|| format!("{host} has no address"))?;
        let clock = Clock::start();
        let wait_ms = self.begins_ms.checked_sub(clock.now_ms());
        let wait_ms = wait_ms.ok_or("it took too long to be ready: say fewer people")?;
        let rules = Rules {
            freshness_us: 1000 * self.freshness_ms,
            ttl_us: 1000 * self.ttl_ms,
            move_min_m: MOVE_MIN_M,
            privacy: Grid::geohash(PRIVACY_PRECISION).expect("six characters are a geohash"),
            one_of: self.one_of,
        };
        Ok(Arc::new(Play {
            target,
            server,
            counts: Counts::default(),
            clock,
            began: Instant::now() + Duration::from_millis(wait_ms),
            lasts: Duration::from_millis(self.lasts_ms),
            world: World::new(town, rules),
        }))
    }
}
