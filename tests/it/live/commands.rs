//! What every command is answered, with an id and without, said well and said badly.

use serde_json::{Value, json};

use super::town::in_town;
use super::wire::Wire;
use crate::places::{CAFE, NEXT_DOOR, PARK, Place};

/// The code of an error that answers this, whose id is its own.
async fn refused(wire: &mut Wire, command: &Value) -> u64 {
    let mut message = command.clone();
    message["id"] = json!(77);
    wire.say(&message).await;
    let answer = wire.hears().await;
    assert_eq!(answer["id"], 77, "{command}: {answer}");
    let with_id = answer["error"]["code"].as_u64();
    // The same without an id comes without one.
    wire.say(command).await;
    let answer = wire.hears().await;
    assert_eq!(answer["id"], json!(null), "{command}: {answer}");
    assert_eq!(answer["error"]["code"].as_u64(), with_id);
    assert!(!answer["error"]["message"].as_str().unwrap().is_empty());
    with_id.unwrap_or_else(|| panic!("{command}: {answer}"))
}

#[test]
fn a_command_with_a_fault_is_refused_and_the_session_goes_on() {
    in_town(async |town| {
        let mut ann = town.wire().await;
        ann.hello(&town.token("ann")).await;
        for command in [
            json!({"move": {"lon": 1}}),
            json!({"move": {"lat": 1}}),
            json!({"move": {"lat": 91, "lon": 0}}),
            json!({"move": {"lat": 0, "lon": -180.5}}),
            json!({"move": {"lat": null, "lon": 0}}),
            json!({"move": {"lat": "1", "lon": 0}}),
            json!({"move": {"lat": 1, "lon": 1, "accuracy_m": -1}}),
            json!({"move": {"lat": 1, "lon": 1, "heading_deg": 361}}),
            json!({"move": {"lat": 1, "lon": 1, "speed_mps": -0.5}}),
            json!({"move": []}),
            json!({"nearby": {"limit": 0}}),
            json!({"nearby": {"limit": 101}}),
            json!({"nearby": {"mode": "enemies"}}),
            json!({"follow": {}}),
            json!({"follow": {"user": ""}}),
            json!({"unfollow": {"user": "x".repeat(65)}}),
            json!({"settings": {"radius_m": 99}}),
            json!({"settings": {"radius_m": 50_001}}),
            json!({"settings": {"modes": ["friends", "friends"]}}),
            json!({"settings": {"sharing": "sometimes"}}),
            json!({"settings": {"sharing_for_s": 60}}),
            json!({"settings": {"sharing": "exact", "sharing_for_s": 0}}),
            json!({"refresh": {}}),
            json!({"wave": {}}),
            json!({"block": {}}),
            json!({"block": {"user": "bob", "alias": "x"}}),
            json!({"block": {"user": "ann"}}),
            json!({"report": {"user": "bob", "reason": "x".repeat(1001)}}),
            json!({"move": {"lat": 1, "lon": 1}, "bye": {}}),
            json!({"hello": {"token": town.token("ann")}}),
        ] {
            assert_eq!(refused(&mut ann, &command).await, 107, "{command}");
        }
        ann.text("garbage").await;
        assert_eq!(ann.hears().await["error"]["code"], 107);
        ann.say(&json!({"id": 1, "move": {"lat": 1, "lon": 1}}))
            .await;
        assert_eq!(ann.hears().await, json!({"id": 1, "ok": {}}));
    });
}

#[test]
fn an_unknown_command_is_an_error_and_an_unknown_field_is_ignored() {
    in_town(async |town| {
        let mut ann = town.wire().await;
        ann.hello(&town.token("ann")).await;
        assert_eq!(refused(&mut ann, &json!({"dance": {}})).await, 104);
        let move_to = json!({"lat": 1, "lon": 1, "mood": "good"});
        ann.say(&json!({"id": 5, "move": move_to, "trace": 7}))
            .await;
        assert_eq!(ann.hears().await, json!({"id": 5, "ok": {}}));
        ann.say(&json!({"id": 6, "move": move_to})).await;
        assert_eq!(ann.hears().await, json!({"id": 6, "ok": {}}));
    });
}

#[test]
fn a_move_without_an_id_is_taken_without_a_word() {
    in_town(async |town| {
        let mut ann = town.wire().await;
        ann.hello(&town.token("ann")).await;
        for command in [json!({"move": {"lat": 1, "lon": 1}}), json!({"pong": {}})] {
            ann.say(&command).await;
        }
        ann.say(&json!({"id": 4_294_967_295_u32, "move": {"lat": 1, "lon": 1}}))
            .await;
        let answer = ann.hears().await;
        assert_eq!(answer, json!({"id": 4_294_967_295_u32, "ok": {}}));
    });
}

