//! A client of nearcast's own protocol: for the terminal, the demo, tests and load tools.
//!
//! It reports what the server says and decides nothing about it: whether to come back is the
//! caller's matter, what to show is that of [`List`]. It runs no task of its own; nothing that
//! was read is lost when a call of [`Client::next`] is given up.

mod address;
mod frames;
mod list;
mod trust;

mod connect;

use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

use crate::wire::{
    ClientMessage, Command, Encoding, Event, ServerMessage, decode_server, encode_client,
};

pub mod rest;

pub use address::Address;
pub use connect::Failed;
pub use list::{List, Untold};
pub use trust::Trust;

use frames::{Incoming, Whole, close_frame, message_frame, pong_frame};

/// Most bytes that are asked of the socket at once.
const READ_AT_ONCE: usize = 16 * 1024;
/// RFC 6455: nothing was said about why, and the connection was lost without a word.
const NO_CODE: u16 = 1005;
const LOST: u16 = 1006;
const PROTOCOL: u16 = 1002;

type Stream = TokioIo<Upgraded>;

/// One connection, and the session that lives on it.
#[derive(Debug)]
pub struct Client {
    reader: ReadHalf<Stream>,
    writer: WriteHalf<Stream>,
    encoding: Encoding,
    incoming: Incoming,
    /// What waits to be written, from `written` on.
    outgoing: Vec<u8>,
    written: usize,
    unflushed: bool,
    is_silent: bool,
    resume: Option<String>,
    seq: u64,
    closed: Option<Closed>,
}

/// What comes next from the server.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Message(ServerMessage),
    /// There is no more; asked again, the same is answered.
    Closed(Closed),
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Of the close frame; 1006 when the connection was lost without one.
    pub code: u16,
    pub reason: String,
}

/// What the `hello` of the next connection says to go on with this session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returning {
    pub resume: String,
    pub seq: u64,
}

impl Client {
    fn over(stream: Stream, encoding: Encoding) -> Self {
        let (reader, writer) = tokio::io::split(stream);
        Self {
            reader,
            writer,
            encoding,
            incoming: Incoming::default(),
            outgoing: Vec::new(),
            written: 0,
            unflushed: false,
            is_silent: false,
            resume: None,
            seq: 0,
            closed: None,
        }
    }

    /// Sends one message. Given up half-way, the message still goes out with the next call.
    ///
    /// # Errors
    /// When the connection is gone; [`Client::next`] says how.
    pub async fn send(&mut self, message: &ClientMessage) -> Result<(), Closed> {
        if let Some(closed) = &self.closed {
            return Err(closed.clone());
        }
        if let Command::Hello(hello) = &message.body {
            self.seq = hello.seq.unwrap_or(0);
        }
        self.put(message);
        while self.has_outgoing() {
            // What the server said before it went is still to be read, so nothing ends here.
            if let Err(error) = write_some(
                &mut self.writer,
                &mut self.outgoing,
                &mut self.written,
                &mut self.unflushed,
            )
            .await
            {
                return Err(lost(&error.to_string()));
            }
        }
        Ok(())
    }

