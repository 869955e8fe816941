//! The configuration in the terms of those who live by it. Values have been checked.

use std::net::IpAddr;

use ipnet::IpNet;
use nearcast_grid::Grid;

use super::{Config, GridKind, Strangers};
use crate::limits::{AddressRules, Rate, UserRules};
use crate::{broker, store};

impl Config {
    /// `key`: for the hashes of this server, kept with its data. `start`: when it was taken up.
    #[must_use]
    pub fn broker(&self, key: [u8; 32], start: u64) -> broker::Config {
        broker::Config {
            users: self.broker.users,
            edges: self.broker.edges,
            marks: self.broker.marks,
            collected: self.broker.marks,
            friends: self.limits.friends,
            blocks: self.limits.blocks,
            sessions_per_user: self.limits.sessions_per_user,
            ttl_ms: self.broker.ttl_s * 1000,
            move_min_m: self.friends.move_min_m,
            refresh_s: self.friends.refresh_s,
            resume_window_ms: self.socket.resume_window_s * 1000,
            key,
            start,
            strangers: broker::Strangers {
                privacy: self.strangers.grid(self.strangers.precision),
                reach: self.strangers.grid(self.strangers.reach_precision),
                epoch_ms: self.strangers.epoch_s * 1000,
                alias_ms: self.strangers.alias_s * 1000,
                view_max: self.strangers.view_max,
                min_people: self.strangers.min_people,
                cells_per_hour: self.strangers.cells_per_hour,
                speed_max_mps: self.strangers.speed_max_mps,
            },
        }
    }

    /// Threads that hold sessions.
    #[must_use]
    pub fn workers(&self) -> usize {
        match self.server.workers {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            some => some,
        }
        .min(63)
    }

    #[must_use]
    pub fn store_rules(&self) -> store::Rules {
        store::Rules {
            default_sharing: self.accounts.default_sharing,
            friends: self.limits.friends as usize,
            blocks: self.limits.blocks as usize,
            requests: self.limits.requests_waiting,
        }
    }

    #[must_use]
    pub fn user_rules(&self) -> UserRules {
        let limits = &self.limits;
        UserRules {
            moves: Rate::per_second(limits.moves_per_s, limits.moves_burst),
            denied: Rate::per_minute(limits.denied_per_minute),
            requests: Rate::per_hour(limits.requests_per_hour),
            waves: Rate::per_hour(limits.waves_per_hour),
            reports: Rate::per_hour(limits.reports_per_hour),
            blocks: Rate::per_hour(limits.blocks_per_hour),
            messages: Rate::per_second(f64::from(limits.messages_per_s), limits.messages_burst),
            // A second's worth may come at once.
            bytes: Rate::per_second(f64::from(limits.bytes_per_s), limits.bytes_per_s),
        }
    }

    #[must_use]
    pub fn address_rules(&self) -> AddressRules {
        let limits = &self.limits;
        let rate = |per_s: u32| Rate::per_second(f64::from(per_s), per_s);
        AddressRules {
            connections: limits.connections,
            connections_per_address: limits.connections_per_address,
            addresses: limits.addresses,
            handshakes: rate(limits.handshakes_per_address_per_s),
            requests: rate(limits.requests_per_address_per_s),
            loopback: limits.loopback,
            proxies: self.trusted_proxies(),
        }
    }

    #[must_use]
    pub fn trusted_proxies(&self) -> Vec<IpNet> {
        let networks = self.http.trusted_proxies.iter();
        networks.filter_map(|text| network(text)).collect()
    }
}

impl Strangers {
    fn grid(&self, precision: u8) -> Grid {
        match self.grid {
            GridKind::Geohash => Grid::geohash(precision),
            GridKind::H3 => Grid::hex(precision),
        }
        .expect("precisions have been checked")
    }
}

/// A network, or a single address as one.
pub(super) fn network(text: &str) -> Option<IpNet> {
    let single = |address: IpAddr| IpNet::from(address);
    text.parse().ok().or_else(|| text.parse().ok().map(single))
}
