//! Bytes as they come, to messages.
//!
//! A frame that has arrived whole is unmasked where it lies and handed out without a copy. Only
//! what is unfinished is kept, apart, and let go when it is finished.

use std::ops::ControlFlow;
use std::str::from_utf8;

use fastwebsockets::{OpCode, unmask};

use super::head::{Head, LONGEST};
use super::{Message, Violation};

/// What one client's bytes have left unfinished; 8 bytes between messages.
#[derive(Debug, Default)]
pub struct Reader {
    open: Option<Box<Open>>,
}

/// What is unfinished after a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Nothing,
    /// A frame or message that began in these bytes.
    New,
    /// The one that was unfinished before: its deadline goes on.
    Old,
}

#[derive(Debug)]
struct Open {
    /// Of the first frame of the message that is unfinished.
    message: Option<OpCode>,
    /// What has arrived of it, over all its frames.
    payload: Vec<u8>,
    /// So many bytes of a text are known to be UTF-8.
    checked: usize,
    /// What has arrived of a control frame, which may come between two frames of a message.
    control: Vec<u8>,
    frame: Frame,
}

#[derive(Debug)]
enum Frame {
    /// The first bytes of a head, or none.
    Head {
        bytes: [u8; LONGEST],
        arrived: usize,
    },
    /// Inside a payload: `length` is what is to come, `mask` begins with the byte for it.
    Payload(Head),
}

impl Default for Open {
    fn default() -> Self {
        Self {
            message: None,
            payload: Vec::new(),
            checked: 0,
            control: Vec::new(),
            frame: Frame::NONE,
        }
    }
}

impl Frame {
    const NONE: Self = Self::Head {
        bytes: [0; LONGEST],
        arrived: 0,
    };
}

impl Reader {
    /// Reads what one `read` brought, in place, and hands out every message that is complete with
    /// it. `max_message` is for the payload of a message over all its frames.
    ///
    /// When `each` breaks, and after a violation, the connection is to be closed: the rest of the
    /// bytes is dropped and nothing is kept.
    pub fn read(
        &mut self,
        bytes: &mut [u8],
        max_message: usize,
        each: impl FnMut(Message<'_>) -> ControlFlow<()>,
    ) -> Result<Rest, Violation> {
        let rest = self.read_all(bytes, max_message, each);
        if !matches!(rest, Ok(ControlFlow::Continue(_))) {
            self.open = None;
        }
        Ok(match rest? {
            ControlFlow::Continue(rest) => rest,
            ControlFlow::Break(()) => Rest::Nothing,
        })
    }

    /// Whether a frame or message has begun and not ended.
    #[must_use]
    pub const fn unfinished(&self) -> bool {
        self.open.is_some()
    }

    /// Bytes that are held for payloads.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        let held = |open: &Open| open.payload.capacity() + open.control.capacity();
        self.open.as_deref().map_or(0, held)
    }

