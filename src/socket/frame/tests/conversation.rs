//! A client's frames, and what is heard of them in pieces.

use std::ops::ControlFlow;

use fastwebsockets::{OpCode, unmask};

use super::super::{Message, Reader, Rest, Violation};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Message(OpCode, Vec<u8>),
    Close(Option<u16>, String),
    Against(Violation),
    /// The bytes end inside a frame or message.
    Unfinished,
}

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame with this first byte, masked, with the shortest length.
pub(super) fn client(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ ..126 => frame.push(0x80 | length as u8),
        length @ ..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(MASK);
    let start = frame.len();
    frame.extend(payload);
    unmask(&mut frame[start..], MASK);
    frame
}

/// What is heard when the bytes come in these pieces, up to a close or a violation.
pub(super) fn hear(pieces: impl Iterator<Item = Vec<u8>>, max_message: usize) -> Vec<Heard> {
    let mut reader = Reader::default();
    let mut heard = Vec::new();
    for mut piece in pieces {
        let rest = reader.read(&mut piece, max_message, |message| {
            heard.push(Heard::from(message));
            match message {
                Message::Close { .. } => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        match rest {
            Err(violation) => {
                heard.push(Heard::Against(violation));
                return heard;
            }
            Ok(rest) => assert_eq!(rest != Rest::Nothing, reader.unfinished()),
        }
        if let Some(Heard::Close(..)) = heard.last() {
            return heard;
        }
    }
    if reader.unfinished() {
        heard.push(Heard::Unfinished);
    }
    heard
}

/// The bytes in one piece.
pub(super) fn whole(bytes: &[u8], max_message: usize) -> Vec<Heard> {
    hear([bytes.to_vec()].into_iter(), max_message)
}

/// The bytes in pieces of these sizes, over and over.
pub(super) fn cut(bytes: &[u8], sizes: &[usize], max_message: usize) -> Vec<Heard> {
    let mut rest = bytes;
    let mut sizes = sizes.iter().cycle();
    let pieces = std::iter::from_fn(|| {
        let size = sizes
            .next()
            .map_or(rest.len(), |size| (*size).min(rest.len()));
        let (piece, after) = rest.split_at(size);
        rest = after;
        (!piece.is_empty()).then(|| piece.to_vec())
    });
    hear(pieces, max_message)
}

impl From<Message<'_>> for Heard {
    fn from(message: Message<'_>) -> Self {
        match message {
            Message::Text(text) => Self::Message(OpCode::Text, text.into()),
            Message::Binary(bytes) => Self::Message(OpCode::Binary, bytes.into()),
            Message::Ping(bytes) => Self::Message(OpCode::Ping, bytes.into()),
            Message::Pong(bytes) => Self::Message(OpCode::Pong, bytes.into()),
            Message::Close { code, reason } => Self::Close(code, reason.to_owned()),
        }
    }
}
