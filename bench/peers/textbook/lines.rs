//! The sockets of this gateway's users, and what one round of the loop has for them: each frame
//! is kept once, and all that waits for a socket leaves in one write.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::OwnedFd;

use nearcast::socket::frame::{OpCode, Reader, write};
use rustix::event::epoll::{self, EventData, EventFlags};
use slab::Slab;

/// Bytes that may wait for a user who reads slowly; then her connection ends.
const BEHIND_MAX: usize = 64 * 1024;
/// The end of a chain.
const NONE: u32 = u32::MAX;

pub(crate) struct Line {
    stream: TcpStream,
    pub(crate) reader: Reader,
    /// Where she is, when she has joined.
    pub(crate) seat: Option<Seat>,
    /// What the kernel did not take.
    behind: Vec<u8>,
    /// What this round has for her: its first and last link.
    first: u32,
    last: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seat {
    pub(crate) group: u32,
    pub(crate) place: u16,
    pub(crate) people: u16,
}

/// A frame of this round on its way to one user, and the next one on its way to her.
#[derive(Clone, Copy)]
struct Link {
    frame: (u32, u32),
    next: u32,
}

pub(crate) struct Lines {
    epoll: OwnedFd,
    list: Slab<Line>,
    /// The frames of this round.
    bytes: Vec<u8>,
    links: Vec<Link>,
    /// Who has any.
    told: Vec<u32>,
    several: Vec<u8>,
    /// Taken out when the round is over: a key must mean one user for as long as it lasts.
    gone: Vec<usize>,
}

impl Lines {
    pub(crate) fn new(epoll: OwnedFd) -> Self {
        Self {
            epoll,
            list: Slab::new(),
            bytes: Vec::new(),
            links: Vec::new(),
            told: Vec::new(),
            several: Vec::new(),
            gone: Vec::new(),
        }
    }

    pub(crate) fn epoll(&self) -> &OwnedFd {
        &self.epoll
    }

    /// Her key; from now on what she says wakes the loop.
    pub(crate) fn add(&mut self, stream: TcpStream) -> io::Result<usize> {
        let entry = self.list.vacant_entry();
        let key = entry.key();
        let data = EventData::new_u64(key as u64);
        epoll::add(&self.epoll, &stream, data, EventFlags::IN)?;
        entry.insert(Line {
            stream,
            reader: Reader::default(),
            seat: None,
            behind: Vec::new(),
            first: NONE,
            last: NONE,
        });
        Ok(key)
    }

    pub(crate) fn get_mut(&mut self, key: usize) -> Option<&mut Line> {
        self.list.get_mut(key)
    }

    pub(crate) fn end(&mut self, key: usize) {
        self.gone.push(key);
    }

    /// Puts a text into this round, once for all who will be told.
    pub(crate) fn frame(&mut self, opcode: OpCode, payload: &[u8]) -> (u32, u32) {
        let start = self.bytes.len() as u32;
        write(&mut self.bytes, opcode, payload);
        (start, self.bytes.len() as u32)
    }

    #[inline]
    pub(crate) fn tell(&mut self, key: usize, frame: (u32, u32)) {
        let Some(line) = self.list.get_mut(key) else {
            return;
        };
        let link = self.links.len() as u32;
        self.links.push(Link { frame, next: NONE });
        if line.first == NONE {
            line.first = link;
            self.told.push(key as u32);
        } else {
            self.links[line.last as usize].next = link;
        }
        line.last = link;
    }

    /// Sends what the round has for everybody, and answers who is gone.
    pub(crate) fn flush(&mut self) -> Vec<Line> {
        let mut told = std::mem::take(&mut self.told);
        for key in told.drain(..) {
            let key = key as usize;
            if let Err(error) = self.send(key) {
                eprintln!("tell user {key}: {error}");
                self.gone.push(key);
            }
        }
        self.told = told;
        self.bytes.clear();
        self.links.clear();
        let mut gone = std::mem::take(&mut self.gone);
        gone.sort_unstable();
        gone.dedup();
        gone.into_iter()
            .filter_map(|key| self.list.try_remove(key))
            .collect()
    }

    fn send(&mut self, key: usize) -> io::Result<()> {
        let line = &mut self.list[key];
        let first = self.links[line.first as usize];
        let bytes = |(start, end): (u32, u32)| &self.bytes[start as usize..end as usize];
        let mut out = bytes(first.frame);
        if first.next != NONE {
            self.several.clear();
            let mut at = line.first;
            while at != NONE {
                let link = self.links[at as usize];
                self.several.extend_from_slice(bytes(link.frame));
                at = link.next;
            }
            out = &self.several;
        }
        (line.first, line.last) = (NONE, NONE);
        if line.behind.is_empty() {
            let sent = line.offer(out)?;
            if sent == out.len() {
                return Ok(());
            }
            let data = EventData::new_u64(key as u64);
            let both = EventFlags::IN | EventFlags::OUT;
            epoll::modify(&self.epoll, &line.stream, data, both)?;
            out = &out[sent..];
        }
        line.behind.extend_from_slice(out);
        if line.behind.len() > BEHIND_MAX {
            return Err(io::Error::other("she does not read"));
        }
        Ok(())
    }

    /// The kernel takes more.
    pub(crate) fn go_on(&mut self, key: usize) -> io::Result<()> {
        let Some(line) = self.list.get_mut(key) else {
            return Ok(());
        };
        let behind = std::mem::take(&mut line.behind);
        let sent = line.offer(&behind)?;
        if sent < behind.len() {
            line.behind = behind[sent..].to_vec();
            return Ok(());
        }
        let data = EventData::new_u64(key as u64);
        epoll::modify(&self.epoll, &line.stream, data, EventFlags::IN)?;
        Ok(())
    }
}

impl Line {
    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.stream).read(buffer)
    }

    /// How much of it the kernel took.
    fn offer(&self, bytes: &[u8]) -> io::Result<usize> {
        match (&self.stream).write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            sent => sent,
        }
    }
}
