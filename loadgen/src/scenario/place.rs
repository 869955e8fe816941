//! Where people are, and how they get about.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Place {
    pub kind: Kind,
    /// Of the first district; the others are far away from it and from each other.
    pub lat: f64,
    pub lon: f64,
    /// Homes are within, and so is nearly everywhere people go.
    pub radius_m: f64,
    /// From one street to the next.
    pub block_m: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Homes everywhere, more of them in the middle.
    City,
    /// Stands around a field.
    Stadium,
}

/// Shares of people by how they get about, and how often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Movement {
    pub walk: f64,
    pub bus: f64,
    pub car: f64,
    pub still: f64,
    /// How often an app says where it is.
    pub move_every_s: f64,
    /// How long somebody goes before she stops, on average.
    pub stops_every_s: f64,
    /// And for how long.
    pub stop_s: f64,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            kind: Kind::City,
            lat: 37.5665,
            lon: 126.978,
            radius_m: 6000.0,
            block_m: 120.0,
        }
    }
}

impl Default for Movement {
    fn default() -> Self {
        Self {
            walk: 0.5,
            bus: 0.15,
            car: 0.15,
            still: 0.2,
            move_every_s: 5.0,
            stops_every_s: 180.0,
            stop_s: 30.0,
        }
    }
}