    /// Sends a command without an id.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn say(&mut self, body: Command) -> Result<(), Closed> {
        self.send(&ClientMessage { id: None, body }).await
    }

    /// What the server says next. Pings of both kinds are answered on the way; the message `ping`
    /// is handed out all the same.
    pub async fn next(&mut self) -> Heard {
        loop {
            if let Some(closed) = self.closed.clone() {
                self.part().await;
                return Heard::Closed(closed);
            }
            match self.incoming.take() {
                Err(fault) => self.give_up(fault),
                Ok(Some(whole)) => {
                    if let Some(message) = self.hear(whole) {
                        return Heard::Message(message);
                    }
                }
                Ok(None) => {
                    if let Err(closed) = self.exchange().await {
                        self.closed = Some(closed);
                    }
                }
            }
        }
    }

    /// The words with which a new connection goes on with this session.
    #[must_use]
    pub fn returning(&self) -> Option<Returning> {
        let resume = self.resume.clone()?;
        Some(Returning {
            resume,
            seq: self.seq,
        })
    }

    /// The last `seq` that was received.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// From now on no ping is answered: a phone that is gone without a word.
    pub fn fall_silent(&mut self) {
        self.is_silent = true;
    }

    fn has_outgoing(&self) -> bool {
        self.unflushed || self.written < self.outgoing.len()
    }

    fn put(&mut self, message: &ClientMessage) {
        let mut body = Vec::new();
        encode_client(self.encoding, message, &mut body);
        message_frame(&mut self.outgoing, self.encoding, body);
    }

    /// One step of reading, and of writing what waits. Both may be given up at any time: what was
    /// read is in `incoming`, what was written is counted.
    async fn exchange(&mut self) -> Result<(), Closed> {
        let has_outgoing = self.has_outgoing();
        let room = self.incoming.room(READ_AT_ONCE);
        let (mut is_over, mut fault) = (false, None);
        tokio::select! {
            read = self.reader.read_buf(room) => match read {
                Ok(0) => is_over = true,
                Ok(_) => {}
                Err(error) => fault = Some(error),
            },
            wrote = write_some(
                &mut self.writer,
                &mut self.outgoing,
                &mut self.written,
                &mut self.unflushed,
            ), if has_outgoing => {
                // A connection that takes no more may still have a last word; reading finds the end.
                if wrote.is_err() {
                    self.outgoing.clear();
                    self.written = 0;
                    self.unflushed = false;
                }
            }
        }
        match fault {
            Some(error) => Err(lost(&error.to_string())),
            None if is_over => Err(lost("the connection ended without a close")),
            None => Ok(()),
        }
    }

    fn hear(&mut self, whole: Whole) -> Option<ServerMessage> {
        match whole {
            Whole::Message(encoding, body) if encoding == self.encoding => {
                match decode_server(encoding, &body) {
                    Ok(message) => {
                        self.note(&message);
                        return Some(message);
                    }
                    Err(refused) => self.give_up(&refused.to_string()),
                }
            }
            Whole::Message(..) => self.give_up("it is of the other encoding"),
            Whole::Ping(body) if !self.is_silent => pong_frame(&mut self.outgoing, body),
            Whole::Ping(_) | Whole::Pong => {}
            Whole::Close(code, reason) => self.end(code.unwrap_or(NO_CODE), reason, code),
        }
        None
    }

    /// Keeps what the next connection needs, and answers a ping.
    fn note(&mut self, message: &ServerMessage) {
        match &message.body {
            Event::Welcome(welcome) => {
                self.resume = Some(welcome.resume.clone());
                if !welcome.resumed {
                    self.seq = 0;
                }
            }
            Event::Nearby(nearby) if !nearby.page => self.seq = nearby.seq,
            Event::Changes(changes) => self.seq = changes.seq,
            Event::Ping if !self.is_silent => self.put(&ClientMessage {
                id: None,
                body: Command::Pong,
            }),
            _ => {}
        }
    }

    fn give_up(&mut self, fault: &str) {
        let reason = format!("the server's message cannot be read: {fault}");
        self.end(PROTOCOL, reason, Some(PROTOCOL));
    }

    /// What is last heard, and the close frame that is sent.
    fn end(&mut self, code: u16, reason: String, sent: Option<u16>) {
        self.closed = Some(Closed { code, reason });
        close_frame(&mut self.outgoing, sent);
    }

    /// Writes as much as the socket takes at once: nobody waits for a server that is leaving.
    async fn part(&mut self) {
        if !self.has_outgoing() {
            return;
        }
        let write = write_some(
            &mut self.writer,
            &mut self.outgoing,
            &mut self.written,
            &mut self.unflushed,
        );
        tokio::select! {
            biased;
            _ = write => {}
            () = std::future::ready(()) => {}
        }
    }
}

/// Writes what the socket takes; may be given up at any time.
async fn write_some(
    writer: &mut WriteHalf<Stream>,
    outgoing: &mut Vec<u8>,
    written: &mut usize,
    unflushed: &mut bool,
) -> std::io::Result<()> {
    if *written < outgoing.len() {
        let count = writer.write(&outgoing[*written..]).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        *written += count;
        *unflushed = true;
    }
    if *written == outgoing.len() {
        outgoing.clear();
        *written = 0;
        writer.flush().await?;
        *unflushed = false;
    }
    Ok(())
}

fn lost(why: &str) -> Closed {
    Closed {
        code: LOST,
        reason: why.to_owned(),
    }
}

#[cfg(test)]
mod tests;
