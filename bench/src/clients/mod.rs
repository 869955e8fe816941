//! The clients: ten thousand sockets in one epoll loop, each a WebSocket as a phone opens it.
//!
//! They run in the bench's own process, on a core of their own. What they do per frame is little:
//! one read, the frame's head, a call.

pub(crate) mod count;
pub(crate) mod frame;
pub(crate) mod gather;
pub(crate) mod wire;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nearcast::wire::Encoding;
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustls::ClientConfig;

use crate::seed::Seed;
use wire::Wire;

/// Between two looks that find nothing where deliveries are counted and not timed.
const PAUSE: Duration = Duration::from_micros(100);

/// After a look that found nothing. Clients that look without pause hold the lock that each write
/// to one of them needs: a delivery then costs a tenth more or less from one run to the next.
pub(crate) fn pause() {
    let begun = Instant::now();
    while begun.elapsed() < PAUSE {
        std::hint::spin_loop();
    }
}

/// Taken at once; few enough that the time they were taken at is about that of each.
const EVENTS: usize = 64;
const BUFFER: usize = 64 * 1024;

pub(crate) struct Clients {
    epoll: OwnedFd,
    events: Vec<Event>,
    list: Vec<Client>,
    buffer: Vec<u8>,
    encoding: Encoding,
    mask: Seed,
    out: Vec<u8>,
}

struct Client {
    wire: Wire,
    stage: Stage,
    /// The beginning of a frame, or of the answer to the upgrade.
    tail: Vec<u8>,
}

enum Stage {
    /// Until the connection stands: what is said then.
    Connecting(First),
    /// Until the server agrees to speak WebSocket: the `hello`.
    Upgrading(Vec<u8>),
    Open,
}

/// What a client says on a new connection.
#[derive(Debug, Clone)]
pub(crate) enum First {
    /// The upgrade, then `hello`.
    Hello(Vec<u8>),
    /// A few bytes, to one of the bare loops.
    Bare(Vec<u8>),
}

