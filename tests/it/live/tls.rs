//! The same promises within TLS, where records, their buffers and their ends come between.

use std::net::SocketAddr;

use nearcast::config::Config;
use nearcast::wire::Command;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::crowd::{Crowd, FRIENDS, ROUNDS, without_haste};
use super::town::{Town, in_secure_town, in_secure_town_with};
use super::wire::{Wire, text_frame, upgrade};
use crate::places::{BRIDGE, CAFE, HARBOR, NEXT_DOOR, PARK};
use crate::server::tls::{connect, issue, secure};

fn move_with(id: u32, more: &str) -> String {
    format!(r#"{{"id":{id},"move":{{"lat":37.5,"lon":127{more}}}}}"#)
}

#[test]
fn friends_meet_walk_and_part() {
    in_secure_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut bob = town.phone("bob").at(PARK).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        assert_eq!(ann.first, ["friends: bob at PARK"]);
        bob.hears("ann entered at CAFE").await;
        bob.goes(BRIDGE).await;
        ann.hears("bob moved to BRIDGE").await;
        bob.goes(HARBOR).await;
        ann.hears("bob exited: radius").await;
        ann.says(Command::Bye).await;
        ann.is_sent_away(1000).await;
    });
}

#[test]
fn a_message_may_come_in_records_of_one_byte() {
    in_secure_town(async |town| {
        let mut ann = town.wire().await;
        let hello = json!({"hello": {"token": town.token("ann")}}).to_string();
        for byte in text_frame(&hello) {
            ann.bytes(&[byte]).await;
        }
        assert_eq!(ann.hears().await["welcome"]["user"], "ann");
        assert!(ann.hears().await["nearby"].is_object());
        for byte in text_frame(&move_with(1, "")) {
            ann.bytes(&[byte]).await;
        }
        assert_eq!(ann.hears().await, json!({"id": 1, "ok": {}}));
    });
}

#[test]
fn a_message_may_span_records_and_a_record_may_have_many() {
    in_secure_town_with(without_haste, async |town| {
        let mut ann = town.wire().await;
        ann.hello(&town.token("ann")).await;
        let long = format!(r#","note":"{}""#, "x".repeat(15_000));
        // Two long ones at once: the second begins in one record and ends in the next.
        let two = [move_with(1, &long), move_with(2, &long)];
        ann.bytes(&two.map(|text| text_frame(&text)).concat()).await;
        for part in text_frame(&move_with(3, &long)).chunks(4_000) {
            ann.bytes(part).await;
        }
        let many: Vec<u8> = (4..250)
            .flat_map(|id| text_frame(&move_with(id, "")))
            .collect();
        assert!(many.len() < 16 * 1024, "one record");
        ann.bytes(&many).await;
        for id in 1..250 {
            assert_eq!(ann.hears().await, json!({"id": id, "ok": {}}));
        }
    });
}

#[test]
fn what_comes_in_one_record_with_the_upgrade_is_obeyed_at_once() {
    in_secure_town_with(
        // Longer than anything here is waited for.
        |config| config.socket.hello_s = 60,
        async |town| {
            let note = "x".repeat(15_000);
            let hello = json!({"note": note, "hello": {"token": town.token("ann")}});
            let stream = connect(town.running().address, town.certificate()).await;
            let first = text_frame(&hello.to_string());
            let ann = Wire::upgrade_saying(Box::new(stream.unwrap()), "", &first).await;
            assert_eq!(ann.unwrap().hears().await["welcome"]["user"], "ann");
        },
    );
}

#[test]
fn who_does_not_read_still_moves_and_wakes_up_to_the_present() {
    in_secure_town_with(without_haste, async |town| {
        let mut crowd = Crowd::gather(town).await;
        crowd.walk_unread().await;
        let mut frames = 0;
        loop {
            let message = crowd.sleeper.hears().await;
            frames += 1;
            if crowd.note(&message) {
                let moved = message["changes"]["moved"].as_array().unwrap();
                assert_eq!(moved.len(), FRIENDS, "all of it in one frame");
                break;
            }
        }
        assert!(frames < ROUNDS / 2, "{frames} frames of the past");
    });
}

#[test]
fn goodbye_and_close_come_before_the_end_of_tls() {
    in_secure_town(async |town| {
        for (said, code) in [(r#"{"bye":{}}"#, 1000), ("{", 3501)] {
            let mut ann = town.wire().await;
            if code == 1000 {
                ann.hello(&town.token("ann")).await;
            }
            ann.text(said).await;
            if code == 3501 {
                assert_eq!(ann.hears().await["error"]["code"], 107);
            }
            assert_eq!(ann.hears().await["goodbye"]["code"], code);
            assert_eq!(ann.hears().await, json!({"close": code}));
            assert!(ann.is_ended_by_a_word().await);
        }
    });
}

#[test]
fn who_has_not_read_hears_all_of_the_end_when_she_does() {
    in_secure_town_with(without_haste, async |town| {
        let mut crowd = Crowd::gather(town).await;
        crowd.walk_unread().await;
        crowd.sleeper.say(&json!({"bye": {}})).await;
        let path = "/v1/admin/channels/user/sleeper";
        while town.backend("GET", path, "").await.json()["sessions"] != 0 {}
        let mut heard = crowd.sleeper.hears().await;
        while heard["changes"].is_object() {
            heard = crowd.sleeper.hears().await;
        }
        assert_eq!(heard["goodbye"]["code"], 1000, "{heard}");
        assert_eq!(crowd.sleeper.hears().await, json!({"close": 1000}));
        assert!(crowd.sleeper.is_ended_by_a_word().await);
    });
}

#[test]
fn a_connection_that_is_cut_without_a_word_may_be_taken_up_again() {
    in_secure_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut bob = town.phone("bob").at(PARK).await;
        let ann = town.phone("ann").at(CAFE).await;
        bob.hears("ann entered at CAFE").await;
        let (how, list) = (ann.returning(), ann.list.clone());
        drop(ann);
        town.has_lines(1).await;
        bob.goes(BRIDGE).await;
        let mut ann = town.phone("ann").returns(how, list).await;
        ann.is_welcome(true).await;
        ann.hears("bob moved to BRIDGE").await;
    });
}

