//! Who knows whom, and what a person's app does.

use nearcast::wire::DEFAULT_RADIUS_M;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Friends {
    pub kind: Graph,
    /// Of a person, on average; `Fixed`: of each.
    pub mean: u32,
    /// Of anybody, where a few know very many.
    pub most: u32,
    /// Friends of each person beyond these, who exist and never come.
    pub absent: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Graph {
    /// Everybody has as many friends.
    Fixed,
    /// Most know a few, a few know very many.
    PowerLaw,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sessions {
    pub arrive_over_s: f64,
    /// 0: to the end.
    pub stay_s: f64,
    /// 0: who leaves does not come back.
    pub away_s: f64,
    /// Share of clients that speak JSON, the rest protobuf.
    pub json: f64,
    pub radius_m: f64,
    /// Share with the mode strangers beside friends.
    pub strangers: f64,
    /// Share of these who consent to be shown.
    pub consent: f64,
    /// Share who let friends see their cell only.
    pub approximate: f64,
    /// Share who let nobody see them.
    pub off: f64,
}

impl Default for Friends {
    fn default() -> Self {
        Self {
            kind: Graph::PowerLaw,
            mean: 20,
            most: 200,
            absent: 0,
        }
    }
}

impl Default for Sessions {
    fn default() -> Self {
        Self {
            arrive_over_s: 5.0,
            stay_s: 0.0,
            away_s: 0.0,
            json: 0.5,
            radius_m: DEFAULT_RADIUS_M,
            strangers: 0.0,
            consent: 1.0,
            approximate: 0.0,
            off: 0.0,
        }
    }
}