#[test]
fn a_position_without_a_value_or_without_a_number_is_refused_in_protobuf_too() {
    in_town(async |town| {
        let token = town.token("ann");
        let header = format!(
            "Authorization: Bearer {token}\r\nSec-WebSocket-Protocol: nearcast.v1.proto\r\n"
        );
        let mut ann = town.wire_with(&header).await.unwrap();
        ann.binary(&[0x12, 0]).await;
        ann.hears_protobuf().await;
        ann.hears_protobuf().await;
        let lat = |value: f64| [&[0x09][..], &value.to_le_bytes()].concat();
        let lon = |value: f64| [&[0x11][..], &value.to_le_bytes()].concat();
        for (body, taken) in [
            (lat(1.0), false),
            (lon(1.0), false),
            ([lat(f64::NAN), lon(1.0)].concat(), false),
            ([lat(1.0), lon(f64::INFINITY)].concat(), false),
            ([lat(0.0), lon(0.0)].concat(), true),
        ] {
            let head = [0x08, 9, 0x1a, body.len() as u8];
            ann.binary(&[&head[..], &body].concat()).await;
            let answer = ann.hears_protobuf().await;
            assert_eq!(answer.id, Some(9));
            match answer.body {
                nearcast::wire::Event::Ok(_) => assert!(taken),
                nearcast::wire::Event::Error(error) => assert!(!taken && error.code == 107),
                other => panic!("{other:?}"),
            }
        }
    });
}

#[test]
fn bye_ends_the_session_and_leaves_the_position() {
    use nearcast::wire::Command;

    use crate::places::CAFE;
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut bob = town.phone("bob").at(CAFE).await;
        let returning = bob.returning();
        bob.says(Command::Bye).await;
        bob.is_sent_away(1000).await;
        let ann = town.phone("ann").at(CAFE).await;
        assert_eq!(ann.first, ["friends: bob at CAFE"]);
        // The session is over: its token takes nothing up.
        let list = bob.list.clone();
        let mut bob = town.phone("bob").returns(returning, list).await;
        bob.is_welcome(false).await;
    });
}

#[test]
fn refresh_takes_a_good_token_of_the_same_user_and_no_other() {
    in_town(async |town| {
        let mut ann = town.wire().await;
        ann.hello(&town.token("ann")).await;
        for (token, code) in [
            (town.token("bob"), 101),
            ("x".to_owned(), 101),
            (String::new(), 101),
            (town.expired_token("ann"), 109),
        ] {
            let command = json!({"refresh": {"token": token}});
            assert_eq!(refused(&mut ann, &command).await, code);
        }
        let command = json!({"id": 3, "refresh": {"token": town.token("ann")}});
        ann.say(&command).await;
        assert_eq!(ann.hears().await, json!({"id": 3, "ok": {}}));
    });
}

#[test]
fn who_moves_more_than_the_rate_is_refused_and_who_goes_on_is_sent_away() {
    let few = |config: &mut nearcast::config::Config| {
        config.limits.moves_burst = 3;
        config.limits.messages_burst = 2_000;
    };
    super::town::in_town_with(few, async |town| {
        let mut ann = town.wire().await;
        ann.hello(&town.token("ann")).await;
        let mut codes = Vec::new();
        for id in 1..=4 {
            ann.say(&json!({"id": id, "move": {"lat": 1, "lon": id}}))
                .await;
            codes.push(ann.hears().await["error"]["code"].as_u64());
        }
        assert_eq!(codes[..3], [None; 3]);
        assert_eq!(codes[3], Some(111));
        for lon in 0..150 {
            ann.say(&json!({"move": {"lat": 1, "lon": lon}})).await;
        }
        let mut heard = ann.hears().await;
        while heard["error"]["code"] == 111 {
            heard = ann.hears().await;
        }
        assert_eq!(heard["goodbye"]["code"], 3013);
        assert_eq!(ann.hears().await["close"], 3013);
    });
}

#[test]
fn a_phone_from_a_tunnel_says_hello_and_all_it_has_to_say_in_one_write() {
    in_town(async |town| {
        let mut ann = town.wire().await;
        let mut texts = vec![json!({"hello": {"token": town.token("ann")}}).to_string()];
        for id in 1..=60 {
            texts.push(json!({"id": id, "move": {"lat": 1, "lon": id}}).to_string());
        }
        for id in 61..=100 {
            texts.push(json!({"id": id, "nearby": {}}).to_string());
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        ann.texts_at_once(&texts, 0).await;
        assert!(ann.hears().await["welcome"].is_object());
        assert!(ann.hears().await["nearby"].is_object());
        for id in 1..=100 {
            let answer = ann.hears().await;
            assert_eq!(answer["id"], id, "{answer}");
            let done = if id <= 60 { "ok" } else { "nearby" };
            assert!(answer[done].is_object(), "{answer}");
        }
    });
}

#[test]
fn what_is_beyond_the_bytes_of_a_second_is_refused_and_not_done() {
    let few = |config: &mut nearcast::config::Config| {
        config.limits.bytes_per_s = 1_024;
    };
    super::town::in_town_with(few, async |town| {
        town.befriend("ann", "bob").await;
        let mut bob = town.wire().await;
        bob.hello(&town.token("bob")).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let there = |id: u32, at: Place| {
            let at = at.position();
            json!({"id": id, "move": {"lat": at.lat(), "lon": at.lon()}}).to_string()
        };
        // Alone more than a second may bring.
        let padding = " ".repeat(1_024);
        bob.text(&(there(1, PARK) + &padding)).await;
        let answer = bob.hears().await;
        assert_eq!(answer["error"]["code"], 111, "{answer}");
        assert_eq!(answer["id"], 1);
        bob.text(&there(2, NEXT_DOOR)).await;
        while bob.hears().await != json!({"id": 2, "ok": {}}) {}
        ann.hears("bob entered at NEXT_DOOR").await;
    });
}
