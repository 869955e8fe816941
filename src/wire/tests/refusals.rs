//! What is refused, and in which words.

use prost::Message as _;

use crate::wire::generated::{self as raw, client_message::Command as Raw};
use crate::wire::{Encoding, ErrorCode, Fault, MAX_MESSAGE, decode_client};

/// Id and sentence of the refusal of a JSON text.
fn refusal(text: &str) -> (Option<u32>, String) {
    match decode_client(Encoding::Json, text.as_bytes()) {
        Ok(message) => panic!("{text} was taken for {message:?}"),
        Err(refused) => (refused.id, refused.to_string()),
    }
}

/// The sentence of the refusal of a protobuf command.
fn refusal_of(command: Raw) -> String {
    let message = raw::ClientMessage {
        id: Some(7),
        command: Some(command),
    };
    let refused = decode_client(Encoding::Protobuf, &message.encode_to_vec()).unwrap_err();
    assert_eq!(refused.id, Some(7));
    refused.to_string()
}

#[test]
fn a_bad_value_is_named_with_its_field_and_its_fault() {
    for (body, fault) in [
        (
            r#""move":{"lat":91,"lon":0}"#,
            "move.lat: 91 is outside -90..=90",
        ),
        (
            r#""move":{"lat":-90.0000001,"lon":0}"#,
            "move.lat: -90.0000001 is outside -90..=90",
        ),
        (
            r#""move":{"lat":0,"lon":180.1}"#,
            "move.lon: 180.1 is outside -180..=180",
        ),
        (r#""move":{"lon":0}"#, "move.lat: is missing"),
        (r#""move":{"lat":0}"#, "move.lon: is missing"),
        (r#""move":{"lat":null,"lon":0}"#, "move.lat: is missing"),
        (
            r#""move":{"lat":"1","lon":0}"#,
            r#"move.lat: invalid type: string "1", expected f64"#,
        ),
        (
            r#""move":{"lat":true,"lon":0}"#,
            "move.lat: invalid type: boolean `true`, expected f64",
        ),
        (
            r#""move":{"lat":1e999,"lon":0}"#,
            "move.lat: number out of range",
        ),
        (
            r#""move":{"lat":1,"lat":2,"lon":0}"#,
            "move: duplicate field `lat`",
        ),
        (
            r#""move":[1,2]"#,
            "move: invalid type: sequence, expected an object",
        ),
        (
            r#""move":{"lat":0,"lon":0,"accuracy_m":-1}"#,
            "move.accuracy_m: -1 is outside 0..=10000000",
        ),
        (
            r#""move":{"lat":0,"lon":0,"accuracy_m":1e300}"#,
            "move.accuracy_m: number out of range",
        ),
        (
            r#""move":{"lat":0,"lon":0,"heading_deg":361}"#,
            "move.heading_deg: 361 is outside 0..=360",
        ),
        (
            r#""move":{"lat":0,"lon":0,"speed_mps":-0.1}"#,
            "move.speed_mps: -0.1 is outside 0..=100000",
        ),
        (
            r#""move":{"lat":0,"lon":0,"at":-5}"#,
            "move.at: -5 is no time in ms since 1970",
        ),
        (
            r#""move":{"lat":0,"lon":0,"at":-0.5}"#,
            "move.at: -0.5 is no time in ms since 1970",
        ),
        (
            r#""move":{"lat":0,"lon":0,"at":"1795000000000"}"#,
            "move.at: invalid type: string \"1795000000000\", expected a JSON number",
        ),
        (
            r#""move":{"lat":0,"lon":0,"at":18446744073709551615}"#,
            "move.at: 18446744073709551615 is outside 0..=281474976710656",
        ),
        (
            r#""hello":{"position":{"lat":0}}"#,
            "hello.position.lon: is missing",
        ),
        (
            r#""hello":{"position":[0,0]}"#,
            "hello.position: invalid type: sequence, expected an object",
        ),
        (
            r#""hello":{"radius_m":99.9}"#,
            "hello.radius_m: 99.9 is outside 100..=50000",
        ),
        (
            r#""hello":{"radius_m":50000.1}"#,
            "hello.radius_m: 50000.1 is outside 100..=50000",
        ),
        (
            r#""hello":{"limit":0}"#,
            "hello.limit: 0 is outside 1..=100",
        ),
        (
            r#""hello":{"limit":101}"#,
            "hello.limit: 101 is outside 1..=100",
        ),
        (r#""hello":{"modes":[]}"#, "hello.modes: is empty"),
        (
            r#""hello":{"modes":["friends","friends"]}"#,
            "hello.modes: friends twice",
        ),
        (
            r#""hello":{"modes":["all"]}"#,
            r#"hello.modes[0]: invalid value: string "all", expected one of "friends" "strangers""#,
        ),
        (
            r#""hello":{"modes":"friends"}"#,
            r#"hello.modes: invalid type: string "friends", expected a sequence"#,
        ),
        (
            r#""hello":{"heartbeat":"none"}"#,
            r#"hello.heartbeat: invalid value: string "none", expected one of "frame" "message""#,
        ),
        (
            r#""hello":{"resume":""}"#,
            "hello.resume: is missing or empty",
        ),
        (
            r#""hello":{"seq":-1}"#,
            "hello.seq: invalid value: integer `-1`, expected u64",
        ),
        (
            r#""hello":{"observe":1}"#,
            "hello.observe: invalid type: integer `1`, expected a boolean",
        ),
        (
            r#""settings":{"sharing":"Exact"}"#,
            r#"settings.sharing: invalid value: string "Exact", expected one of "exact" "approximate" "off""#,
        ),
        (
            r#""settings":{"sharing_for_s":0}"#,
            "settings.sharing_for_s: 0 is outside 1..=31622400",
        ),
        (r#""settings":{"modes":[]}"#, "settings.modes: is empty"),
        (
            r#""nearby":{"mode":"enemies"}"#,
            r#"nearby.mode: invalid value: string "enemies", expected one of "friends" "strangers""#,
        ),
        (
            r#""nearby":{"cursor":""}"#,
            "nearby.cursor: is missing or empty",
        ),
        (r#""follow":{}"#, "follow.user: is missing"),
        (
            r#""follow":{"user":""}"#,
            "follow.user: is missing or empty",
        ),
        (
            r#""follow":{"user":"a\u0000b"}"#,
            "follow.user: has a control character at byte 1",
        ),
        (r#""refresh":{}"#, "refresh.token: is missing"),
        (
            r#""wave":{"alias":7}"#,
            "wave.alias: invalid type: integer `7`, expected a string",
        ),
        (r#""block":{}"#, "block.user: is missing, and so is alias"),
        (
            r#""block":{"user":"a","alias":"b"}"#,
            "block.alias: comes with a user: one of both",
        ),
        (
            r#""pong":null"#,
            "pong: invalid type: null, expected an object",
        ),
    ] {
        for text in [
            format!("{{\"id\":7,{body}}}"),
            format!("{{{body},\"id\":7}}"),
        ] {
            assert_eq!(refusal(&text), (Some(7), fault.to_owned()), "{text}");
        }
    }
}

#[test]
fn texts_have_a_longest_length() {
    let long = "x".repeat(65);
    let (_, fault) = refusal(&format!(r#"{{"follow":{{"user":"{long}"}}}}"#));
    assert_eq!(fault, "follow.user: 65 bytes are more than 64");
    let long = "x".repeat(513);
    let (_, fault) = refusal(&format!(r#"{{"wave":{{"alias":"{long}"}}}}"#));
    assert_eq!(fault, "wave.alias: 513 bytes are more than 512");
    let long = "é".repeat(1001);
    let (_, fault) = refusal(&format!(r#"{{"report":{{"user":"a","reason":"{long}"}}}}"#));
    assert_eq!(fault, "report.reason: more than 1000 characters");
}

#[test]
fn protobuf_is_refused_in_the_same_words() {
    let at = |lat, lon| raw::Move {
        lat,
        lon,
        ..raw::Move::default()
    };
    let faults = [
        (Raw::Move(at(None, Some(0.0))), "move.lat: is missing"),
        (Raw::Move(at(Some(0.0), None)), "move.lon: is missing"),
        (
            Raw::Move(at(Some(f64::NAN), Some(0.0))),
            "move.lat: NaN is outside -90..=90",
        ),
        (
            Raw::Move(at(Some(0.0), Some(f64::INFINITY))),
            "move.lon: inf is outside -180..=180",
        ),
        (
            Raw::Move(raw::Move {
                speed_mps: Some(f32::NAN),
                ..at(Some(0.0), Some(0.0))
            }),
            "move.speed_mps: NaN is outside 0..=100000",
        ),
        (
            Raw::Hello(raw::Hello {
                modes: vec![0],
                ..raw::Hello::default()
            }),
            "hello.modes: 0 is no value",
        ),
        (
            Raw::Hello(raw::Hello {
                modes: vec![2, 2],
                ..raw::Hello::default()
            }),
            "hello.modes: strangers twice",
        ),
        (
            Raw::Settings(raw::Settings {
                sharing: Some(9),
                ..raw::Settings::default()
            }),
            "settings.sharing: 9 is no value",
        ),
        (
            Raw::Follow(raw::Follow::default()),
            "follow.user: is missing or empty",
        ),
    ];
    for (command, fault) in faults {
        assert_eq!(refusal_of(command), fault);
    }
}

#[test]
fn what_is_no_message_at_all_is_told_from_a_bad_value() {
    for text in [
        "",
        "{",
        "[]",
        "7",
        "null",
        "hello",
        r#"{"pong":{}} {}"#,
        "{\"pong\":{}",
    ] {
        let refused = decode_client(Encoding::Json, text.as_bytes()).unwrap_err();
        assert!(
            matches!(refused.fault, Fault::Malformed(_)),
            "{text}: {refused}"
        );
    }
    let not_utf8 = b"{\"wave\":{\"alias\":\"\xff\"}}";
    let refused = decode_client(Encoding::Json, not_utf8).unwrap_err();
    assert!(matches!(refused.fault, Fault::Malformed(_)));
    // A varint without end, a length beyond the message, an alias that is not UTF-8.
    for bytes in [
        &[0x80][..],
        &[0x12, 0x05, 0x00],
        &[0x4a, 0x03, 0x0a, 0x01, 0xff],
    ] {
        let refused = decode_client(Encoding::Protobuf, bytes).unwrap_err();
        assert!(
            matches!(refused.fault, Fault::Malformed(_)),
            "{bytes:?}: {refused}"
        );
    }
}

#[test]
fn an_unknown_command_keeps_its_id_and_is_not_malformed() {
    for (encoding, bytes, name) in [
        (
            Encoding::Json,
            &br#"{"dance":{"with":"bob"},"id":3}"#[..],
            "dance",
        ),
        (
            Encoding::Protobuf,
            &[0xfa, 0x01, 0x01, 0x00, 0x08, 0x03],
            "field 31",
        ),
    ] {
        let refused = decode_client(encoding, bytes).unwrap_err();
        assert_eq!(refused.id, Some(3));
        assert_eq!(refused.fault, Fault::Unknown(name.to_owned()));
        assert_eq!(refused.code(), ErrorCode::NotFound);
    }
}

#[test]
fn a_message_has_exactly_one_command() {
    assert_eq!(refusal(r#"{"id":3}"#), (Some(3), "no command".to_owned()));
    let two = (Some(3), "pong and bye in one message".to_owned());
    assert_eq!(refusal(r#"{"pong":{},"id":3,"bye":{}}"#), two);
    assert_eq!(
        refusal(r#"{"pong":{},"pong":{}}"#),
        (None, "pong twice".to_owned())
    );
    // Prost by itself would take the last of two commands.
    let refused = decode_client(Encoding::Protobuf, &[0x62, 0, 0x6a, 0, 8, 3]).unwrap_err();
    assert_eq!((refused.id, refused.to_string()), two);
    let refused = decode_client(Encoding::Protobuf, &[8, 3]).unwrap_err();
    assert_eq!((refused.id, refused.fault), (Some(3), Fault::Empty));
}

#[test]
fn an_id_is_a_32_bit_number_once() {
    for text in [
        r#"{"id":-1,"pong":{}}"#,
        r#"{"id":4294967296,"pong":{}}"#,
        r#"{"id":"1","pong":{}}"#,
        r#"{"id":1.5,"pong":{}}"#,
    ] {
        let (id, fault) = refusal(text);
        assert_eq!(id, None);
        assert!(fault.starts_with("id: invalid"), "{fault}");
    }
    assert!(
        refusal(r#"{"id":1,"id":2,"pong":{}}"#)
            .1
            .contains("duplicate field `id`")
    );
    let beyond = [8, 0x80, 0x80, 0x80, 0x80, 0x10, 0x62, 0];
    let refused = decode_client(Encoding::Protobuf, &beyond).unwrap_err();
    assert_eq!(refused.to_string(), "id: 4294967296 is no 32-bit number");
}

#[test]
fn a_message_above_16_kib_is_not_looked_at() {
    for encoding in Encoding::ALL {
        let refused = decode_client(encoding, &vec![b'{'; MAX_MESSAGE + 1]).unwrap_err();
        assert_eq!(refused.fault, Fault::TooLarge(MAX_MESSAGE + 1));
    }
}
