//! From bytes to commands: what a ready line brings, its limits, and what is no message.

use std::io::ErrorKind;
use std::ops::ControlFlow;

use crate::metrics::{Limit, Method};
use crate::wire::{ClientMessage, Close, Encoding, ErrorCode, Refused, decode_client};

use super::frame::{Message, OpCode, Rest, Violation};
use super::hub::Hub;
use super::line::{Later, Stage};

/// Reads of one line before others have their turn. Without TLS it is one, of all that came; within
/// TLS each is of some 4 KiB.
const READS: usize = 4;
/// Refusals for their number after which a line is sent away.
const REFUSED_MAX: u16 = 100;

impl Hub {
    pub(super) fn read_all(&mut self, ready: &mut Vec<usize>) {
        for key in ready.drain(..) {
            self.read(key);
        }
        self.take_moves();
        self.end_broken();
    }

    /// Reads what a line has brought, and writes what waits for it.
    pub(super) fn read(&mut self, key: usize) {
        let Some(line) = self.lines.get(key) else {
            return;
        };
        if line.is_blocked() {
            if line.flush().is_err() {
                self.lines.broken.push(key);
                return;
            }
            self.catch_up(key);
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        self.lines.cork(key);
        for _ in 0..READS {
            let Some(line) = self.lines.get(key) else {
                break;
            };
            if line.is_busy() {
                break;
            }
            match line.read(&mut buffer) {
                Ok(0) => {
                    self.lines.broken.push(key);
                    break;
                }
                Ok(read) => {
                    self.hear_bytes(key, &mut buffer[..read]);
                    // The poll brings it again if there is more.
                    if self.lines.get(key).is_some_and(|line| line.is_plain()) {
                        break;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    self.lines.broken.push(key);
                    break;
                }
            }
        }
        self.lines.uncork();
        self.lines.watch(key);
        self.buffer = buffer;
    }

    /// Obeys what was put off for a client that did not read, when it has.
    fn catch_up(&mut self, key: usize) {
        if self.waits(key) {
            return;
        }
        let line = self.lines.get(key);
        let Some(aside) = line.and_then(|line| line.aside.as_mut()) else {
            return;
        };
        let (pong, later) = (aside.pong.take(), std::mem::take(&mut aside.later));
        if let Some(payload) = pong {
            self.lines.frame(key, OpCode::Pong, &payload);
        }
        if !later.is_empty() {
            self.lines.cork(key);
            self.go_on(key, later);
        }
    }

    /// Bytes that came with the handshake.
    pub(super) fn hear(&mut self, key: usize, first: &[u8]) {
        self.lines.cork(key);
        self.hear_bytes(key, &mut first.to_vec());
        self.take_moves();
        self.lines.uncork();
    }

    fn hear_bytes(&mut self, key: usize, bytes: &mut [u8]) {
        let now = self.shared.clock.now_ms();
        let byte_rate = self.shared.rates.rules().bytes;
        let max_message = self.shared.config.socket.max_message;
        let Some(line) = self.lines.get(key) else {
            return;
        };
        line.heard_ms = now;
        let encoding = line.encoding;
        self.tally.bytes_received.add(encoding, bytes.len() as u64);
        line.pinged_ms = 0;
        if line.stage == Stage::Closing {
            return;
        }
        let within = line.bytes.take(&byte_rate, now, bytes.len() as u32);
        let (over, refused) = (within.is_err().then_some(Limit::Bytes), line.refused);
        let mut reader = std::mem::take(&mut line.reader);
        if let Some(limit) = over {
            self.shared.metrics.limits.one(limit);
        }
        let rest = reader.read(bytes, max_message, |message| {
            self.hear_message(key, message, over)
        });
        let ends = self.lines.get(key).map(|line| (line.stage, line.refused));
        // Bytes that end no message are not for nothing.
        let unheard = |(stage, count)| count == refused && stage != Stage::Closing;
        if let Some(limit) = over
            && ends.is_some_and(unheard)
        {
            self.refuse_for_number(key, None, limit);
        }
        let Some(line) = self.lines.get(key) else {
            return;
        };
        line.reader = reader;
        match rest {
            Ok(Rest::Nothing) if line.session().is_some() => line.since_ms = 0,
            Ok(Rest::New) if line.session().is_some() => line.since_ms = now,
            // What began with the hello counts from when there is a session.
            Ok(Rest::Old) if line.session().is_some() && line.since_ms == 0 => line.since_ms = now,
            Ok(_) => {}
            Err(violation) => {
                tracing::debug!(%violation, "a client is sent away");
                if violation == Violation::TooLarge {
                    self.shared.metrics.limits.one(Limit::Message);
                }
                self.close(key, violation.close());
            }
        }
    }

    /// `over`: the limit that the bytes have reached which brought it.
    fn hear_message(
        &mut self,
        key: usize,
        message: Message<'_>,
        over: Option<Limit>,
    ) -> ControlFlow<()> {
        let now = self.shared.clock.now_ms();
        let message_rate = self.shared.rates.rules().messages;
        let Some(line) = self.lines.get(key) else {
            return ControlFlow::Break(());
        };
        let encoding = line.encoding;
        let many = line.messages.take(&message_rate, now, 1).is_err();
        if many {
            self.shared.metrics.limits.one(Limit::Messages);
        }
        let over = over.or_else(|| many.then_some(Limit::Messages));
        match message {
            Message::Close { code, .. } => {
                self.answer_close(key, code);
                return ControlFlow::Break(());
            }
            Message::Text(text) if encoding == Encoding::Json => {
                self.hear_command(key, text.as_bytes(), over);
            }
            Message::Binary(bytes) if encoding == Encoding::Protobuf => {
                self.hear_command(key, bytes, over);
            }
            Message::Text(_) | Message::Binary(_) => self.close(key, Close::Unsupported),
            Message::Ping(payload) => match over {
                Some(limit) => self.refuse_for_number(key, None, limit),
                None => self.pong(key, payload),
            },
            Message::Pong(_) => {
                if let Some(limit) = over {
                    self.refuse_for_number(key, None, limit);
                }
            }
        }
        match self.lines.get(key).map(|line| line.stage) {
            None | Some(Stage::Closing) => ControlFlow::Break(()),
            Some(_) => ControlFlow::Continue(()),
        }
    }

    fn hear_command(&mut self, key: usize, bytes: &[u8], over: Option<Limit>) {
        let Some(line) = self.lines.get(key) else {
            return;
        };
        let stage = line.stage;
        let decoded = decode_client(line.encoding, bytes);
        self.tally.received.one(match &decoded {
            Ok(message) => Method::of(&message.body),
            Err(_) => Method::Refused,
        });
        let waits = self.waits(key);
        // An error is answered at once, but behind a hello.
        let is_later = waits && (decoded.is_ok() || stage == Stage::New);
        let is_known = decoded.is_ok() || waits || stage != Stage::New;
        let later = Later {
            said: decoded,
            bytes: bytes.len(),
        };
        match over {
            Some(limit) if is_known => self.refuse_for_number(key, later.id(), limit),
            _ if is_later => self.put_off(key, later),
            _ => self.answer(key, later.said),
        }
    }

    /// Obeys a command, or says what is wrong with it.
    pub(super) fn answer(&mut self, key: usize, said: Result<ClientMessage, Refused>) {
        let refused = match said {
            Ok(message) => return self.obey(key, message),
            Err(refused) => refused,
        };
        let Some(stage) = self.lines.get(key).map(|line| line.stage) else {
            return;
        };
        if stage == Stage::Closing {
            return;
        }
        self.refuse(key, refused.id, refused.code(), refused.to_string());
        if stage == Stage::New {
            // The goodbye says that it ends, and not which field was wrong.
            self.close(key, Close::BadRequest);
        }
    }

    /// Whether what a line says now is to be answered later: when the store has answered, or when
    /// its client has read what it was answered.
    pub(super) fn waits(&mut self, key: usize) -> bool {
        self.overflows(key) || self.lines.get(key).is_some_and(|line| line.is_busy())
    }

    /// Whether more waits for a client than it is to be told beside changes.
    pub(super) fn overflows(&mut self, key: usize) -> bool {
        let most = self.shared.config.socket.waiting_max;
        if self.lines.answered() > most {
            self.lines.uncork();
            self.lines.cork(key);
        }
        self.lines
            .get(key)
            .is_some_and(|line| line.waiting() > most)
    }

    /// Answers a ping; for a client that does not read, the newest one, when it does.
    pub(super) fn pong(&mut self, key: usize, payload: &[u8]) {
        if self.overflows(key)
            && let Some(line) = self.lines.get(key)
        {
            line.aside().pong = Some(payload.into());
        } else {
            self.lines.frame(key, OpCode::Pong, payload);
        }
    }

    /// While the store is asked no more is read, so what waits came with one read. Who does not
    /// read what she is answered is read from, for her pongs: of her commands few are kept.
    pub(super) fn put_off(&mut self, key: usize, later: Later) {
        let most_bytes = self.shared.config.socket.waiting_max;
        let Some(line) = self.lines.get(key) else {
            return;
        };
        let is_busy = line.is_busy();
        if !is_busy {
            self.shared.metrics.limits.one(Limit::Waiting);
        }
        let most = self.shared.rates.rules().messages.at_once();
        let kept = &mut line.aside().later;
        let bytes: usize = kept.iter().map(|later| later.bytes).sum();
        if (kept.len() as u64) < most && (is_busy || bytes + later.bytes <= most_bytes) {
            kept.push(later);
        } else {
            self.shared.metrics.limits.one(Limit::Messages);
            self.refuse_for_number(key, later.id(), Limit::Messages);
        }
    }

    /// Answers 111, and sends away who goes on.
    pub(super) fn refuse_for_number(&mut self, key: usize, id: Option<u32>, limit: Limit) {
        let Some(line) = self.lines.get(key) else {
            return;
        };
        line.refused += 1;
        if line.refused > REFUSED_MAX {
            self.close(key, Close::TooManyRequests);
        } else {
            self.refuse(key, id, ErrorCode::TooManyRequests, limit.sentence());
        }
    }
}
