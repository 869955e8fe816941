//! What the broker is told: how long positions count, how far views reach, how coarse cells are.

use serde::{Deserialize, Serialize};

use crate::wire::DEFAULT_RADIUS_M;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Broker {
    /// How long a position counts.
    pub ttl_s: u64,
    /// Time between sweeps; 0: after every round of reading.
    pub flush_ms: u64,
    /// Users in the world at once.
    pub users: usize,
    /// Room for the friendships among them, in edges of four bytes.
    pub edges: usize,
    /// Marks that may wait for one worker.
    pub marks: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Friends {
    /// Of a session that names none.
    pub radius_m: f64,
    /// How often clients are asked to say where they are.
    pub move_every_s: u32,
    /// A shorter move only says that somebody is still there.
    pub move_min_m: f64,
    /// How often that is told.
    pub refresh_s: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Strangers {
    /// `geohash`, or `h3` with resolutions for the precisions.
    pub grid: GridKind,
    /// Of the cell that is shown.
    pub precision: u8,
    /// Of the cell that is listened to: its parent, coarser.
    pub reach_precision: u8,
    pub epoch_s: u64,
    pub alias_s: u64,
    pub view_max: usize,
    pub min_people: u32,
    pub cells_per_hour: u32,
    pub speed_max_mps: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GridKind {
    #[default]
    Geohash,
    H3,
}

impl Default for Broker {
    fn default() -> Self {
        Self {
            ttl_s: 600,
            flush_ms: 1000,
            users: 1_000_000,
            edges: 64_000_000,
            marks: 1_000_000,
        }
    }
}

impl Default for Friends {
    fn default() -> Self {
        Self {
            radius_m: DEFAULT_RADIUS_M,
            move_every_s: 30,
            move_min_m: 10.0,
            refresh_s: 60,
        }
    }
}

impl Default for Strangers {
    fn default() -> Self {
        Self {
            grid: GridKind::Geohash,
            precision: 6,
            reach_precision: 5,
            epoch_s: 15,
            alias_s: 3600,
            view_max: 50,
            min_people: 1,
            cells_per_hour: 30,
            speed_max_mps: 340.0,
        }
    }
}
