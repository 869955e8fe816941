//! RFC 6455 from the client's side: bytes in, whole messages out.
//!
//! It never reads or writes a socket, so nothing is lost when somebody stops waiting for one.

use fastwebsockets::{Frame, OpCode, Payload};

use crate::wire::Encoding;

/// A server's message is trusted, but not without end: 5,000 friends complete are a tenth of it.
const MOST_BYTES: usize = 16 << 20;
const MOST_CONTROL: usize = 125;
const MOST_HEAD: usize = 14;

/// What was received so far.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    bytes: Vec<u8>,
    /// Up to here `bytes` have been taken.
    taken: usize,
    /// A message of which a frame or more is still to come.
    begun: Option<(Encoding, Vec<u8>)>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Whole {
    Message(Encoding, Vec<u8>),
    Ping(Vec<u8>),
    Pong,
    Close(Option<u16>, String),
}

struct Head {
    is_last: bool,
    opcode: OpCode,
    /// Where the payload begins and ends.
    from: usize,
    to: usize,
}

impl Incoming {
    /// Where the next bytes of the socket go.
    pub(super) fn room(&mut self, most: usize) -> &mut Vec<u8> {
        self.bytes.drain(..self.taken);
        self.taken = 0;
        self.bytes.reserve(most);
        &mut self.bytes
    }

    /// The next message or control frame, when all of it is there.
    pub(super) fn take(&mut self) -> Result<Option<Whole>, &'static str> {
        while let Some(head) = head(&self.bytes[self.taken..])? {
            let from = self.taken + head.from;
            let to = self.taken + head.to;
            if to > self.bytes.len() {
                return Ok(None);
            }
            let payload = self.bytes[from..to].to_vec();
            self.taken = to;
            if let Some(whole) = self.join(head.opcode, head.is_last, payload)? {
                return Ok(Some(whole));
            }
        }
        Ok(None)
    }

    fn join(
        &mut self,
        opcode: OpCode,
        is_last: bool,
        payload: Vec<u8>,
    ) -> Result<Option<Whole>, &'static str> {
        let encoding = match opcode {
            OpCode::Ping => return Ok(Some(Whole::Ping(payload))),
            OpCode::Pong => return Ok(Some(Whole::Pong)),
            OpCode::Close => return Ok(Some(close(&payload))),
            OpCode::Continuation => {
                let (encoding, mut body) = self.begun.take().ok_or("a continuation of nothing")?;
                if body.len() + payload.len() > MOST_BYTES {
                    return Err("a message without end");
                }
                body.extend_from_slice(&payload);
                self.begun = Some((encoding, body));
                return Ok(if is_last { self.whole() } else { None });
            }
            OpCode::Text => Encoding::Json,
            OpCode::Binary => Encoding::Protobuf,
        };
        if self.begun.is_some() {
            return Err("a message within a message");
        }
        self.begun = Some((encoding, payload));
        Ok(if is_last { self.whole() } else { None })
    }

    fn whole(&mut self) -> Option<Whole> {
        let (encoding, body) = self.begun.take()?;
        Some(Whole::Message(encoding, body))
    }
}

/// None: more bytes are needed to know.
fn head(bytes: &[u8]) -> Result<Option<Head>, &'static str> {
    let &[first, second, ref rest @ ..] = bytes else {
        return Ok(None);
    };
    if first & 0x70 != 0 {
        return Err("reserved bits are set");
    }
    if second & 0x80 != 0 {
        return Err("a masked frame");
    }
    let opcode = OpCode::try_from(first & 0x0f).map_err(|_| "an unknown kind of frame")?;
    let is_last = first & 0x80 != 0;
    let is_control = matches!(opcode, OpCode::Close | OpCode::Ping | OpCode::Pong);
    let wide = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let Some(wider) = rest.get(..wide) else {
        return Ok(None);
    };
    let length = match wide {
        0 => u64::from(second & 0x7f),
        _ => wider
            .iter()
            .fold(0, |length, &byte| length << 8 | u64::from(byte)),
    };
    if is_control && (length > MOST_CONTROL as u64 || !is_last) {
        return Err("a control frame too long or in pieces");
    }
    if length > MOST_BYTES as u64 {
        return Err("a frame without end");
    }
    let from = 2 + wide;
    Ok(Some(Head {
        is_last,
        opcode,
        from,
        to: from + length as usize,
    }))
}

