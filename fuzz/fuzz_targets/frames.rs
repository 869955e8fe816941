//! Any bytes on a WebSocket, in any pieces: no panic, and the same is heard as in one piece.
//!
//! The first byte says how many sizes of pieces follow it, the rest is what is sent.
#![no_main]

use std::ops::ControlFlow;

use libfuzzer_sys::fuzz_target;
use nearcast::socket::frame::{Message, Reader};

const MAX: usize = 1000;

fuzz_target!(|bytes: &[u8]| {
    let Some((&many, rest)) = bytes.split_first() else {
        return;
    };
    let (sizes, sent) = rest.split_at(rest.len().min(usize::from(many % 16)));
    assert_eq!(hear(sent, sizes), hear(sent, &[]));
});

/// What is heard, as text, when the bytes come in pieces of these sizes, over and over.
fn hear(mut sent: &[u8], sizes: &[u8]) -> Vec<String> {
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
            heard.push(format!("{message:?}"));
            closed = matches!(message, Message::Close { .. });
            match closed {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        if let Err(violation) = read {
            heard.push(format!("{violation:?}"));
            return heard;
        }
        if closed {
            return heard;
        }
    }
    heard.push(format!("unfinished: {}", reader.unfinished()));
    heard
}
