//! The loop: users on one side, Redis on the other. One epoll descriptor, one thread.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::ops::ControlFlow;
use std::sync::mpsc::Receiver;

use nearcast::socket::frame::{Message, OpCode};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use crate::door::{Arrivals, Guest};
use crate::lines::{Line, Lines, Seat};
use crate::resp::{self, Said};

/// What an event is of, when it is of no user.
const REDIS: u64 = u64::MAX;
const DOOR: u64 = u64::MAX - 1;
/// Taken at once.
const EVENTS: usize = 512;
const BUFFER: usize = 256 * 1024;
const MAX_MESSAGE: usize = 16 * 1024;

struct Gateway {
    lines: Lines,
    redis: TcpStream,
    /// The beginning of something that Redis said.
    tail: Vec<u8>,
    /// For Redis.
    out: Vec<u8>,
    /// By channel, which is a user's number: who here watches her.
    watchers: HashMap<u64, Vec<u32>>,
    /// What is read from a socket.
    buffer: Vec<u8>,
}

pub(crate) fn run(
    redis: SocketAddr,
    guests: &Receiver<Guest>,
    arrivals: &Arrivals,
) -> io::Result<()> {
    let mut gateway = Gateway::new(redis)?;
    let door = EventData::new_u64(DOOR);
    epoll::add(gateway.lines.epoll(), arrivals.bell(), door, EventFlags::IN)?;
    let mut events: Vec<Event> = Vec::with_capacity(EVENTS);
    loop {
        events.clear();
        match epoll::wait(gateway.lines.epoll(), spare_capacity(&mut events), None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for event in &events {
            match event.data.u64() {
                REDIS => gateway.hear_redis()?,
                DOOR => {
                    arrivals.quiet()?;
                    while let Ok(guest) = guests.try_recv() {
                        gateway.welcome(guest)?;
                    }
                }
                key => {
                    let flags = event.flags;
                    gateway.serve(key as usize, flags.contains(EventFlags::OUT));
                }
            }
        }
        gateway.flush()?;
    }
}

impl Gateway {
    fn new(redis: SocketAddr) -> io::Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        let redis = TcpStream::connect(redis)?;
        redis.set_nodelay(true)?;
        redis.set_nonblocking(true)?;
        let both = EventFlags::IN | EventFlags::OUT | EventFlags::ET;
        epoll::add(&epoll, &redis, EventData::new_u64(REDIS), both)?;
        let mut out = Vec::new();
        // With the newer protocol a connection may hear and publish.
        resp::command(&mut out, &[b"HELLO", b"3"]);
        Ok(Self {
            lines: Lines::new(epoll),
            redis,
            tail: Vec::new(),
            out,
            watchers: HashMap::new(),
            buffer: vec![0; BUFFER],
        })
    }

    fn welcome(&mut self, guest: Guest) -> io::Result<()> {
        let Guest { stream, mut early } = guest;
        let key = self.lines.add(stream)?;
        self.hear(key, &mut early);
        Ok(())
    }

    /// A user's socket is ready.
    fn serve(&mut self, key: usize, writes: bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        if let Err(error) = self.try_serve(key, writes, &mut buffer) {
            if error.kind() != ErrorKind::UnexpectedEof {
                eprintln!("serve user {key}: {error}");
            }
            self.lines.end(key);
        }
        self.buffer = buffer;
    }

    fn try_serve(&mut self, key: usize, writes: bool, buffer: &mut [u8]) -> io::Result<()> {
        if writes {
            self.lines.go_on(key)?;
        }
        let Some(line) = self.lines.get_mut(key) else {
            return Ok(());
        };
        match line.read(buffer) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                self.hear(key, &mut buffer[..read]);
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn hear(&mut self, key: usize, bytes: &mut [u8]) {
        let Some(line) = self.lines.get_mut(key) else {
            return;
        };
        let mut reader = std::mem::take(&mut line.reader);
        let heard = reader.read(bytes, MAX_MESSAGE, |message| match message {
            Message::Text(text) => self.said(key, text),
            Message::Ping(bytes) => {
                let pong = self.lines.frame(OpCode::Pong, bytes);
                self.lines.tell(key, pong);
                ControlFlow::Continue(())
            }
            Message::Pong(_) => ControlFlow::Continue(()),
            Message::Binary(_) | Message::Close { .. } => {
                self.lines.end(key);
                ControlFlow::Break(())
            }
        });
        if heard.is_err() {
            self.lines.end(key);
        }
        if let Some(line) = self.lines.get_mut(key) {
            line.reader = reader;
        }
    }

    fn said(&mut self, key: usize, text: &str) -> ControlFlow<()> {
        let Some(line) = self.lines.get_mut(key) else {
            return ControlFlow::Break(());
        };
        if let Some(seat) = line.seat {
            let channel = seat.channel(seat.place).to_string();
            let words: [&[u8]; 3] = [b"PUBLISH", channel.as_bytes(), text.as_bytes()];
            resp::command(&mut self.out, &words);
            return ControlFlow::Continue(());
        }
        let Some(seat) = Seat::of(text) else {
            self.lines.end(key);
            return ControlFlow::Break(());
        };
        line.seat = Some(seat);
        for channel in seat.watched() {
            let watchers = self.watchers.entry(channel).or_default();
            if watchers.is_empty() {
                let name = channel.to_string();
                resp::command(&mut self.out, &[b"SUBSCRIBE", name.as_bytes()]);
            }
            watchers.push(key as u32);
        }
        // Its answer says that Redis knows all of these.
        resp::command(&mut self.out, &[b"ECHO", key.to_string().as_bytes()]);
        ControlFlow::Continue(())
    }

    fn hear_redis(&mut self) -> io::Result<()> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let heard = loop {
            match self.redis.read(&mut buffer) {
                Ok(0) => break Err(io::Error::other("Redis has ended the connection")),
                Ok(read) => {
                    self.take(&buffer[..read])?;
                    if read < buffer.len() {
                        break Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.buffer = buffer;
        heard
    }

    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut tail = std::mem::take(&mut self.tail);
        let mut rest = if tail.is_empty() {
            bytes
        } else {
            tail.extend_from_slice(bytes);
            &tail
        };
        while let Some((said, len)) = resp::first(rest).map_err(io::Error::other)? {
            match said {
                Said::Message { channel, text } => self.pass_on(channel, text),
                Said::Echo(key) => self.joined(key),
                Said::Error(why) => {
                    return Err(io::Error::other(String::from_utf8_lossy(why).into_owned()));
                }
                Said::Other => {}
            }
            rest = &rest[len..];
        }
        self.tail = rest.to_vec();
        Ok(())
    }

    fn pass_on(&mut self, channel: &[u8], text: &[u8]) {
        let Some(watchers) = number(channel).and_then(|user| self.watchers.get(&user)) else {
            return;
        };
        let frame = self.lines.frame(OpCode::Text, text);
        for &key in watchers {
            self.lines.tell(key as usize, frame);
        }
    }

    fn joined(&mut self, key: &[u8]) {
        if let Some(key) = number(key) {
            let joined = self.lines.frame(OpCode::Text, b"joined");
            self.lines.tell(key as usize, joined);
        }
    }

    fn forget(&mut self, line: &Line) {
        for channel in line.seat.iter().flat_map(|seat| seat.watched()) {
            if let Some(watchers) = self.watchers.get_mut(&channel) {
                let lines = &mut self.lines;
                watchers.retain(|&key| lines.get_mut(key as usize).is_some());
            }
        }
    }

    /// The end of a round: what it has for users and for Redis leaves.
    fn flush(&mut self) -> io::Result<()> {
        for line in self.lines.flush() {
            self.forget(&line);
        }
        while !self.out.is_empty() {
            match self.redis.write(&self.out) {
                Ok(sent) => drop(self.out.drain(..sent)),
                // Its event says when there is room again.
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Seat {
    /// `join GROUP PLACE PEOPLE`
    fn of(text: &str) -> Option<Self> {
        let mut words = text.strip_prefix("join ")?.split(' ');
        Some(Self {
            group: words.next()?.parse().ok()?,
            place: words.next()?.parse().ok()?,
            people: words.next()?.parse().ok()?,
        })
    }

    fn channel(self, place: u16) -> u64 {
        u64::from(self.group) << 16 | u64::from(place)
    }

    fn watched(self) -> impl Iterator<Item = u64> {
        let others = (0..self.people).filter(move |&place| place != self.place);
        others.map(move |place| self.channel(place))
    }
}

fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_watches_the_others_of_her_group() {
        let seat = Seat::of("join 2 1 3").unwrap();
        let others: Vec<u64> = seat.watched().collect();
        assert_eq!(others, [2 << 16, 2 << 16 | 2]);
        assert_eq!(seat.channel(1), 2 << 16 | 1);
        assert_eq!(Seat::of("join 2 1"), None);
        assert_eq!(Seat::of("move 2 1 3"), None);
    }
}
