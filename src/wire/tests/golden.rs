//! The golden files: the exact bytes of every message in both encodings, for the SDKs as well,
//! and what the fuzzers start from.
//!
//! `NEARCAST_BLESS=1 cargo test golden` writes them anew; the diff is what clients will see.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::path::PathBuf;

use super::examples::{client_messages, server_messages};
use crate::wire::{
    Close, Command, Encoding, ErrorCode, Event, decode_client, decode_server, encode_client,
    encode_server,
};

/// Holds bytes against the file of their name; a JSON file ends with a line break.
/// Hands back the file's content, to be decoded.
fn check(side: &str, name: &str, encoding: Encoding, bytes: &[u8]) -> Vec<u8> {
    let (extension, end) = match encoding {
        Encoding::Json => ("json", "\n"),
        Encoding::Protobuf => ("bin", ""),
    };
    let expected = [bytes, end.as_bytes()].concat();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("src/wire/golden")
        .join(side)
        .join(format!("{name}.{extension}"));
    if std::env::var_os("NEARCAST_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &expected).unwrap();
    }
    let golden = std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{side}/{name}.{extension}: {error}; see NEARCAST_BLESS"));
    assert_eq!(
        expected.escape_ascii().to_string(),
        golden.escape_ascii().to_string(),
        "{side}/{name}.{extension}"
    );
    golden
}

/// The names that must be covered: the variant's, in snake case.
fn covered<T: Debug>(bodies: impl Iterator<Item = (&'static str, T)>) -> BTreeSet<String> {
    bodies
        .map(|(name, body)| {
            let message = name.split('-').next().unwrap();
            let variant = format!("{body:?}");
            let variant = variant.split([' ', '(']).next().unwrap();
            assert_eq!(
                variant.to_lowercase(),
                message,
                "{name} is an example of {variant}"
            );
            message.to_owned()
        })
        .collect()
}

#[test]
fn every_client_message_has_its_golden_bytes_and_is_read_back_from_them() {
    for (name, message) in client_messages() {
        for encoding in Encoding::ALL {
            let mut bytes = Vec::new();
            encode_client(encoding, &message, &mut bytes);
            let golden = check("client", name, encoding, &bytes);
            assert_eq!(
                decode_client(encoding, &golden).as_ref(),
                Ok(&message),
                "{name}"
            );
        }
    }
}

#[test]
fn every_server_message_has_its_golden_bytes_and_is_read_back_from_them() {
    for (name, message) in server_messages() {
        for encoding in Encoding::ALL {
            let mut bytes = Vec::new();
            encode_server(encoding, &message, &mut bytes);
            let golden = check("server", name, encoding, &bytes);
            assert_eq!(
                decode_server(encoding, &golden).as_ref(),
                Ok(&message),
                "{name}"
            );
        }
    }
}

/// A variant that is added without a name here does not compile; one without an example fails.
#[test]
fn no_message_is_without_a_golden_file() {
    let commands = covered(
        client_messages()
            .into_iter()
            .map(|(name, m)| (name, m.body)),
    );
    let named = |command: &Command| match command {
        Command::Hello(_)
        | Command::Move(_)
        | Command::Nearby(_)
        | Command::Follow { .. }
        | Command::Unfollow { .. }
        | Command::Settings(_)
        | Command::Refresh { .. }
        | Command::Wave { .. }
        | Command::Block(_)
        | Command::Report(_)
        | Command::Pong
        | Command::Bye => 12,
    };
    assert_eq!(commands.len(), named(&Command::Pong));

    let events = covered(
        server_messages()
            .into_iter()
            .map(|(name, m)| (name, m.body)),
    );
    let named = |event: &Event| match event {
        Event::Welcome(_)
        | Event::Nearby(_)
        | Event::Changes(_)
        | Event::Met(_)
        | Event::Request(_)
        | Event::Ping
        | Event::Ok(_)
        | Event::Error(_)
        | Event::Goodbye(_) => 9,
    };
    assert_eq!(events.len(), named(&Event::Ping));
}

#[test]
fn the_example_of_the_protocol_page_is_a_hello() {
    let text = r#"{"id":1,"hello":{"token":"…","position":{"lat":37.5665,"lon":126.978}}}"#;
    let message = decode_client(Encoding::Json, text.as_bytes()).unwrap();
    assert_eq!(message.id, Some(1));
    let mut again = Vec::new();
    encode_client(Encoding::Json, &message, &mut again);
    assert_eq!(String::from_utf8(again).unwrap(), text);
}

#[test]
fn the_protocol_page_shows_every_message_and_every_code() {
    let page = include_str!("../../../docs/protocol.md");
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/wire/golden");
    for side in ["client", "server"] {
        for entry in std::fs::read_dir(root.join(side)).unwrap() {
            let path = entry.unwrap().path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let golden = std::fs::read_to_string(&path).unwrap();
                assert!(page.contains(golden.trim_end()), "{}", path.display());
            }
        }
    }
    let closes = Close::ALL.iter().map(|close| close.entry());
    let errors = ErrorCode::ALL.iter().map(|error| error.entry());
    for entry in closes.chain(errors) {
        let row = format!("| {} | {} |", entry.code, entry.name);
        assert!(page.contains(&row) && page.contains(entry.advice), "{row}");
    }
}
