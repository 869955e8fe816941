//! How much anybody may do.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub connections: usize,
    /// Connections and handshakes of one address; IPv6 by /64.
    pub connections_per_address: usize,
    /// Addresses remembered at once; beyond, a new one is refused.
    pub addresses: usize,
    pub handshakes_per_address_per_s: u32,
    /// Requests of one address.
    pub requests_per_address_per_s: u32,
    /// Whether limits per address hold for loopback too.
    pub loopback: bool,
    pub sessions_per_user: usize,
    pub moves_per_s: f64,
    pub moves_burst: u32,
    /// Messages and bytes of one session, moves included.
    pub messages_per_s: u32,
    pub messages_burst: u32,
    pub bytes_per_s: u32,
    /// Changes of accounts, and arrivals, that run or wait at once.
    pub changes: usize,
    pub friends: u32,
    pub blocks: u32,
    /// Requests for friendship that wait, by or for one user.
    pub requests_waiting: usize,
    pub denied_per_minute: u32,
    pub requests_per_hour: u32,
    pub waves_per_hour: u32,
    pub reports_per_hour: u32,
    pub blocks_per_hour: u32,
    /// Rates of users remembered at once, 16 bytes each; beyond, who finds no room is refused.
    pub rates: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 100_000,
            connections_per_address: 100,
            addresses: 100_000,
            handshakes_per_address_per_s: 20,
            requests_per_address_per_s: 100,
            loopback: false,
            sessions_per_user: 10,
            moves_per_s: 1.0,
            moves_burst: 60,
            messages_per_s: 20,
            messages_burst: 200,
            bytes_per_s: 65_536,
            changes: 20_000,
            friends: 5_000,
            blocks: 5_000,
            requests_waiting: 500,
            denied_per_minute: 100,
            requests_per_hour: 100,
            waves_per_hour: 60,
            reports_per_hour: 20,
            blocks_per_hour: 60,
            rates: 250_000,
        }
    }
}