#[test]
fn a_connection_that_is_cut_within_a_record_may_be_taken_up_again() {
    in_secure_town(async |town| {
        let (mut ann, mut tcp) = on_tcp(town).await;
        let token = town.token("ann");
        ann.say(&json!({"hello": {"token": token}})).await;
        let resume = ann.hears().await["welcome"]["resume"].clone();
        // A head that promises 64 bytes, and three of them.
        let begun = [0x17, 3, 3, 0, 64, 1, 2, 3];
        std::io::Write::write_all(&mut tcp, &begun).unwrap();
        drop((ann, tcp));
        town.has_lines(0).await;
        let mut ann = town.wire().await;
        let hello = json!({"token": token, "resume": resume, "seq": 1});
        ann.say(&json!({"hello": hello})).await;
        let welcome = ann.hears().await;
        assert_eq!(welcome["welcome"]["resumed"], true, "{welcome}");
    });
}

/// A wire, and the connection below its TLS.
async fn on_tcp(town: &Town) -> (Wire, std::net::TcpStream) {
    let tcp = TcpStream::connect(town.running().address).await.unwrap();
    let below = tcp.into_std().unwrap();
    let tcp = TcpStream::from_std(below.try_clone().unwrap()).unwrap();
    let stream = secure(tcp, town.certificate()).await.unwrap();
    let wire = Wire::upgrade(Box::new(stream), "").await.unwrap();
    (wire, below)
}

#[test]
fn plain_text_is_refused_and_nobody_feels_it() {
    in_secure_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut bob = town.phone("bob").at(PARK).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        bob.hears("ann entered at CAFE").await;
        // Before the handshake, and instead of a record when there is a session.
        let said = plainly(town.running().address).await;
        assert!(!said.starts_with(b"HTTP"), "{said:?}");
        let (mut eve, mut tcp) = on_tcp(town).await;
        eve.hello(&town.token("eve")).await;
        std::io::Write::write_all(&mut tcp, b"GET / HTTP/1.1\r\n\r\n").unwrap();
        assert_eq!(eve.hears().await, "end");
        town.has_lines(2).await;
        bob.goes(NEXT_DOOR).await;
        ann.hears("bob moved to NEXT_DOOR").await;
    });
}

/// What is answered to an upgrade without TLS, up to the end of the connection.
async fn plainly(address: SocketAddr) -> Vec<u8> {
    let mut tcp = TcpStream::connect(address).await.unwrap();
    tcp.write_all(&upgrade("")).await.unwrap();
    let mut said = Vec::new();
    // A reset is an end, too.
    let _ = tcp.read_to_end(&mut said).await;
    said
}

#[test]
fn a_new_certificate_is_for_who_comes_and_who_is_there_moves_on() {
    in_secure_town(async |town| {
        for friend in ["bob", "cem"] {
            town.befriend("ann", friend).await;
        }
        let mut bob = town.phone("bob").at(PARK).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let config = Config::clone(&town.running().config);
        let old = town.certificate().clone();
        let new = issue(config.server.tls_cert.parent().unwrap());
        bob.goes(BRIDGE).await;
        assert_eq!(town.running().reload(&config).await, Ok(Vec::new()));
        ann.hears("bob moved to BRIDGE").await;
        assert!(connect(town.running().address, &old).await.is_err());
        town.believes(new);
        let mut cem = town.phone("cem").at(NEXT_DOOR).await;
        assert_eq!(cem.first, ["friends: ann at CAFE"]);
        ann.hears("cem entered at NEXT_DOOR").await;
        ann.goes(PARK).await;
        cem.hears("ann moved to PARK").await;
        bob.hears("ann entered at CAFE").await;
        bob.hears("ann moved to PARK").await;
    });
}
