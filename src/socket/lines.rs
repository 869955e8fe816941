//! The lines of one worker, and which session speaks over which.

use std::io;
use std::sync::Arc;

use slab::Slab;

use crate::broker::{SessionId, Sink};
use crate::metrics::{Said, Tally};
use crate::wire::server::{Event, ServerMessage};
use crate::wire::{Encoding, ErrorCode, encode_server};

use super::frame::{self, OpCode};
use super::line::{Line, Stage};
use super::poll::{Poll, Watch};

pub(super) struct Lines {
    /// With room for all who are expected, which costs nothing until it is used: nothing is
    /// copied and left behind by growing.
    slab: Slab<Line>,
    /// Above every key there was.
    top: usize,
    poll: Poll,
    /// By place of the session.
    seats: Vec<Seat>,
    stamps: u32,
    /// Most bytes that wait for a client before it is not read from.
    waiting_max: usize,
    /// While one line's input is worked off, what it is answered is kept and sent in one write.
    corked: Option<usize>,
    answers: Vec<u8>,
    scratch: Vec<u8>,
    /// Lines whose connection failed when they were written to, to be ended by their worker.
    pub(super) broken: Vec<usize>,
    tally: Arc<Tally>,
}

/// A session's place at the server.
#[derive(Clone, Copy, Default)]
struct Seat {
    /// The key of its line plus one; 0: its client is away.
    line: u32,
    /// Counts its resume tokens; only the newest is good.
    turn: u32,
}

impl Lines {
    /// `most`: lines that are expected; there may be more.
    pub(super) fn new(most: usize, waiting_max: usize, tally: Arc<Tally>) -> io::Result<Self> {
        Ok(Self {
            slab: Slab::with_capacity(most),
            top: 0,
            poll: Poll::new()?,
            seats: Vec::new(),
            stamps: 0,
            waiting_max,
            corked: None,
            answers: Vec::new(),
            scratch: Vec::new(),
            broken: Vec::new(),
            tally,
        })
    }

    pub(super) async fn ready(&mut self, keys: &mut Vec<usize>) -> io::Result<()> {
        self.poll.ready(keys).await
    }

    pub(super) fn get(&mut self, key: usize) -> Option<&mut Line> {
        self.slab.get_mut(key)
    }

    /// The line of that key, unless it is another's by now.
    pub(super) fn named(&mut self, key: usize, stamp: u32) -> Option<&mut Line> {
        self.slab.get_mut(key).filter(|line| line.stamp == stamp)
    }

    /// Keys of a quarter of the lines, another one each time.
    pub(super) fn quarter(&self, turn: usize) -> impl Iterator<Item = usize> + use<> {
        (turn % 4..self.top).step_by(4)
    }

    pub(super) fn keys(&self) -> Vec<usize> {
        self.slab.iter().map(|(key, _)| key).collect()
    }

    pub(super) fn add(&mut self, mut line: Line) -> io::Result<usize> {
        self.stamps = self.stamps.wrapping_add(1);
        line.stamp = self.stamps;
        line.watch = Watch::Read;
        let entry = self.slab.vacant_entry();
        let key = entry.key();
        self.top = self.top.max(key + 1);
        self.poll
            .set(line.stream(), key, Watch::Nothing, Watch::Read)?;
        entry.insert(line);
        Ok(key)
    }

    /// Takes a line out; its connection ends with it, unless it goes to another worker.
    pub(super) fn take(&mut self, key: usize) -> Option<Line> {
        let mut line = self.slab.try_remove(key)?;
        if self.corked == Some(key) {
            self.corked = None;
            self.answers.clear();
        }
        // It fails when the connection is broken, and then it is watched no more.
        let _ = self
            .poll
            .set(line.stream(), key, line.watch, Watch::Nothing);
        line.watch = Watch::Nothing;
        Some(line)
    }

    /// Looks on a line for what it needs now.
    pub(super) fn watch(&mut self, key: usize) {
        let Some(line) = self.slab.get_mut(key) else {
            return;
        };
        let reads = !line.is_busy() && line.waiting() <= self.waiting_max;
        let watch = Watch::of(reads, line.is_blocked());
        if watch != line.watch {
            let set = self.poll.set(line.stream(), key, line.watch, watch);
            line.watch = watch;
            if set.is_err() {
                self.broken.push(key);
            }
        }
    }

