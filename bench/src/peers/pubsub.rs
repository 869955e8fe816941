//! Redis Pub/Sub without anything in front of it: every receiver a connection of her own, or all
//! of them over as many connections as somebody has friends, as servers would have it.
//!
//! A channel per group. One of each group publishes and does not listen, so that everybody who
//! listens hears 40 others' worth and nobody hears herself.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use nearcast::wire::Encoding;
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

use super::contender::{Contender, Hear};
use super::resp::{self, Said};
use crate::clients::count::people;
use crate::groups::Groups;
use crate::peer::{MESSAGE_BYTES, text};
use crate::redis::Redis;

/// As the WebSocket clients take them.
const EVENTS: usize = 64;
const BUFFER: usize = 64 * 1024;
const STUCK: Duration = Duration::from_secs(20);

pub(super) struct PubSub<'a> {
    lines: Vec<Line>,
    epoll: OwnedFd,
    events: Vec<Event>,
    buffer: Vec<u8>,
    out: Vec<u8>,
    groups: &'a Groups,
    multiplexed: bool,
    /// Connections whose subscriptions Redis knows.
    ready: usize,
    text: String,
    redis: Redis,
}

struct Line {
    stream: TcpStream,
    tail: Vec<u8>,
}

impl<'a> PubSub<'a> {
    pub(super) fn new(groups: &'a Groups, redis: Redis, multiplexed: bool) -> Result<Self, String> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)
            .map_err(|error| format!("make an epoll descriptor: {error}"))?;
        Ok(Self {
            lines: Vec::new(),
            epoll,
            events: Vec::with_capacity(EVENTS),
            buffer: vec![0; BUFFER],
            out: Vec::new(),
            groups,
            multiplexed,
            ready: 0,
            text: text(MESSAGE_BYTES),
            redis,
        })
    }

    /// The connection of a client, or of all who have this place in their group.
    fn open(&mut self) -> Result<(), String> {
        let number = self.lines.len();
        let failed = |error| format!("connect client {number} to Redis: {error}");
        let stream = TcpStream::connect(self.redis.address()).map_err(failed)?;
        let data = EventData::new_u64(number as u64);
        stream
            .set_nodelay(true)
            .and_then(|()| stream.set_nonblocking(true))
            .and_then(|()| Ok(epoll::add(&self.epoll, &stream, data, EventFlags::IN)?))
            .map_err(failed)?;
        let mut out = Vec::new();
        resp::command(&mut out, &[b"HELLO", b"3"]);
        for channel in self.channels(number) {
            resp::command(&mut out, &[b"SUBSCRIBE", channel.as_bytes()]);
        }
        resp::command(&mut out, &[b"ECHO", b"ready"]);
        (&stream).write_all(&out).map_err(failed)?;
        self.lines.push(Line {
            stream,
            tail: Vec::new(),
        });
        Ok(())
    }

    /// What a connection subscribes to.
    fn channels(&self, number: usize) -> Vec<String> {
        let friends = self.groups.friends() as usize;
        if self.multiplexed {
            let listens = number < friends;
            let all = (0..self.groups.count()).filter(|_| listens);
            return all.map(|group| group.to_string()).collect();
        }
        match self.groups.seat(number) {
            Some((_, place)) if place as usize == friends => Vec::new(),
            Some((group, _)) => vec![group.to_string()],
            None => vec![format!("alone{number}")],
        }
    }

    fn listen(&mut self, number: usize, buffer: &mut [u8], hear: Hear<'_>) -> Result<(), String> {
        let failed = |error: String| format!("hear Redis as client {number}: {error}");
        let line = &mut self.lines[number];
        let read = match (&line.stream).read(buffer) {
            Ok(0) => return Err(failed("it has ended the connection".to_owned())),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(failed(error.to_string())),
        };
        let mut tail = std::mem::take(&mut line.tail);
        let mut rest = &buffer[..read];
        if !tail.is_empty() {
            tail.extend_from_slice(rest);
            rest = &tail;
        }
        while let Some((said, len)) = resp::first(rest).map_err(failed)? {
            match said {
                Said::Message { channel, text } => {
                    let client = if self.multiplexed {
                        let group = std::str::from_utf8(channel).unwrap_or_default();
                        let group: usize = group.parse().unwrap_or_default();
                        self.groups.members(group)[number] as usize
                    } else {
                        number
                    };
                    hear(client, people(Encoding::Json, text));
                }
                Said::Echo(_) => self.ready += 1,
                Said::Error(why) => return Err(failed(String::from_utf8_lossy(why).into_owned())),
                Said::Other => {}
            }
            rest = &rest[len..];
        }
        if !rest.is_empty() {
            line.tail = rest.to_vec();
        }
        Ok(())
    }
}

impl Contender for PubSub<'_> {
    fn processes(&self) -> Vec<u32> {
        vec![self.redis.process()]
    }

    fn ports(&self) -> Vec<u16> {
        vec![self.redis.address().port()]
    }

    fn idles(&self) -> bool {
        !self.multiplexed
    }

    fn come(&mut self, until: u32) -> Result<(), String> {
        let until = match self.multiplexed {
            // Those that listen, and as many that publish.
            true => 2 * self.groups.friends() as usize,
            false => until as usize,
        };
        let mut news = Instant::now();
        while self.ready < until {
            if self.lines.len() < until {
                self.open()?;
            }
            if self.wait(Duration::ZERO)? > 0 {
                news = Instant::now();
            } else if news.elapsed() > STUCK {
                return Err(format!("{} of {until} subscriptions stand", self.ready));
            }
            self.read(&mut |_, _| {})?;
        }
        Ok(())
    }

    fn mover(&self, _number: usize, people: usize) -> usize {
        people - 1
    }

    fn make_move(&mut self, group: usize, _number: usize) -> Result<(), String> {
        let friends = self.groups.friends() as usize;
        let line = match self.multiplexed {
            true => friends + group % friends,
            false => self.groups.members(group)[friends] as usize,
        };
        let channel = group.to_string();
        self.out.clear();
        let words: [&[u8]; 3] = [b"PUBLISH", channel.as_bytes(), self.text.as_bytes()];
        resp::command(&mut self.out, &words);
        (&self.lines[line].stream)
            .write_all(&self.out)
            .map_err(|error| format!("publish for group {group}: {error}"))
    }

    fn wait(&mut self, wait: Duration) -> Result<usize, String> {
        let wait = Timespec::try_from(wait).map_err(|error| format!("wait: {error}"))?;
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&wait)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(self.events.len()),
            Err(error) => Err(format!("wait for Redis: {error}")),
        }
    }

    fn read(&mut self, hear: Hear<'_>) -> Result<(), String> {
        let events = std::mem::take(&mut self.events);
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut numbers = events.iter().map(|event| event.data.u64() as usize);
        let read = numbers.try_for_each(|number| self.listen(number, &mut buffer, hear));
        self.buffer = buffer;
        self.events = events;
        read
    }
}
