//! Frames of the server, appended to what is to be sent.
//!
//! A server's frames are never masked and, here, never fragmented.

use fastwebsockets::{Frame, OpCode, Payload};

use super::head::CONTROL;

/// Room kept before a payload: the head of 126 to 65,535 bytes, which most answers have.
const RESERVED: usize = 4;

/// The longest head without a mask.
const LONGEST: usize = 10;

/// Where a frame begins whose payload is being encoded behind it.
#[derive(Debug)]
#[must_use = "without `finish` what is sent is no frame"]
pub struct Place(usize);

/// Begins a frame: encode its payload at the end of `out`, then `finish` it.
pub fn begin(out: &mut Vec<u8>) -> Place {
    let place = Place(out.len());
    out.extend_from_slice(&[0; RESERVED]);
    place
}

impl Place {
    /// Writes the head. The payload stays where it is unless its head has another size than most.
    pub fn finish(self, out: &mut Vec<u8>, opcode: OpCode) {
        let (start, payload, end) = (self.0, self.0 + RESERVED, out.len());
        let (head, size) = head(opcode, &out[payload..]);
        if size != RESERVED {
            let moved = start + size;
            out.resize(end.max(end + size - RESERVED), 0);
            out.copy_within(payload..end, moved);
            out.truncate(moved + end - payload);
        }
        out[start..start + size].copy_from_slice(&head[..size]);
    }

    /// Takes the frame back.
    pub fn abandon(self, out: &mut Vec<u8>) {
        out.truncate(self.0);
    }
}

/// A frame with a payload that is there already. One of a control frame has at most 125 bytes.
pub fn write(out: &mut Vec<u8>, opcode: OpCode, payload: &[u8]) {
    let (head, size) = head(opcode, payload);
    out.reserve(size + payload.len());
    out.extend_from_slice(&head[..size]);
    out.extend_from_slice(payload);
}

/// A close frame. A reason that does not fit is cut between two characters.
pub fn close(out: &mut Vec<u8>, code: u16, reason: &str) {
    let place = begin(out);
    out.extend_from_slice(&code.to_be_bytes());
    let reason = &reason[..reason.floor_char_boundary(CONTROL - size_of_val(&code))];
    out.extend_from_slice(reason.as_bytes());
    place.finish(out, OpCode::Close);
}

fn head(opcode: OpCode, payload: &[u8]) -> ([u8; LONGEST], usize) {
    let mut head = [0; LONGEST];
    let size = Frame::new(true, opcode, None, Payload::Borrowed(payload)).fmt_head(&mut head);
    (head, size)
}
