//! The sockets of a bare loop, in their groups.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use clap::Args;

use crate::clients::frame::unmasked;

#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct House {
    /// Connections to wait for
    #[arg(long)]
    pub(super) clients: usize,
    /// Groups that they come in
    #[arg(long)]
    pub(super) groups: usize,
    /// Bytes of a message
    #[arg(long, value_parser = clap::value_parser!(u16).range(32..))]
    pub(super) message: u16,
}

/// The group of somebody who has no friends.
pub(super) const NONE: u32 = u32::MAX;

pub(super) struct Crowd {
    pub(super) sockets: Vec<TcpStream>,
    /// By socket.
    pub(super) group_of: Vec<u32>,
    /// By group: its sockets.
    pub(super) groups: Vec<Vec<usize>>,
}

impl House {
    /// Says where it listens, lets everybody in, and says when all are there. A client's first
    /// four bytes are the number of her group.
    pub(super) fn fill(self) -> io::Result<Crowd> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        say(&format!("listening on tcp://{}", listener.local_addr()?))?;
        let mut crowd = Crowd {
            sockets: Vec::with_capacity(self.clients),
            group_of: Vec::with_capacity(self.clients),
            groups: vec![Vec::new(); self.groups],
        };
        for number in 0..self.clients {
            let (mut socket, _) = listener.accept()?;
            let mut group = [0; 4];
            socket.read_exact(&mut group)?;
            socket.set_nodelay(true)?;
            socket.set_nonblocking(true)?;
            let group = u32::from_le_bytes(group);
            if group != NONE {
                let members = crowd.groups.get_mut(group as usize);
                let unknown = || io::Error::other(format!("there is no group {group}"));
                members.ok_or_else(unknown)?.push(number);
            }
            crowd.sockets.push(socket);
            crowd.group_of.push(group);
        }
        say("ready")?;
        Ok(crowd)
    }

    /// A frame that the clients count as one person.
    pub(super) fn frame(self) -> Vec<u8> {
        unmasked(text(self.message).as_bytes())
    }
}

/// A message of so many bytes that the clients count as one person.
pub(crate) fn text(message: u16) -> String {
    let (begin, end) = (r#"{"changes":{"moved":[{"user":""#, r#""}]}}"#);
    let name = usize::from(message).saturating_sub(begin.len() + end.len());
    format!("{begin}{}{end}", "x".repeat(name))
}

impl Crowd {
    /// One frame to everybody in a group but one. A socket that takes nothing ends the loop: the
    /// clients did not keep up, and the figure would be wrong.
    #[inline]
    pub(super) fn tell(&self, group: usize, but: usize, frame: &[u8]) -> io::Result<()> {
        for &member in self.groups[group].iter().filter(|&&member| member != but) {
            let sent = (&self.sockets[member]).write(frame)?;
            if sent < frame.len() {
                return Err(io::Error::other("a socket took half a frame"));
            }
        }
        Ok(())
    }
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
