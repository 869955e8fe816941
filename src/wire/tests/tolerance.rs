//! What is taken although it is not known or not usual, and that nothing brings a decoder down.

use std::fmt::Debug;

use proptest::prelude::*;
use prost::Message as _;

use super::examples::{client_messages, server_messages};
use crate::wire::client::Hello;
use crate::wire::generated as raw;
use crate::wire::words::Word;
use crate::wire::{
    Command, Encoding, Heartbeat, MAX_MESSAGE, Mode, Seen, Sharing, Why, decode_client,
    decode_server, encode_client, encode_server,
};

fn json(text: &str) -> Command {
    decode_client(Encoding::Json, text.as_bytes()).unwrap().body
}

#[test]
fn unknown_fields_are_ignored_at_every_depth() {
    let text = r#" {"v":[1,{"a":null}], "hello":{"mood":{"x":[]},"position":{"lat":1,"lon":2,"floor":3}}} "#;
    let Command::Hello(hello) = json(text) else {
        panic!("a hello")
    };
    assert_eq!(hello.position.unwrap().position.lat(), 1.0);

    let mut bytes = raw::ClientMessage {
        id: None,
        command: Some(raw::client_message::Command::Pong(raw::Pong {})),
    }
    .encode_to_vec();
    bytes.extend([0xfa, 0x01, 0x02, b'h', b'i']);
    assert_eq!(
        decode_client(Encoding::Protobuf, &bytes).unwrap().body,
        Command::Pong
    );
}

#[test]
fn null_is_an_absent_optional_field() {
    let text = r#"{"id":null,"hello":{"token":null,"modes_":0,"radius_m":null,"position":null,"heartbeat":null}}"#;
    assert_eq!(json(text), Command::Hello(Hello::default()));
}

#[test]
fn a_clock_may_tell_fractions_of_a_millisecond() {
    for at in ["1795000000000", "1795000000000.0", "1795000000000.875"] {
        let Command::Move(to) = json(&format!(r#"{{"move":{{"lat":1,"lon":2,"at":{at}}}}}"#))
        else {
            panic!("a move")
        };
        assert_eq!(to.at, Some(1_795_000_000_000), "{at}");
    }
}

#[test]
fn a_heading_of_360_is_0_and_no_zero_is_negative() {
    let Command::Move(to) =
        json(r#"{"move":{"lat":-0.0,"lon":-0.0,"heading_deg":360,"speed_mps":-0.0}}"#)
    else {
        panic!("a move")
    };
    assert_eq!(to.heading_deg, Some(0.0));
    assert!(to.speed_mps.unwrap().is_sign_positive());
    assert_eq!((to.position.lat_e7(), to.position.lon_e7()), (0, 0));
}

#[test]
fn a_field_nested_as_deep_as_a_message_is_long_does_no_harm() {
    let deep = "[".repeat(MAX_MESSAGE / 2 - 40) + &"]".repeat(MAX_MESSAGE / 2 - 40);
    let text = format!("{{\"x\":{deep},\"pong\":{{}}}}");
    assert_eq!(json(&text), Command::Pong);
    let unclosed = format!("{{\"x\":{}", "[{\"x\":".repeat(2500));
    assert!(decode_client(Encoding::Json, unclosed.as_bytes()).is_err());
    // Groups within groups, not closed; and closed.
    let groups = [0xfb, 0x01].repeat(MAX_MESSAGE / 2);
    assert!(decode_client(Encoding::Protobuf, &groups).is_err());
    let mut groups = [0xfb, 0x01].repeat(MAX_MESSAGE / 4);
    groups.extend([0xfc, 0x01].repeat(MAX_MESSAGE / 4));
    assert!(decode_client(Encoding::Protobuf, &groups).is_err());
}

#[test]
fn words_have_the_numbers_of_the_proto_file() {
    fn agree<W: Word + Debug>(prefix: &str, name_of: impl Fn(i32) -> Option<&'static str>) {
        let last = W::ALL.len() as i32;
        for number in 1..=last {
            let name = name_of(number).unwrap();
            let word = W::from_number(number).unwrap();
            assert_eq!(name, format!("{prefix}_{}", word.text().to_uppercase()));
            assert_eq!(W::from_text(word.text()).map(Word::number), Some(number));
        }
        assert!(W::from_number(0).is_none() && name_of(last + 1).is_none());
    }
    agree::<Mode>("MODE", |n| Some(raw::Mode::try_from(n).ok()?.as_str_name()));
    agree::<Sharing>("SHARING", |n| {
        Some(raw::Sharing::try_from(n).ok()?.as_str_name())
    });
    agree::<Why>("WHY", |n| Some(raw::Why::try_from(n).ok()?.as_str_name()));
    agree::<Seen>("SEEN", |n| Some(raw::Seen::try_from(n).ok()?.as_str_name()));
    agree::<Heartbeat>("HEARTBEAT", |n| {
        Some(raw::Heartbeat::try_from(n).ok()?.as_str_name())
    });
}

/// What decodes is written and decodes to the same; whatever it is, nothing panics.
fn digest(encoding: Encoding, bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(message) = decode_client(encoding, bytes) {
        let mut again = Vec::new();
        encode_client(encoding, &message, &mut again);
        prop_assert_eq!(decode_client(encoding, &again), Ok(message));
    }
    let _ = decode_server(encoding, bytes);
    Ok(())
}

fn goldens(encoding: Encoding) -> Vec<Vec<u8>> {
    let client = client_messages().into_iter().map(|(_, message)| {
        let mut bytes = Vec::new();
        encode_client(encoding, &message, &mut bytes);
        bytes
    });
    let server = server_messages().into_iter().map(|(_, message)| {
        let mut bytes = Vec::new();
        encode_server(encoding, &message, &mut bytes);
        bytes
    });
    client.chain(server).collect()
}

proptest! {
    #[test]
    fn random_bytes_bring_no_decoder_down(bytes: Vec<u8>) {
        for encoding in Encoding::ALL {
            digest(encoding, &bytes)?;
        }
    }

    #[test]
    fn broken_messages_bring_no_decoder_down(
        which: prop::sample::Index,
        breaks in prop::collection::vec((any::<prop::sample::Index>(), 0..4u8, any::<u8>()), 1..6),
    ) {
        for encoding in Encoding::ALL {
            let goldens = goldens(encoding);
            let mut bytes = which.get(&goldens).clone();
            for (at, how, byte) in &breaks {
                if bytes.is_empty() {
                    break;
                }
                let at = at.index(bytes.len());
                match how {
                    0 => bytes[at] = *byte,
                    1 => bytes[at] ^= 1 << (byte % 8),
                    2 => drop(bytes.remove(at)),
                    _ => bytes.truncate(at),
                }
            }
            digest(encoding, &bytes)?;
        }
    }
}
