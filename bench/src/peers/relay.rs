//! Peers behind the contract of a relay: the upgrade, a first message `join GROUP PLACE PEOPLE`,
//! which is answered with `joined`, and from then on each message of a client goes to all others
//! of her group, as it is.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use nearcast::wire::Encoding;

use super::contender::{Contender, Hear, read};
use crate::clients::{Clients, First};
use crate::groups::Groups;
use crate::kept::Kept;
use crate::peer::{MESSAGE_BYTES, text};
use crate::redis::Redis;

/// Connections that are being opened at once.
const AT_ONCE: u32 = 100;
const STUCK: Duration = Duration::from_secs(20);
/// Groups of one, for clients that make up no whole group.
const ALONE: u32 = 1 << 20;

pub(super) struct Relay<'a> {
    clients: Clients,
    groups: &'a Groups,
    joined: u32,
    text: String,
    addresses: Vec<SocketAddr>,
    servers: Vec<Kept>,
    /// What the servers share: it goes after them.
    redis: Option<Redis>,
}

impl<'a> Relay<'a> {
    /// `addresses`: clients connect to them by turns.
    pub(super) fn new(
        groups: &'a Groups,
        servers: Vec<Kept>,
        addresses: Vec<SocketAddr>,
        redis: Option<Redis>,
    ) -> Result<Self, String> {
        Ok(Self {
            clients: Clients::new(Encoding::Json)?,
            groups,
            joined: 0,
            text: text(MESSAGE_BYTES),
            addresses,
            servers,
            redis,
        })
    }
}

impl Contender for Relay<'_> {
    fn processes(&self) -> Vec<u32> {
        let servers = self.servers.iter().map(Kept::process);
        servers
            .chain(self.redis.iter().map(Redis::process))
            .collect()
    }

    fn ports(&self) -> Vec<u16> {
        self.addresses.iter().map(SocketAddr::port).collect()
    }

    fn come(&mut self, until: u32) -> Result<(), String> {
        let mut news = Instant::now();
        while self.joined < until {
            while (self.clients.len() as u32) < until.min(self.joined + AT_ONCE) {
                let number = self.clients.len();
                let first = First::Hello(join(self.groups, number).into_bytes());
                let to = self.addresses[number % self.addresses.len()];
                self.clients.open(to, None, first)?;
            }
            let joined = &mut self.joined;
            let events = self.clients.turn(Duration::from_millis(50), |_, payload| {
                *joined += u32::from(payload == b"joined");
            })?;
            if events > 0 {
                news = Instant::now();
            } else if news.elapsed() > STUCK {
                return Err(format!(
                    "{} of {until} clients have joined, and nothing has happened for {} s",
                    self.joined,
                    STUCK.as_secs()
                ));
            }
        }
        Ok(())
    }

    fn make_move(&mut self, group: usize, number: usize) -> Result<(), String> {
        let members = self.groups.members(group);
        let mover = members[self.mover(number, members.len())];
        self.clients.say(mover as usize, self.text.as_bytes())
    }

    fn wait(&mut self, wait: Duration) -> Result<usize, String> {
        self.clients.wait(wait)
    }

    fn read(&mut self, hear: Hear<'_>) -> Result<(), String> {
        read(&mut self.clients, Encoding::Json, hear)
    }
}

fn join(groups: &Groups, client: usize) -> String {
    match groups.seat(client) {
        Some((group, place)) => format!("join {group} {place} {}", groups.friends() + 1),
        None => format!("join {} 0 1", ALONE + client as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_says_where_she_belongs() {
        let groups = Groups::in_order('a', 5, 1);
        assert_eq!(join(&groups, 0), "join 0 0 2");
        assert_eq!(join(&groups, 3), "join 1 1 2");
        assert_eq!(join(&groups, 4), format!("join {} 0 1", ALONE + 4));
    }
}