fn close(payload: &[u8]) -> Whole {
    match payload {
        [high, low, reason @ ..] => Whole::Close(
            Some(u16::from_be_bytes([*high, *low])),
            String::from_utf8_lossy(reason).into_owned(),
        ),
        _ => Whole::Close(None, String::new()),
    }
}

pub(super) fn message_frame(out: &mut Vec<u8>, encoding: Encoding, body: Vec<u8>) {
    let opcode = match encoding {
        Encoding::Json => OpCode::Text,
        Encoding::Protobuf => OpCode::Binary,
    };
    put(out, Frame::new(true, opcode, None, Payload::Owned(body)));
}

pub(super) fn pong_frame(out: &mut Vec<u8>, body: Vec<u8>) {
    put(out, Frame::pong(Payload::Owned(body)));
}

pub(super) fn close_frame(out: &mut Vec<u8>, code: Option<u16>) {
    let payload = code.map_or_else(Vec::new, |code| code.to_be_bytes().to_vec());
    put(out, Frame::close_raw(Payload::Owned(payload)));
}

/// A client masks all it sends.
fn put(out: &mut Vec<u8>, mut frame: Frame<'_>) {
    frame.mask();
    let mut head = [0; MOST_HEAD];
    let length = frame.fmt_head(&mut head);
    out.extend_from_slice(&head[..length]);
    out.extend_from_slice(&frame.payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything that comes out of these bytes, handed in `step` at a time.
    fn heard(bytes: &[u8], step: usize) -> Result<Vec<Whole>, &'static str> {
        let mut incoming = Incoming::default();
        let mut found = Vec::new();
        for part in bytes.chunks(step) {
            incoming.room(part.len()).extend_from_slice(part);
            while let Some(whole) = incoming.take()? {
                found.push(whole);
            }
        }
        Ok(found)
    }

    #[test]
    fn messages_are_whole_whatever_the_pieces() {
        let long = vec![b'x'; 70_000];
        let mut bytes = vec![0x01, 2, b'a', b'b', 0x89, 1, b'?', 0x80, 1, b'c'];
        bytes.extend([0x82, 127, 0, 0, 0, 0, 0, 1, 0x11, 0x70]);
        bytes.extend(&long);
        bytes.extend([0x88, 5, 0x0d, 0xac, b'b', b'y', b'e']);
        for step in [1, 2, 7, 4096, bytes.len()] {
            assert_eq!(
                heard(&bytes, step).unwrap(),
                [
                    Whole::Ping(b"?".to_vec()),
                    Whole::Message(Encoding::Json, b"abc".to_vec()),
                    Whole::Message(Encoding::Protobuf, long.clone()),
                    Whole::Close(Some(3500), "bye".to_owned()),
                ]
            );
        }
    }

    #[test]
    fn what_no_server_may_send_is_refused() {
        let faults: [&[u8]; 7] = [
            &[0xc1, 0],
            &[0x81, 0x80],
            &[0x83, 0],
            &[0x09, 0],
            &[0x89, 126, 0, 126],
            &[0x80, 0],
            &[0x82, 127, 0x7f, 0, 0, 0, 0, 0, 0, 0],
        ];
        for bytes in faults {
            assert!(heard(bytes, 1).is_err(), "{bytes:x?}");
        }
        assert!(heard(&[0x01, 0, 0x01, 0], 1).is_err());
    }

    #[test]
    fn what_is_sent_is_masked_and_reads_back() {
        let mut out = Vec::new();
        message_frame(&mut out, Encoding::Json, b"hello".to_vec());
        assert_eq!((out[0], out[1]), (0x81, 0x85));
        let mask = [out[2], out[3], out[4], out[5]];
        fastwebsockets::unmask(&mut out[6..], mask);
        assert_eq!(&out[6..], b"hello");
    }
}
