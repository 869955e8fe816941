//! Connections in all, and connections, handshakes and requests per address.
//!
//! IPv6 addresses count by /64, which is what one subscriber gets; IPv4 in IPv6 as IPv4.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arc_swap::ArcSwap;
use dashmap::DashMap;
use ipnet::IpNet;

use super::client::is_trusted;
use super::rate::{Gcra, Rate};

#[derive(Clone, Debug, PartialEq)]
pub struct AddressRules {
    pub connections: usize,
    pub connections_per_address: usize,
    /// Addresses remembered at once; a new one beyond is refused.
    pub addresses: usize,
    pub handshakes: Rate,
    pub requests: Rate,
    /// Whether loopback peers are counted by address.
    pub loopback: bool,
    /// Their connections are their clients', so they are counted in all only.
    pub proxies: Vec<IpNet>,
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Full {
    Connections,
    ConnectionsPerAddress,
    Addresses,
}

pub struct Addresses {
    rules: ArcSwap<AddressRules>,
    connections: AtomicUsize,
    seen: DashMap<Subnet, Seen>,
    /// Of `seen`, whose own count would lock every shard.
    remembered: AtomicUsize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Subnet {
    V4(u32),
    V6(u64),
}

impl Subnet {
    fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

#[derive(Default)]
struct Seen {
    connections: usize,
    handshakes: Gcra,
    requests: Gcra,
}

/// A connection that is counted; given back when it is dropped.
pub struct Connection {
    addresses: Arc<Addresses>,
    /// None where it is counted in all only.
    subnet: Option<Subnet>,
}

impl Addresses {
    #[must_use]
    pub fn new(rules: AddressRules) -> Arc<Self> {
        Arc::new(Self {
            rules: ArcSwap::from_pointee(rules),
            connections: AtomicUsize::new(0),
            seen: DashMap::new(),
            remembered: AtomicUsize::new(0),
        })
    }

    /// Exchanges the limits; connections beyond new ones stay.
    pub fn set(&self, rules: AddressRules) {
        self.rules.store(Arc::new(rules));
    }

    /// Connections in all.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Counts a connection that was accepted.
    pub fn connect(self: &Arc<Self>, peer: IpAddr) -> Result<Connection, Full> {
        let rules = self.rules.load();
        let below = |count| (count < rules.connections).then_some(count + 1);
        self.connections
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, below)
            .map_err(|_| Full::Connections)?;
        let mut connection = Connection {
            addresses: Arc::clone(self),
            subnet: None,
        };
        if !is_trusted(peer.to_canonical(), &rules.proxies) {
            connection.belongs_to(peer)?;
        }
        Ok(connection)
    }

    /// An upgrade to a WebSocket; or after how many milliseconds there may be one.
    pub fn handshake(&self, client: IpAddr, now_ms: u64) -> Result<(), u64> {
        let rules = self.rules.load();
        self.take(client, &rules, |seen| {
            seen.handshakes.take(&rules.handshakes, now_ms, 1)
        })
    }

    /// A request; or after how many milliseconds there may be one.
    pub fn request(&self, client: IpAddr, now_ms: u64) -> Result<(), u64> {
        let rules = self.rules.load();
        self.take(client, &rules, |seen| {
            seen.requests.take(&rules.requests, now_ms, 1)
        })
    }

    fn take(
        &self,
        client: IpAddr,
        rules: &AddressRules,
        take: impl FnOnce(&mut Seen) -> Result<(), u64>,
    ) -> Result<(), u64> {
        if is_exempt(client, rules) {
            return Ok(());
        }
        // Where there is no room, there may be after the next tidying.
        self.with(Subnet::of(client), rules, take)
            .unwrap_or(Err(1000))
    }

    /// Shows an address's entry, made if there is room; none if there is not.
    fn with<T>(
        &self,
        subnet: Subnet,
        rules: &AddressRules,
        then: impl FnOnce(&mut Seen) -> T,
    ) -> Option<T> {
        if let Some(mut seen) = self.seen.get_mut(&subnet) {
            return Some(then(&mut seen));
        }
        let below = |count| (count < rules.addresses).then_some(count + 1);
        self.remembered
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, below)
            .ok()?;
        let mut entry = self.seen.entry(subnet);
        if let dashmap::Entry::Occupied(seen) = &mut entry {
            // Somebody else was faster.
            self.remembered.fetch_sub(1, Ordering::Relaxed);
            return Some(then(seen.get_mut()));
        }
        Some(then(&mut entry.or_default()))
    }

    /// Forgets addresses of which there is nothing to remember; to be called every few seconds.
    pub fn tidy(&self, now_ms: u64) {
        self.seen.retain(|_, seen| {
            let idle = seen.handshakes.is_full(now_ms) && seen.requests.is_full(now_ms);
            let stays = seen.connections > 0 || !idle;
            if !stays {
                self.remembered.fetch_sub(1, Ordering::Relaxed);
            }
            stays
        });
    }

    fn let_go(&self, subnet: Subnet) {
        if let Some(mut seen) = self.seen.get_mut(&subnet) {
            seen.connections -= 1;
        }
    }
}

impl Connection {
    /// Counts it by the client that a proxy named, instead of whom it was counted by before. When
    /// that is refused, it is counted in all only, and to be closed.
    pub fn belongs_to(&mut self, client: IpAddr) -> Result<(), Full> {
        let rules = self.addresses.rules.load();
        let subnet = (!is_exempt(client, &rules)).then(|| Subnet::of(client));
        if subnet == self.subnet {
            return Ok(());
        }
        if let Some(before) = self.subnet.take() {
            self.addresses.let_go(before);
        }
        let Some(subnet) = subnet else {
            return Ok(());
        };
        let counted = self.addresses.with(subnet, &rules, |seen| {
            let room = seen.connections < rules.connections_per_address;
            seen.connections += usize::from(room);
            room
        });
        match counted {
            Some(true) => {
                self.subnet = Some(subnet);
                Ok(())
            }
            Some(false) => Err(Full::ConnectionsPerAddress),
            None => Err(Full::Addresses),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(subnet) = self.subnet {
            self.addresses.let_go(subnet);
        }
        self.addresses.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

fn is_exempt(address: IpAddr, rules: &AddressRules) -> bool {
    !rules.loopback && address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests;
