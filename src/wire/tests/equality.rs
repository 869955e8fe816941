//! The writers of the hot path say exactly what serde and prost say of the same message.

use proptest::prelude::*;
use prost::Message as _;

use super::people::{changes, nearby};
use crate::wire::generated as raw;
use crate::wire::server::{Changes, ExitBuf, Nearby, PersonBuf, WhoBuf};
use crate::wire::words::Word;
use crate::wire::{Encoding, Event, ServerMessage, decode_server, encode_server};

fn raw_person(person: &PersonBuf) -> raw::Person {
    match person {
        PersonBuf::Friend(friend) => raw::Person {
            user: Some(friend.user.to_string()),
            name: friend.name.clone(),
            avatar_url: friend.avatar_url.clone(),
            lat: Some(friend.position.lat()),
            lon: Some(friend.position.lon()),
            distance_m: friend.distance_m,
            seen_at: Some(friend.seen_at),
            approximate: friend.approximate.then_some(true),
            accuracy_m: friend.accuracy_m,
            heading_deg: friend.heading_deg,
            speed_mps: friend.speed_mps,
            ..raw::Person::default()
        },
        PersonBuf::Stranger(stranger) => raw::Person {
            alias: Some(stranger.alias.clone()),
            cell: Some(stranger.cell.clone()),
            lat: Some(stranger.centre.lat()),
            lon: Some(stranger.centre.lon()),
            distance_m: stranger.distance_m,
            seen: Some(stranger.seen.number()),
            name: stranger.name.clone(),
            ..raw::Person::default()
        },
    }
}

fn raw_exit(exit: &ExitBuf) -> raw::Exited {
    let (user, alias) = match &exit.who {
        WhoBuf::User(user) => (Some(user.to_string()), None),
        WhoBuf::Alias(alias) => (None, Some(alias.clone())),
    };
    raw::Exited {
        user,
        alias,
        why: exit.why.number(),
    }
}

fn raw_changes(changes: &Changes) -> raw::server_message::Event {
    raw::server_message::Event::Changes(raw::Changes {
        seq: changes.seq,
        at: changes.at,
        entered: changes.entered.iter().map(raw_person).collect(),
        moved: changes.moved.iter().map(raw_person).collect(),
        exited: changes.exited.iter().map(raw_exit).collect(),
        cells: changes.cells.clone(),
    })
}

fn raw_nearby(nearby: &Nearby) -> raw::server_message::Event {
    raw::server_message::Event::Nearby(raw::Nearby {
        seq: nearby.seq,
        page: nearby.page.then_some(true),
        mode: nearby.mode.number(),
        people: nearby.people.iter().map(raw_person).collect(),
        next: nearby.next.clone(),
        total: nearby.total,
    })
}

/// Same bytes as prost, same JSON value as serde, and read back as it was.
fn agree(message: &ServerMessage, event: raw::server_message::Event) -> Result<(), TestCaseError> {
    let (mut json, mut protobuf) = (b"before".to_vec(), b"before".to_vec());
    encode_server(Encoding::Json, message, &mut json);
    encode_server(Encoding::Protobuf, message, &mut protobuf);
    prop_assert!(json.starts_with(b"before") && protobuf.starts_with(b"before"));
    let (json, protobuf) = (&json[6..], &protobuf[6..]);

    let mut by_serde = Vec::new();
    crate::wire::json::envelope::encode(message.id, &event, &mut by_serde);
    let value = |bytes| serde_json::from_slice::<serde_json::Value>(bytes).unwrap();
    prop_assert_eq!(value(json), value(&by_serde));

    let by_prost = raw::ServerMessage {
        id: message.id,
        event: Some(event),
    };
    prop_assert_eq!(protobuf, by_prost.encode_to_vec());

    for (encoding, bytes) in [(Encoding::Json, json), (Encoding::Protobuf, protobuf)] {
        let read = decode_server(encoding, bytes);
        prop_assert_eq!(read.as_ref(), Ok(message));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changes_are_written_as_serde_and_prost_write_them(changes in changes()) {
        let event = raw_changes(&changes);
        agree(&ServerMessage { id: None, body: Event::Changes(changes) }, event)?;
    }

    #[test]
    fn nearby_is_written_as_serde_and_prost_write_it(id: Option<u32>, nearby in nearby()) {
        let event = raw_nearby(&nearby);
        agree(&ServerMessage { id, body: Event::Nearby(nearby) }, event)?;
    }
}