    fn read_all(
        &mut self,
        mut bytes: &mut [u8],
        max_message: usize,
        mut each: impl FnMut(Message<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<(), Rest>, Violation> {
        let mut rest = Rest::New;
        if self.unfinished() {
            rest = Rest::Old;
        }
        while !bytes.is_empty() {
            let Some(head) = self.head(&mut bytes, max_message)? else {
                break;
            };
            let arrived = usize::try_from(head.length).map_or(bytes.len(), |n| n.min(bytes.len()));
            let (part, after) = bytes.split_at_mut(arrived);
            unmask(part, head.mask);
            if self.part(head, part, &mut each)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if !self.unfinished() {
                rest = Rest::New;
            }
            bytes = after;
        }
        if !self.unfinished() {
            rest = Rest::Nothing;
        }
        Ok(ControlFlow::Continue(rest))
    }

    /// The head of the frame whose payload comes next; none, and no bytes, while it has not
    /// arrived.
    fn head(
        &mut self,
        bytes: &mut &mut [u8],
        max_message: usize,
    ) -> Result<Option<Head>, Violation> {
        let (mut start, before) = match self.open.as_ref().map(|open| &open.frame) {
            Some(Frame::Payload(head)) => return Ok(Some(*head)),
            Some(Frame::Head { bytes, arrived }) => (*bytes, *arrived),
            None => ([0; LONGEST], 0),
        };
        let taken = bytes.len().min(LONGEST - before);
        let arrived = before + taken;
        start[before..arrived].copy_from_slice(&bytes[..taken]);

        let open = self.open.as_deref();
        let inside = open.is_some_and(|open| open.message.is_some());
        let Some((head, size)) = Head::read(&start[..arrived], inside)? else {
            self.open.get_or_insert_default().frame = Frame::Head {
                bytes: start,
                arrived,
            };
            *bytes = &mut [];
            return Ok(None);
        };
        let room = max_message.saturating_sub(open.map_or(0, |open| open.payload.len()));
        if !head.is_control() && head.length > room as u64 {
            return Err(Violation::TooLarge);
        }
        *bytes = &mut std::mem::take(bytes)[size - before..];
        Ok(Some(head))
    }

    /// Takes what has arrived of a frame's payload, unmasked.
    fn part(
        &mut self,
        head: Head,
        part: &[u8],
        each: &mut impl FnMut(Message<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Violation> {
        let left = head.length - part.len() as u64;
        if left == 0 && head.last && !self.continues(&head) {
            self.at_head();
            return Ok(each(Message::read(head.opcode, part)?));
        }
        let open = self.open.get_or_insert_default();
        open.frame = match left {
            0 => Frame::NONE,
            _ => Frame::Payload(head.after(part.len())),
        };
        let (opcode, payload) = if head.is_control() {
            open.control.extend_from_slice(part);
            if left > 0 {
                return Ok(ControlFlow::Continue(()));
            }
            (head.opcode, std::mem::take(&mut open.control))
        } else {
            let opcode = *open.message.get_or_insert(head.opcode);
            open.append(part, left);
            if left > 0 || !head.last {
                return open.check(opcode).map(ControlFlow::Continue);
            }
            open.message = None;
            open.checked = 0;
            (opcode, std::mem::take(&mut open.payload))
        };
        self.at_head();
        Ok(each(Message::read(opcode, &payload)?))
    }

    /// Whether a part of what the frame belongs to is kept already.
    fn continues(&self, head: &Head) -> bool {
        self.open
            .as_ref()
            .is_some_and(|open| match head.is_control() {
                true => !open.control.is_empty(),
                false => open.message.is_some(),
            })
    }

    /// A frame has ended: a head comes next, and nothing is kept unless a message goes on.
    fn at_head(&mut self) {
        match &mut self.open {
            Some(open) if open.message.is_some() => open.frame = Frame::NONE,
            open => *open = None,
        }
    }
}

impl Open {
    /// Room is made for what has arrived, as a `Vec` does, but not beyond the end of the frame.
    fn append(&mut self, part: &[u8], left: u64) {
        let (kept, room) = (self.payload.len(), self.payload.capacity());
        let arrived = kept + part.len();
        if arrived > room {
            let end = arrived.saturating_add(usize::try_from(left).unwrap_or(usize::MAX));
            let grown = arrived.max(room.saturating_mul(2)).min(end);
            self.payload.reserve_exact(grown - kept);
        }
        self.payload.extend_from_slice(part);
    }

    /// Finds the first bad byte of an unfinished text; its last character may be incomplete.
    fn check(&mut self, opcode: OpCode) -> Result<(), Violation> {
        if opcode != OpCode::Text {
            return Ok(());
        }
        let checked = match from_utf8(&self.payload[self.checked..]) {
            Ok(text) => text.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => return Err(Violation::Text),
        };
        self.checked += checked;
        Ok(())
    }
}
