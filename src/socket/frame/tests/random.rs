//! Random conversations in random pieces.

use fastwebsockets::OpCode;
use proptest::collection::vec;
use proptest::prelude::*;

use super::conversation::{Heard, client, cut, whole};

const MAX: usize = 4096;

/// A message in fragments, and control frames between them.
#[derive(Clone, Debug)]
enum Said {
    Text(String, Vec<usize>, Vec<Vec<u8>>),
    Binary(Vec<u8>, Vec<usize>, Vec<Vec<u8>>),
    Pong(Vec<u8>),
}

fn said() -> impl Strategy<Value = Said> {
    let cuts = || vec(0..400_usize, 0..4);
    let pings = || vec(vec(any::<u8>(), 0..=125), 0..3);
    prop_oneof![
        ("\\PC{0,300}", cuts(), pings()).prop_map(|(t, c, p)| Said::Text(t, c, p)),
        (vec(any::<u8>(), 0..600), cuts(), pings()).prop_map(|(b, c, p)| Said::Binary(b, c, p)),
        vec(any::<u8>(), 0..=125).prop_map(Said::Pong),
    ]
}

impl Said {
    /// Its frames, and what is to be heard.
    fn send(&self, bytes: &mut Vec<u8>, heard: &mut Vec<Heard>) {
        let (opcode, payload, cuts, pings) = match self {
            Self::Text(text, cuts, pings) => (OpCode::Text, text.as_bytes(), cuts, pings),
            Self::Binary(payload, cuts, pings) => (OpCode::Binary, &payload[..], cuts, pings),
            Self::Pong(payload) => {
                bytes.extend(client(0x8a, payload));
                return heard.push(Heard::Message(OpCode::Pong, payload.clone()));
            }
        };
        let mut rest = payload;
        let mut first = opcode as u8;
        for (place, cut) in cuts.iter().enumerate() {
            let (part, after) = rest.split_at((*cut).min(rest.len()));
            bytes.extend(client(first, part));
            (first, rest) = (0, after);
            if let Some(ping) = pings.get(place) {
                bytes.extend(client(0x89, ping));
                heard.push(Heard::Message(OpCode::Ping, ping.clone()));
            }
        }
        bytes.extend(client(0x80 | first, rest));
        heard.push(Heard::Message(opcode, payload.to_vec()));
    }
}

/// First bytes that are often allowed, so that random frames get far.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![
        9 => prop::sample::select(vec![0x00, 0x80, 0x01, 0x81, 0x02, 0x82, 0x88, 0x89, 0x8a]),
        1 => any::<u8>(),
    ];
    let payload = prop_oneof![
        vec(any::<u8>(), 0..140),
        "\\PC{0,40}".prop_map(String::into_bytes),
        (990..1020_u16).prop_map(|code| code.to_be_bytes().to_vec()),
    ];
    (first, payload).prop_map(|(first, payload)| client(first, &payload))
}

proptest! {
    #[test]
    fn a_conversation_is_heard_alike_in_any_pieces(
        conversation in vec(said(), 0..6),
        sizes in vec(1..300_usize, 1..8),
    ) {
        let (mut bytes, mut expected) = (Vec::new(), Vec::new());
        for said in &conversation {
            said.send(&mut bytes, &mut expected);
        }
        prop_assert_eq!(&whole(&bytes, MAX), &expected);
        prop_assert_eq!(&cut(&bytes, &sizes, MAX), &expected);
        prop_assert_eq!(&cut(&bytes, &[1], MAX), &expected);
    }

    #[test]
    fn wrong_frames_are_refused_alike_in_any_pieces(
        frames in vec(frame(), 0..8),
        sizes in vec(1..60_usize, 1..8),
    ) {
        let bytes = frames.concat();
        let heard = whole(&bytes, 200);
        prop_assert_eq!(&cut(&bytes, &sizes, 200), &heard);
        prop_assert_eq!(&cut(&bytes, &[1], 200), &heard);
    }

    #[test]
    fn random_bytes_are_refused_alike_in_any_pieces(
        bytes in vec(any::<u8>(), 0..500),
        sizes in vec(1..20_usize, 1..8),
    ) {
        prop_assert_eq!(cut(&bytes, &sizes, MAX), whole(&bytes, MAX));
    }
}
