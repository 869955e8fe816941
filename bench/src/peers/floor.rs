//! The bare loop: it reads who moved and sends to each of her friends, and does nothing else.

use std::time::Duration;

use nearcast::wire::Encoding;

use super::contender::{Contender, Hear, read};
use crate::groups::Groups;
use crate::peer::{Peer, REQUEST_BYTES};
use crate::placement::Cores;

pub(super) struct Floor<'a> {
    peer: Peer,
    groups: &'a Groups,
}

impl<'a> Floor<'a> {
    pub(super) fn new(groups: &'a Groups, cores: Cores) -> Result<Self, String> {
        let peer = Peer::start("answer", groups, cores)?;
        Ok(Self { peer, groups })
    }
}

impl Contender for Floor<'_> {
    fn processes(&self) -> Vec<u32> {
        vec![self.peer.process()]
    }

    fn ports(&self) -> Vec<u16> {
        vec![self.peer.port()]
    }

    fn idles(&self) -> bool {
        false
    }

    /// Everybody is there from the start.
    fn come(&mut self, _until: u32) -> Result<(), String> {
        Ok(())
    }

    fn make_move(&mut self, group: usize, number: usize) -> Result<(), String> {
        let members = self.groups.members(group);
        let mover = members[self.mover(number, members.len())];
        // With the head and the mask of its frame it is a request.
        let payload = [b'm'; REQUEST_BYTES - 6];
        self.peer.clients.say(mover as usize, &payload)
    }

    fn wait(&mut self, wait: Duration) -> Result<usize, String> {
        self.peer.clients.wait(wait)
    }

    fn read(&mut self, hear: Hear<'_>) -> Result<(), String> {
        read(&mut self.peer.clients, Encoding::Json, hear)
    }
}
