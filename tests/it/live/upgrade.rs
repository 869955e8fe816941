//! The handshake: credentials on it, and sub-protocols.

use nearcast::wire::{ClientMessage, Command, Encoding, Event, encode_client};
use serde_json::json;

use super::town::in_town;

#[test]
fn a_token_on_the_upgrade_does_for_hello() {
    in_town(async |town| {
        let header = format!("Authorization: Bearer {}\r\n", town.token("ann"));
        let mut ann = town.wire_with(&header).await.unwrap();
        ann.say(&json!({"hello": {}})).await;
        assert_eq!(ann.hears().await["welcome"]["user"], "ann");
    });
}

#[test]
fn the_token_in_hello_counts_for_more_than_the_one_on_the_upgrade() {
    in_town(async |town| {
        let header = format!("Authorization: Bearer {}\r\n", town.token("ann"));
        let mut bob = town.wire_with(&header).await.unwrap();
        bob.say(&json!({"hello": {"token": town.token("bob")}}))
            .await;
        assert_eq!(bob.hears().await["welcome"]["user"], "bob");
        let mut nobody = town.wire_with(&header).await.unwrap();
        nobody.say(&json!({"hello": {"token": "x"}})).await;
        assert_eq!(nobody.closes().await, 3500);
    });
}

#[test]
fn a_bad_credential_on_the_upgrade_is_refused_before_it() {
    in_town(async |town| {
        let expired = town.expired_token("ann");
        let server_key = crate::server::SERVER_KEY;
        for credential in [
            "Bearer x",
            "Bearer ",
            "Basic YW5uOmFubg==",
            &format!("Bearer {expired}"),
            &format!("Bearer {server_key}"),
        ] {
            let header = format!("Authorization: {credential}\r\n");
            let refused = town.wire_with(&header).await.err();
            assert_eq!(refused, Some(401), "{credential}");
        }
    });
}

#[test]
fn the_first_known_sub_protocol_is_spoken() {
    in_town(async |town| {
        let token = town.token("ann");
        for (offers, spoken) in [
            ("", None),
            ("nearcast.v1.json", Some(Encoding::Json)),
            ("nearcast.v1.proto", Some(Encoding::Protobuf)),
            ("chat, nearcast.v1.proto", Some(Encoding::Protobuf)),
            ("nearcast.v1.json, nearcast.v1.proto", Some(Encoding::Json)),
        ] {
            let header = match offers {
                "" => String::new(),
                offers => format!("Sec-WebSocket-Protocol: {offers}\r\n"),
            };
            let mut wire = town.wire_with(&header).await.unwrap();
            let said = spoken
                .map(|encoding| format!("sec-websocket-protocol: {}\r\n", encoding.subprotocol()));
            match said {
                Some(said) => assert!(wire.head.contains(&said), "{offers}: {}", wire.head),
                None => assert!(!wire.head.contains("sec-websocket-protocol")),
            }
            if spoken == Some(Encoding::Protobuf) {
                wire.binary(&protobuf_hello(&token)).await;
                let welcome = wire.hears_protobuf().await;
                assert!(matches!(welcome.body, Event::Welcome(_)), "{welcome:?}");
            } else {
                wire.hello(&token).await;
            }
        }
        let unknown = "Sec-WebSocket-Protocol: chat, nearcast.v9.json\r\n";
        assert_eq!(town.wire_with(unknown).await.err(), Some(400));
    });
}

#[test]
fn frames_of_the_other_sub_protocol_end_the_session() {
    in_town(async |town| {
        let token = town.token("ann");
        let header = "Sec-WebSocket-Protocol: nearcast.v1.proto\r\n";
        let mut binary = town.wire_with(header).await.unwrap();
        binary.say(&json!({"hello": {"token": token}})).await;
        assert_eq!(binary.closes().await, 1003);
        let mut text = town.wire().await;
        text.hello(&token).await;
        text.binary(&protobuf_hello(&token)).await;
        assert_eq!(text.closes().await, 1003);
    });
}

#[test]
fn a_page_of_another_origin_gets_no_socket() {
    in_town(async |town| {
        let foreign = "Origin: https://evil.example\r\n";
        assert_eq!(town.wire_with(foreign).await.err(), Some(403));
        let own = "Origin: http://near.example\r\n";
        assert!(town.wire_with(own).await.is_ok());
        for two in [[own, foreign], [foreign, own], [own, own]] {
            let refused = town.wire_with(&two.concat()).await;
            assert_eq!(refused.err(), Some(403), "{two:?}");
        }
    });
}

fn protobuf_hello(token: &str) -> Vec<u8> {
    let hello = nearcast::wire::client::Hello {
        token: Some(token.to_owned()),
        ..Default::default()
    };
    let message = ClientMessage {
        id: None,
        body: Command::Hello(hello),
    };
    let mut bytes = Vec::new();
    encode_client(Encoding::Protobuf, &message, &mut bytes);
    bytes
}
