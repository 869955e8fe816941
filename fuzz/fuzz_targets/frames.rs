//! Any bytes on a WebSocket, in any pieces: no panic, and the same is heard as in one piece.
//!
//! The first byte says how many sizes of pieces follow it, the rest is what is sent.
#![no_main]

use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use nearcast::socket::frame::{Message, Reader, Violation};

const MAX: usize = 1000;

#[derive(Debug, PartialEq)]
enum Heard {
    Message(char, Vec<u8>),
    Close(Option<u16>, String),
    Violation(Violation),
    Unfinished(bool),
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&many, rest)) = bytes.split_first() else {
        return;
    };
    let (sizes, sent) = rest.split_at(rest.len().min(usize::from(many % 16)));
    assert_eq!(hear(sent, sizes), hear(sent, &[]));
});

/// What is heard when the bytes come in pieces of these sizes, over and over.
fn hear(mut sent: &[u8], sizes: &[u8]) -> Vec<Heard> {
    let mut reader = Reader::default();
    let mut heard = Vec::new();
    let mut sizes = sizes.iter().cycle();
    while !sent.is_empty() {
        let size = sizes
            .next()
            .map_or(sent.len(), |size| usize::from(*size).max(1));
        let (piece, after) = sent.split_at(size.min(sent.len()));
        sent = after;
        let mut closed = false;
        let read = reader.read(&mut piece.to_vec(), MAX, |message| {
            heard.push(copy(message));
            closed = matches!(message, Message::Close { .. });
            match closed {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        if let Err(violation) = read {
            heard.push(Heard::Violation(violation));
            return heard;
        }
        if closed {
            return heard;
        }
    }
    heard.push(Heard::Unfinished(reader.unfinished()));
    heard
}

fn copy(message: Message<'_>) -> Heard {
    match message {
        Message::Text(text) => Heard::Message('t', text.into()),
        Message::Binary(bytes) => Heard::Message('b', bytes.into()),
        Message::Ping(bytes) => Heard::Message('<', bytes.into()),
        Message::Pong(bytes) => Heard::Message('>', bytes.into()),
        Message::Close { code, reason } => Heard::Close(code, reason.to_owned()),
    }
}
