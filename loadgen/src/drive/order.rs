//! What one process is to play, as a line of JSON that another process writes to it.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use nearcast::clock::Clock;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::Play;
use super::counts::Counts;
use super::ports::Ports;
use crate::scenario::Scenario;
use crate::setup::Setup;
use crate::target::{Keys, Target};
use crate::town::Town;
use crate::tracks::Tracks;
use crate::truth::{Rules, World};

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
    pub(crate) setup: Setup,
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

    /// Processes begin apart, unless addresses are named, of which each has its own as far as they
    /// go: what is bound at one is free for nobody who lets the kernel choose.
    fn ports(&self) -> Ports {
        if self.sources.is_empty() {
            Ports::new(&self.run, self.part, self.parts)
        } else {
            Ports::new(&self.run, 0, 1)
        }
    }

    /// # Errors
    /// A sentence, when the server has no address.
    pub(crate) fn play(&self, town: Town) -> Result<Arc<Play>, String> {
        let target = self.target()?;
        let server = target.server()?;
        let clock = Clock::start();
        let wait_ms = self.begins_ms.checked_sub(clock.now_ms());
        let wait_ms = wait_ms.ok_or("it took too long to be ready: say fewer people")?;
        let rules = Rules {
            freshness_us: 1000 * self.freshness_ms,
            ttl_us: self.setup.ttl.as_micros() as u64,
            move_min_m: self.setup.move_min,
            privacy: self.setup.privacy(),
            epoch_us: self.setup.epoch.as_micros() as u64,
            one_of: self.one_of,
        };
        Ok(Arc::new(Play {
            target,
            server,
            ports: self.ports(),
            counts: Counts::default(),
            clock,
            began: Instant::now() + Duration::from_millis(wait_ms),
            lasts: Duration::from_millis(self.lasts_ms),
            world: World::new(town, rules),
        }))
    }
}