    // Sessions and their lines.

    pub(super) fn seat(&mut self, session: SessionId, key: usize) -> u32 {
        let place = session.place() as usize;
        if self.seats.len() <= place {
            self.seats.resize(place + 1, Seat::default());
        }
        let seat = &mut self.seats[place];
        seat.line = key as u32 + 1;
        seat.turn = seat.turn.wrapping_add(1);
        seat.turn
    }

    pub(super) fn turn(&self, session: SessionId) -> Option<u32> {
        self.seats
            .get(session.place() as usize)
            .map(|seat| seat.turn)
    }

    pub(super) fn line_of(&self, session: SessionId) -> Option<usize> {
        let seat = self.seats.get(session.place() as usize)?;
        let key = seat.line.checked_sub(1)? as usize;
        let line = self.slab.get(key)?;
        (line.stage == Stage::Live(session)).then_some(key)
    }

    pub(super) fn stand_up(&mut self, session: SessionId) {
        if let Some(seat) = self.seats.get_mut(session.place() as usize) {
            seat.line = 0;
        }
    }

    // Writing.

    pub(super) fn cork(&mut self, key: usize) {
        self.corked = Some(key);
    }

    /// Bytes that are kept for the corked line.
    pub(super) fn answered(&self) -> usize {
        self.answers.len()
    }

    pub(super) fn uncork(&mut self) {
        if let Some(key) = self.corked.take()
            && !self.answers.is_empty()
        {
            let answers = std::mem::take(&mut self.answers);
            self.write(key, &answers);
            self.answers = answers;
            self.answers.clear();
        }
    }

    pub(super) fn say(&mut self, key: usize, id: Option<u32>, body: Event) {
        let Some(line) = self.slab.get(key) else {
            return;
        };
        let encoding = line.encoding;
        self.tally.sent.one(Said::of(&body));
        if let Event::Error(error) = &body
            && let Some(code) = ErrorCode::ALL
                .iter()
                .find(|code| u32::from(code.code()) == error.code)
        {
            self.tally.errors.one(*code);
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        let place = frame::begin(&mut scratch);
        encode_server(encoding, &ServerMessage { id, body }, &mut scratch);
        place.finish(&mut scratch, opcode(encoding));
        self.send(key, &scratch);
        self.scratch = scratch;
    }

    /// A message that is encoded already.
    pub(super) fn pass_on(&mut self, key: usize, payload: &[u8]) {
        if let Some(line) = self.slab.get(key) {
            self.frame(key, opcode(line.encoding), payload);
        }
    }

    pub(super) fn frame(&mut self, key: usize, opcode: OpCode, payload: &[u8]) {
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        frame::write(&mut scratch, opcode, payload);
        self.send(key, &scratch);
        self.scratch = scratch;
    }

    fn send(&mut self, key: usize, frames: &[u8]) {
        if self.corked == Some(key) {
            self.answers.extend_from_slice(frames);
        } else {
            self.write(key, frames);
        }
    }

    /// The last frame of a line goes out with what was answered before it.
    pub(super) fn send_last(&mut self, key: usize, frame: &[u8]) {
        self.send(key, frame);
        if self.corked == Some(key) {
            self.uncork();
        }
    }

    fn write(&mut self, key: usize, frames: &[u8]) {
        let Some(line) = self.slab.get_mut(key) else {
            return;
        };
        let encoding = line.encoding;
        self.tally.bytes_sent.add(encoding, frames.len() as u64);
        match line.send(frames) {
            Ok(()) if line.is_blocked() => self.watch(key),
            Ok(()) => {}
            Err(_) => self.broken.push(key),
        }
    }
}

impl Sink for Lines {
    fn is_full(&mut self, session: SessionId) -> bool {
        let line = self.line_of(session).and_then(|key| self.slab.get(key));
        line.is_none_or(Line::is_blocked)
    }

    fn frame(&mut self, session: SessionId, frame: &[u8]) {
        if let Some(key) = self.line_of(session) {
            self.tally.frames.one(());
            self.tally.sent.one(Said::Changes);
            self.pass_on(key, frame);
        }
    }
}

fn opcode(encoding: Encoding) -> OpCode {
    match encoding {
        Encoding::Json => OpCode::Text,
        Encoding::Protobuf => OpCode::Binary,
    }
}
