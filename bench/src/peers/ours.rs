//! nearcast itself: real users, friendships, positions, distances.

use std::time::Duration;

use nearcast::wire::{ClientMessage, Command, Encoding, encode_client};

use super::contender::{Contender, Hear, read};
use crate::clients::Clients;
use crate::clients::gather::{Gathered, gather};
use crate::groups::Groups;
use crate::server::{Server, Settings, Site};

pub(super) struct Ours<'a> {
    clients: Clients,
    gathered: Gathered,
    groups: &'a Groups,
    /// By client: moves so far, over all that is measured. Each must be one.
    moves: Vec<u32>,
    payload: Vec<u8>,
    server: Server,
}

impl<'a> Ours<'a> {
    pub(super) fn new(
        site: &Site,
        groups: &'a Groups,
        encoding: Encoding,
        flush_ms: u64,
    ) -> Result<Self, String> {
        let server = site.serve(Settings {
            flush_ms: Some(flush_ms),
            tls: false,
        })?;
        Ok(Self {
            clients: Clients::new(encoding)?,
            gathered: Gathered::default(),
            groups,
            moves: vec![0; groups.clients() as usize],
            payload: Vec::new(),
            server,
        })
    }
}

impl Contender for Ours<'_> {
    fn processes(&self) -> Vec<u32> {
        vec![self.server.process()]
    }

    fn ports(&self) -> Vec<u16> {
        vec![self.server.address().port()]
    }

    fn come(&mut self, until: u32) -> Result<(), String> {
        let Self {
            clients,
            gathered,
            groups,
            server,
            ..
        } = self;
        gather(clients, gathered, server, groups, until as usize)
    }

    fn make_move(&mut self, group: usize, number: usize) -> Result<(), String> {
        let members = self.groups.members(group);
        let mover = members[self.mover(number, members.len())] as usize;
        self.moves[mover] += 1;
        let message = ClientMessage {
            id: None,
            body: Command::Move(self.groups.position(mover, self.moves[mover])),
        };
        self.payload.clear();
        encode_client(self.clients.encoding(), &message, &mut self.payload);
        self.clients.say(mover, &self.payload)
    }

    fn wait(&mut self, wait: Duration) -> Result<usize, String> {
        self.clients.wait(wait)
    }

    fn read(&mut self, hear: Hear<'_>) -> Result<(), String> {
        let encoding = self.clients.encoding();
        read(&mut self.clients, encoding, hear)
    }
}
