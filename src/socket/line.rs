//! A line: one connection, its bytes in both directions and what is to be remembered of it.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use rustls::ServerConnection;
use socket2::SockRef;

use crate::accounts::Moment;
use crate::auth::Claims;
use crate::broker::SessionId;
use crate::limits::{Connection, Gcra};
use crate::metrics::Method;
use crate::wire::{ClientMessage, Encoding, Refused};

use super::frame::Reader;
use super::poll::Watch;

/// How a connection begins.
pub struct Visitor {
    /// Not blocking.
    pub stream: TcpStream,
    pub tls: Option<Box<ServerConnection>>,
    /// Bytes that came with the handshake.
    pub first: Vec<u8>,
    pub encoding: Encoding,
    /// Of the credential on the upgrade.
    pub token: Option<Box<Believed>>,
    /// Its place within the limits on connections: held for as long as it lives.
    pub place: Connection,
}

/// rustls asks the kernel for 4 KiB at a time: so often for the longest record.
const RECORD_READS: usize = 5;

pub(super) struct Line {
    stream: TcpStream,
    /// None: the bytes go as they are.
    tls: Option<Box<ServerConnection>>,
    pub(super) reader: Reader,
    /// What the kernel did not take yet; while there is any, no changes are encoded.
    waiting: Vec<u8>,
    pub(super) stage: Stage,
    pub(super) encoding: Encoding,
    /// Pings are messages, for clients that cannot see ping frames.
    pub(super) ping_message: bool,
    /// When a ping was sent to which nothing has come since; 0: none.
    pub(super) pinged_ms: u64,
    /// What the poll looks for.
    pub(super) watch: Watch,
    /// Tells it from an earlier line with its key.
    pub(super) stamp: u32,
    /// When bytes came last.
    pub(super) heard_ms: u64,
    /// When a frame or message began that is not finished, or the close frame was sent; 0: neither.
    pub(super) since_ms: u64,
    /// The token's expiry, leeway included.
    pub(super) expires_ms: u64,
    pub(super) messages: Gcra,
    pub(super) bytes: Gcra,
    /// Commands refused of late for their number; who goes on is sent away.
    pub(super) refused: u16,
    /// While the store is asked, and before `hello`.
    pub(super) aside: Option<Box<Aside>>,
    _place: Connection,
}

/// How far a connection has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// Before `hello` has been answered.
    New,
    Live(SessionId),
    /// The close frame is sent; what comes is not looked at any more.
    Closing,
}

/// What a token says that was found good.
#[derive(Clone)]
pub struct Believed {
    pub claims: Claims,
    /// From before it was judged.
    pub judged: Moment,
}

/// What is answered later, and how many bytes it came in.
pub(super) struct Later {
    pub(super) said: Result<ClientMessage, Refused>,
    pub(super) bytes: usize,
}

impl Later {
    pub(super) fn id(&self) -> Option<u32> {
        match &self.said {
            Ok(message) => message.id,
            Err(refused) => refused.id,
        }
    }
}

/// What few connections need, and those not for long.
#[derive(Default)]
pub(super) struct Aside {
    /// Of the upgrade, until the hello.
    pub(super) token: Option<Box<Believed>>,
    /// The store is asked for this line.
    pub(super) busy: bool,
    /// For what, and since when.
    pub(super) asked: Option<(Method, Instant)>,
    /// Commands that came meanwhile.
    pub(super) later: Vec<Later>,
    /// Of the newest ping while what it was told is not read.
    pub(super) pong: Option<Box<[u8]>>,
}

impl Line {
    pub(super) fn new(visitor: Visitor, now: u64) -> (Self, Vec<u8>) {
        let line = Self {
            stream: visitor.stream,
            tls: visitor.tls,
            reader: Reader::default(),
            waiting: Vec::new(),
            stage: Stage::New,
            encoding: visitor.encoding,
            ping_message: false,
            pinged_ms: 0,
            watch: Watch::Nothing,
            stamp: 0,
            heard_ms: now,
            since_ms: now,
            expires_ms: u64::MAX,
            messages: Gcra::default(),
            bytes: Gcra::default(),
            refused: 0,
            aside: visitor.token.map(|token| {
                Box::new(Aside {
                    token: Some(token),
                    ..Aside::default()
                })
            }),
            _place: visitor.place,
        };
        (line, visitor.first)
    }

    /// Keeps what the kernel holds unsent below so many bytes: they would be old positions.
    pub(super) fn hold_unsent(&self, bytes: u32) {
        // Where a kernel does not know it, a client that sleeps only wakes up to more of the past.
        let _ = SockRef::from(&self.stream).set_tcp_notsent_lowat(bytes);
    }

    pub(super) fn session(&self) -> Option<SessionId> {
        match self.stage {
            Stage::Live(session) => Some(session),
            _ => None,
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        self.aside.as_ref().is_some_and(|aside| aside.busy)
    }

    pub(super) fn aside(&mut self) -> &mut Aside {
        self.aside.get_or_insert_default()
    }

    pub(super) fn is_plain(&self) -> bool {
        self.tls.is_none()
    }

    pub(super) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Bytes that the kernel has not taken.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_blocked(&self) -> bool {
        !self.waiting.is_empty() || self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Reads what has come; 0: the other side has ended. `WouldBlock`: nothing more, or for TLS
    /// nothing that says anything; the poll brings it again if there is more.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return (&self.stream).read(buffer);
        };
        for _ in 0..RECORD_READS {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            if tls.read_tls(&mut &self.stream)? == 0 {
                return Ok(0);
            }
            tls.process_new_packets()
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        }
        tls.reader().read(buffer)
    }

    /// Sends whole frames; what the kernel does not take waits.
    pub(super) fn send(&mut self, frames: &[u8]) -> io::Result<()> {
        let taken = if self.is_blocked() {
            0
        } else {
            self.put(frames)?
        };
        self.waiting.extend_from_slice(&frames[taken..]);
        Ok(())
    }

    /// Sends what waits, as far as the kernel takes it; behind the close frame, the end.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        let mut waiting = std::mem::take(&mut self.waiting);
        let taken = self.put(&waiting)?;
        if taken < waiting.len() {
            waiting.drain(..taken);
            self.waiting = waiting;
        }
        if self.stage == Stage::Closing && !self.is_blocked() {
            self.end();
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return match (&self.stream).write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
                taken => taken,
            };
        };
        let taken = tls.writer().write(bytes)?;
        while tls.wants_write() {
            match tls.write_tls(&mut &self.stream) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                written => written?,
            };
        }
        Ok(taken)
    }

    /// Says that nothing more will be sent.
    pub(super) fn end(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            // The other side may be gone already.
            let _ = tls.write_tls(&mut &self.stream);
        }
        let _ = self.stream.shutdown(Shutdown::Write);
    }
}