impl Clients {
    pub(crate) fn new(encoding: Encoding) -> Result<Self, String> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)
            .map_err(|error| format!("make an epoll descriptor: {error}"))?;
        Ok(Self {
            epoll,
            events: Vec::with_capacity(EVENTS),
            list: Vec::new(),
            buffer: vec![0; BUFFER],
            encoding,
            mask: Seed::new(1),
            out: Vec::new(),
        })
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// One more, whose number is how many there were.
    pub(crate) fn open(
        &mut self,
        to: SocketAddr,
        tls: Option<&Arc<ClientConfig>>,
        first: First,
    ) -> Result<(), String> {
        let number = self.list.len();
        let failed = |error| format!("connect client {number}: {error}");
        let wire = Wire::connect(to, tls).map_err(failed)?;
        let data = EventData::new_u64(number as u64);
        epoll::add(&self.epoll, &wire.stream, data, EventFlags::OUT)
            .map_err(|error| failed(error.into()))?;
        self.list.push(Client {
            wire,
            stage: Stage::Connecting(first),
            tail: Vec::new(),
        });
        Ok(())
    }

    /// What comes for this client is not read any more; it still says what it is told to say.
    pub(crate) fn sleep(&mut self, client: usize) -> Result<(), String> {
        epoll::delete(&self.epoll, &self.list[client].wire.stream)
            .map_err(|error| format!("client {client} falls asleep: {error}"))
    }

    /// Drops every connection, all at once and without a word.
    pub(crate) fn drop_all(&mut self) {
        self.list.clear();
    }

    /// One message of a client, as one frame.
    pub(crate) fn say(&mut self, client: usize, payload: &[u8]) -> Result<(), String> {
        let opcode = match self.encoding {
            Encoding::Json => frame::TEXT,
            Encoding::Protobuf => frame::BINARY,
        };
        self.send(client, opcode, payload)
    }

    fn send(&mut self, client: usize, opcode: u8, payload: &[u8]) -> Result<(), String> {
        self.out.clear();
        frame::put(opcode, payload, &mut self.mask, &mut self.out);
        let written = self.list[client].wire.write(&self.out);
        written.map_err(|error| format!("client {client} writes: {error}"))
    }

    /// Waits for events, at most so long, reads what has come and passes on every message with
    /// its client. Answers how many events there were.
    pub(crate) fn turn(
        &mut self,
        wait: Duration,
        mut hear: impl FnMut(usize, &[u8]),
    ) -> Result<usize, String> {
        self.wait(wait)?;
        self.read_all(&mut hear)
    }

    /// The same without sleeping: who writes to a socket whose reader sleeps pays for waking her,
    /// which would be measured as the cost of a delivery, and more often the faster the clients
    /// are.
    pub(crate) fn turn_awake(&mut self, hear: impl FnMut(usize, &[u8])) -> Result<usize, String> {
        let events = self.turn(Duration::ZERO, hear)?;
        if events == 0 {
            pause();
        }
        Ok(events)
    }

    /// The first half of [`turn`](Self::turn): what is ready is ready now.
    pub(crate) fn wait(&mut self, wait: Duration) -> Result<usize, String> {
        let wait = Timespec::try_from(wait).map_err(|error| format!("wait: {error}"))?;
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&wait)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(self.events.len()),
            Err(error) => Err(format!("wait for the clients' sockets: {error}")),
        }
    }

    /// The second half.
    pub(crate) fn read_all(
        &mut self,
        hear: &mut impl FnMut(usize, &[u8]),
    ) -> Result<usize, String> {
        let events = std::mem::take(&mut self.events);
        for event in &events {
            let number = event.data.u64() as usize;
            // An event of a connection that was dropped since.
            if number < self.list.len() {
                self.work(number, hear)
                    .map_err(|error| format!("client {number}: {error}"))?;
            }
        }
        let count = events.len();
        self.events = events;
        Ok(count)
    }

    fn work(&mut self, number: usize, hear: &mut impl FnMut(usize, &[u8])) -> Result<(), String> {
        if matches!(self.list[number].stage, Stage::Connecting(_)) {
            return self.connected(number);
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let worked = self.read(number, &mut buffer, hear);
        self.buffer = buffer;
        worked
    }

    fn connected(&mut self, number: usize) -> Result<(), String> {
        let client = &mut self.list[number];
        match client.wire.stream.take_error() {
            Ok(None) => {}
            Ok(Some(error)) | Err(error) => return Err(format!("connect: {error}")),
        }
        let data = EventData::new_u64(number as u64);
        epoll::modify(&self.epoll, &client.wire.stream, data, EventFlags::IN)
            .map_err(|error| format!("watch the socket: {error}"))?;
        let Stage::Connecting(first) = std::mem::replace(&mut client.stage, Stage::Open) else {
            return Ok(());
        };
        let said = match first {
            First::Hello(hello) => {
                client.stage = Stage::Upgrading(hello);
                client.wire.write(upgrade(self.encoding).as_bytes())
            }
            First::Bare(bytes) => client.wire.write(&bytes),
        };
        said.map_err(|error| format!("write the first bytes: {error}"))
    }

    fn read(
        &mut self,
        number: usize,
        buffer: &mut [u8],
        hear: &mut impl FnMut(usize, &[u8]),
    ) -> Result<(), String> {
        loop {
            let wire = &mut self.list[number].wire;
            let read = match wire.read(buffer) {
                Ok(0) => return Err("the server has ended the connection".to_owned()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(format!("read: {error}")),
            };
            // Of TLS there may be more that no poll sees.
            let ended = wire.is_plain() && read < buffer.len();
            self.hear(number, &buffer[..read], hear)?;
            if ended {
                return Ok(());
            }
        }
    }

    fn hear(
        &mut self,
        number: usize,
        bytes: &[u8],
        hear: &mut impl FnMut(usize, &[u8]),
    ) -> Result<(), String> {
        let mut tail = std::mem::take(&mut self.list[number].tail);
        let mut rest = if tail.is_empty() {
            bytes
        } else {
            tail.extend_from_slice(bytes);
            &tail
        };
        if matches!(self.list[number].stage, Stage::Upgrading(_)) {
            let Some(len) = answer_len(rest)? else {
                self.list[number].tail = rest.to_vec();
                return Ok(());
            };
            rest = &rest[len..];
            let stage = std::mem::replace(&mut self.list[number].stage, Stage::Open);
            if let Stage::Upgrading(hello) = stage {
                self.say(number, &hello)?;
            }
        }
        while let Some(frame) = frame::first(rest)? {
            match frame.opcode {
                frame::TEXT | frame::BINARY => hear(number, frame.payload),
                frame::PING => self.send(number, frame::PONG, frame.payload)?,
                frame::PONG => {}
                frame::CLOSE => return Err(closed(frame.payload)),
                other => return Err(format!("a frame with opcode {other}")),
            }
            rest = &rest[frame.len..];
        }
        if !rest.is_empty() {
            self.list[number].tail = rest.to_vec();
        }
        Ok(())
    }
}

fn upgrade(encoding: Encoding) -> String {
    format!(
        "GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: {}\r\n\r\n",
        encoding.subprotocol()
    )
}

/// Bytes of the answer to the upgrade; none: more of it must come.
fn answer_len(bytes: &[u8]) -> Result<Option<usize>, String> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    if bytes.starts_with(b"HTTP/1.1 101 ") {
        return Ok(Some(end + 4));
    }
    let answer = String::from_utf8_lossy(&bytes[..end]);
    let status = answer.lines().next().unwrap_or_default();
    Err(format!("the upgrade was answered with {status:?}"))
}

fn closed(payload: &[u8]) -> String {
    match payload.split_first_chunk() {
        Some((code, why)) => format!(
            "the server closed with {} {}",
            u16::from_be_bytes(*code),
            String::from_utf8_lossy(why)
        ),
        None => "the server closed".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upgrade_must_be_agreed_to() {
        assert_eq!(
            answer_len(b"HTTP/1.1 101 Switching Protocols\r\n"),
            Ok(None)
        );
        let agreed = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00";
        assert_eq!(answer_len(agreed), Ok(Some(agreed.len() - 2)));
        let refused = answer_len(b"HTTP/1.1 401 Unauthorized\r\n\r\n").unwrap_err();
        assert!(refused.contains("401"), "{refused}");
    }

    #[test]
    fn a_close_is_told_with_its_code() {
        assert_eq!(
            closed(b"\x0d\xacbad token"),
            "the server closed with 3500 bad token"
        );
    }
}
