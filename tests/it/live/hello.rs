//! How a session begins, and what does not begin one.

use serde_json::json;

use super::town::{in_town, in_town_with};

#[test]
fn welcome_has_every_field_of_the_protocol() {
    in_town(async |town| {
        town.share("ann", r#"{"strangers_consent": true}"#).await;
        town.backend("PUT", "/v1/users/ann", r#"{"strangers_allowed": true}"#)
            .await;
        let until = town.running().clock.now_ms() + 3_600_000;
        let lent = json!({"sharing": "exact", "until": until});
        town.share("ann", &lent.to_string()).await;
        let mut ann = town.wire().await;
        let hello = json!({"id": 7, "hello": {
            "token": town.token("ann"),
            "position": {"lat": 37.5665, "lon": 126.978},
            "modes": ["friends", "strangers"],
        }});
        ann.say(&hello).await;
        let answer = ann.hears().await;
        assert_eq!(answer["id"], 7);
        let welcome = &answer["welcome"];
        for (field, value) in [
            ("user", json!("ann")),
            ("resumed", json!(false)),
            ("ping_every_s", json!(25)),
            ("move_every_s", json!(30)),
            ("move_min_m", json!(10.0)),
            ("radius_m", json!(8047.0)),
            ("margin_m", json!(100.0)),
            ("modes", json!(["friends", "strangers"])),
            ("sharing", json!("exact")),
            ("sharing_until", json!(until)),
            ("node", json!("town-hall")),
        ] {
            let told = &welcome[field];
            match (told.as_f64(), value.as_f64()) {
                (Some(told), Some(value)) => assert_eq!(told, value, "{field}"),
                _ => assert_eq!(*told, value, "{field}: {welcome}"),
            }
        }
        assert!(!welcome["session"].as_str().unwrap().is_empty());
        assert!(!welcome["resume"].as_str().unwrap().is_empty());
        let cells = welcome["cells"].as_array().unwrap();
        assert_eq!(cells.len(), 9, "own cell and its neighbours");
        assert_eq!(cells[0].as_str().unwrap().len(), 5);
        assert!(welcome["reach_m"].as_f64().unwrap() > 1_000.0);
        let now = town.running().clock.now_ms();
        let told = welcome["server_time"].as_u64().unwrap();
        assert!(told <= now && now - told < 10_000);
        for (seq, mode) in [(1, "friends"), (2, "strangers")] {
            let answer = ann.hears().await;
            assert_eq!(
                answer["id"],
                json!(null),
                "the id comes back in welcome only"
            );
            let list = &answer["nearby"];
            assert_eq!(
                *list,
                json!({"seq": seq, "mode": mode, "people": [], "total": 0})
            );
        }
    });
}

#[test]
fn without_permission_a_hello_for_strangers_is_welcomed_for_what_is_left() {
    in_town(async |town| {
        let mut ann = town.wire().await;
        let token = town.token("ann");
        let modes = json!(["strangers"]);
        ann.say(&json!({"hello": {"token": token, "modes": modes}}))
            .await;
        let answer = ann.hears().await;
        assert_eq!(answer["welcome"]["modes"], json!([]), "{answer}");
        assert_eq!(answer["welcome"]["cells"], json!(null));
        // No list comes for what was not granted: the next is the answer to this.
        ann.say(&json!({"id": 1, "pong": {}})).await;
        ann.say(&json!({"id": 2, "settings": {"radius_m": 500}}))
            .await;
        let answer = ann.hears().await;
        assert_eq!(answer, json!({"id": 2, "ok": {"margin_m": 50.0}}));
    });
}

#[test]
fn who_does_not_say_hello_is_sent_away() {
    in_town_with(
        |config| config.socket.hello_s = 1,
        async |town| {
            let mut silent = town.wire().await;
            let mut pings = town.wire().await;
            pings.ping(b"hi").await;
            assert_eq!(pings.hears().await, json!({"pong": "hi"}));
            assert_eq!(silent.closes().await, 3502);
            assert_eq!(pings.closes().await, 3502);
        },
    );
}

#[test]
fn whatever_is_no_hello_comes_too_early() {
    in_town(async |town| {
        for text in [
            r#"{"id":1,"move":{"lat":1,"lon":2}}"#,
            r#"{"bye":{}}"#,
            r#"{"pong":{}}"#,
        ] {
            let mut wire = town.wire().await;
            wire.text(text).await;
            assert_eq!(wire.closes().await, 3501, "{text}");
        }
    });
}

#[test]
fn what_is_no_command_behind_a_hello_is_an_error_of_the_session() {
    in_town(async |town| {
        for (number, text) in [
            r#"{"id":2,"dance":{}}"#,
            r#"{"id":2,"move":{"lat":91,"lon":0}}"#,
            r#"{"id":2}"#,
            r#"{"id":2,"pong":{},"bye":{}}"#,
        ]
        .into_iter()
        .enumerate()
        {
            let mut wire = town.wire().await;
            let hello = json!({"hello": {"token": town.token(&format!("new {number}"))}});
            let settings = r#"{"id":3,"settings":{"radius_m":500}}"#;
            wire.texts_at_once(&[&hello.to_string(), text, settings], 0)
                .await;
            assert!(wire.hears().await["welcome"].is_object());
            assert!(wire.hears().await["nearby"].is_object());
            let answer = wire.hears().await;
            assert!(answer["error"].is_object(), "{text}: {answer}");
            assert_eq!(answer["id"], 2, "{text}");
            assert_eq!(wire.hears().await["id"], 3, "{text}");
        }
    });
}

#[test]
fn what_is_wrong_with_a_hello_is_said_before_it_ends() {
    in_town(async |town| {
        for text in [
            r#"{"dance":{}}"#,
            r#"{"hello":{"token":"x","radius_m":1}}"#,
            r#"{"hello":7}"#,
            "[]",
            "garbage",
            "",
        ] {
            let mut wire = town.wire().await;
            wire.text(text).await;
            let error = wire.hears().await;
            assert!(error["error"]["code"].is_number(), "{text}: {error}");
            assert_eq!(wire.closes().await, 3501, "{text}");
        }
        let mut wire = town.wire().await;
        wire.text(r#"{"id":7,"hello":{"position":{"lat":91,"lon":0}}}"#)
            .await;
        let error = wire.hears().await;
        assert_eq!(
            (&error["id"], &error["error"]["code"]),
            (&json!(7), &json!(107))
        );
        let sentence = error["error"]["message"].as_str().unwrap();
        assert!(sentence.contains("hello.position.lat"), "{sentence}");
    });
}

#[test]
fn a_token_that_is_not_believed_ends_the_line_for_good() {
    in_town(async |town| {
        let good = town.token("ann");
        let (rest, _) = good.rsplit_once('.').unwrap();
        for token in ["", "x", "a.b.c", &format!("{rest}.AAAA"), rest] {
            let mut wire = town.wire().await;
            wire.say(&json!({"hello": {"token": token}})).await;
            assert_eq!(wire.closes().await, 3500, "{token}");
        }
        let mut wire = town.wire().await;
        wire.say(&json!({"hello": {}})).await;
        assert_eq!(wire.closes().await, 3500, "none at all");
    });
}

#[test]
fn an_expired_token_is_told_apart() {
    in_town(async |town| {
        let mut wire = town.wire().await;
        let token = town.expired_token("ann");
        wire.say(&json!({"id": 3, "hello": {"token": token}})).await;
        let answer = wire.hears().await;
        assert_eq!(answer["id"], 3);
        assert_eq!(answer["error"]["code"], 109);
        assert_eq!(answer["error"]["temporary"], false);
        assert_eq!(wire.closes().await, 3005);
    });
}

#[test]
fn commands_that_follow_a_hello_at_once_are_done_after_it_in_order() {
    in_town(async |town| {
        let mut ann = town.wire().await;
        let token = town.token("ann");
        ann.say(&json!({"hello": {"token": token}})).await;
        for id in 1..=5 {
            ann.say(&json!({"id": id, "move": {"lat": 1, "lon": id}}))
                .await;
        }
        assert!(ann.hears().await["welcome"].is_object());
        assert!(ann.hears().await["nearby"].is_object());
        for id in 1..=5 {
            assert_eq!(ann.hears().await, json!({"id": id, "ok": {}}));
        }
    });
}
