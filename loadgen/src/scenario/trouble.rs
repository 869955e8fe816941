//! What goes wrong: links that drop or go silent, readers that are slow or asleep.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trouble {
    /// When everybody who is connected loses the connection at once.
    pub reconnect_all_at_s: Vec<f64>,
    /// How often a person alone does, on average; 0: never.
    pub reconnect_every_s: f64,
    /// Who comes back tries to go on where she was.
    pub resume: bool,
    /// Share of people whose link goes silent without being closed.
    pub silent: f64,
    pub silent_after_s: f64,
    pub silent_for_s: f64,
    /// Share of people who read slowly.
    pub slow: f64,
    pub slow_bytes_per_s: u32,
    /// Share of people who stop reading and go on sending.
    pub sleep: f64,
    pub sleep_after_s: f64,
    pub sleep_for_s: f64,
}

impl Default for Trouble {
    fn default() -> Self {
        Self {
            reconnect_all_at_s: Vec::new(),
            reconnect_every_s: 0.0,
            resume: true,
            silent: 0.0,
            silent_after_s: 10.0,
            silent_for_s: 15.0,
            slow: 0.0,
            slow_bytes_per_s: 1000,
            sleep: 0.0,
            sleep_after_s: 10.0,
            sleep_for_s: 10.0,
        }
    }
}
