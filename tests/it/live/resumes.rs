//! A session that is taken up again, in each of the ways it may go.

use nearcast::client::Returning;
use nearcast::wire::Command;
use serde_json::{Value, json};

use super::town::{Town, in_town, in_town_with};
use super::wire::Wire;
use crate::places::{BRIDGE, CAFE, NEXT_DOOR, PARK};

#[test]
fn who_has_the_last_frame_goes_on_with_changes() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut bob = town.phone("bob").at(PARK).await;
        let ann = town.phone("ann").at(CAFE).await;
        bob.hears("ann entered at CAFE").await;
        let (how, list) = (ann.returning(), ann.list.clone());
        assert_eq!(how.seq, 1);
        let session = ann.welcome().session.clone();
        drop(ann);
        // What is sent to who has gone, unnoticed so far, would be missed.
        town.has_lines(1).await;
        bob.goes(NEXT_DOOR).await;
        bob.goes(BRIDGE).await;
        let mut ann = town.phone("ann").returns(how.clone(), list).await;
        let welcome = ann.is_welcome(true).await;
        assert_eq!(welcome.session, session);
        assert_ne!(welcome.resume, how.resume, "a new token with each welcome");
        ann.hears("bob moved to BRIDGE").await;
        assert_eq!(ann.list.seq, 2);
    });
}

#[test]
fn who_missed_a_frame_gets_a_complete_list() {
    in_town(async |town| {
        for friend in ["bob", "cem"] {
            town.befriend("ann", friend).await;
        }
        let _bob = town.phone("bob").at(PARK).await;
        let _cem = town.phone("cem").at(NEXT_DOOR).await;
        let ann = town.phone("ann").radius(5_000.0).limit(1).at(CAFE).await;
        let mut how = ann.returning();
        how.seq = 0;
        let list = ann.list.clone();
        drop(ann);
        // What this hello says of radius and limit is ignored.
        let again = town.phone("ann").radius(200.0).limit(1);
        let mut ann = again.returns(how, list).await;
        let welcome = ann.is_welcome(true).await;
        assert_eq!(welcome.radius_m, 5_000.0);
        ann.hears("friends: cem at NEXT_DOOR, bob at PARK").await;
    });
}

#[test]
fn a_token_that_takes_permission_or_pool_away_counts_before_the_return_is_listed() {
    in_town(async |town| {
        for user in ["eve", "tom"] {
            town.share(user, r#"{"strangers_consent": true}"#).await;
        }
        let _tom = town.phone("tom").curious().at(CAFE).await;
        let mut eve = town.phone("eve").curious().at(CAFE).await;
        let told = "stranger tom entered at the cell of CAFE";
        eve.hears_at_last(told).await;
        let (mut how, mut list) = (eve.returning(), eve.list.clone());
        drop(eve);
        let again = || town.phone("eve").curious();
        for arrival in [town.phone("eve"), again().pool("teens")] {
            how.seq = 0;
            let mut eve = arrival.returns(how, list).await;
            eve.is_welcome(true).await;
            eve.hears("friends: nobody").await;
            eve.hears("strangers: nobody").await;
            (how, list) = (eve.returning(), eve.list.clone());
            // The permission is back, and tom with it.
            drop(eve);
            let mut eve = again().returns(how, list).await;
            eve.is_welcome(true).await;
            eve.hears_at_last(told).await;
            (how, list) = (eve.returning(), eve.list.clone());
        }
    });
}

#[test]
fn who_comes_too_late_begins_anew() {
    in_town_with(
        |config| config.socket.resume_window_s = 1,
        async |town| {
            town.befriend("ann", "bob").await;
            let bob = town.phone("bob").at(PARK).await;
            let ann = town.phone("ann").at(CAFE).await;
            let (how, list) = (ann.returning(), ann.list.clone());
            drop((ann, bob));
            // Sharing for a second and its end are heard when the second is over, the window too.
            town.befriend("eve", "cem").await;
            let mut eve = town.phone("eve").at(CAFE).await;
            let cem = town.phone("cem").at(PARK).await;
            eve.hears("cem entered at PARK").await;
            let until = town.running().clock.now_ms() + 2_000;
            let lent = json!({"sharing": "exact", "until": until});
            town.share("cem", &lent.to_string()).await;
            eve.hears("cem exited: left").await;
            drop(cem);
            let mut ann = town.phone("ann").returns(how, list).await;
            ann.is_welcome(false).await;
            ann.hears("friends: bob at PARK").await;
            assert_eq!(ann.list.seq, 1);
        },
    );
}

#[test]
fn a_token_that_returns_elsewhere_ends_the_older_line() {
    in_town(async |town| {
        let mut ann = town.phone("ann").at(CAFE).await;
        let (how, list) = (ann.returning(), ann.list.clone());
        let mut twin = town.phone("ann").returns(how.clone(), list.clone()).await;
        twin.is_welcome(true).await;
        ann.is_sent_away(3014).await;
        // A token is good once.
        let mut late = town.phone("ann").returns(how, list).await;
        late.is_welcome(false).await;
        assert_ne!(late.welcome().session, twin.welcome().session);
        assert_eq!(twin.asks(Command::Move(move_to_park())).await, "ok");
    });
}

fn move_to_park() -> nearcast::wire::Move {
    nearcast::wire::Move::to(PARK.position())
}

#[test]
fn a_token_of_somebody_else_or_of_nobody_takes_nothing_up() {
    in_town(async |town| {
        let mut ann = town.phone("ann").at(CAFE).await;
        let hers = ann.returning();
        let mut one_off = hers.resume.clone().into_bytes();
        one_off[20] = if one_off[20] == b'0' { b'1' } else { b'0' };
        let one_off = String::from_utf8(one_off).unwrap();
        for resume in [hers.resume, one_off, "x".to_owned(), "é".repeat(28)] {
            let how = Returning { resume, seq: 1 };
            let mut eve = town.phone("eve").returns(how, Default::default()).await;
            let welcome = eve.is_welcome(false).await;
            assert_eq!(welcome.user.as_str(), "eve");
            eve.hears("friends: nobody").await;
        }
        assert_eq!(ann.asks(Command::Move(move_to_park())).await, "ok");
    });
}

/// A session of ann, left by its client, and the hello that takes it up.
async fn left(town: &Town) -> Value {
    let mut ann = town.wire().await;
    ann.say(&json!({"hello": {"token": town.token("ann")}}))
        .await;
    let welcome = ann.hears().await;
    ann.hears().await;
    json!({"hello": {
        "token": town.token("ann"),
        "resume": welcome["welcome"]["resume"],
        "seq": 1,
    }})
}

/// Connections on either of the two workers.
async fn one_on_each(town: &Town) -> [Wire; 2] {
    let first = town.wire().await;
    let second = town.wire().await;
    [first, second]
}

#[test]
fn a_session_is_taken_up_on_whichever_worker_its_client_comes_back() {
    in_town(async |town| {
        for _ in 0..4 {
            for mut wire in one_on_each(town).await {
                let hello = left(town).await;
                wire.say(&hello).await;
                let welcome = wire.hears().await;
                assert_eq!(welcome["welcome"]["resumed"], true, "{welcome}");
                wire.say(&json!({"id": 1, "move": {"lat": 1, "lon": 1}}))
                    .await;
                assert_eq!(wire.hears().await, json!({"id": 1, "ok": {}}));
            }
        }
    });
}

#[test]
fn what_comes_with_the_hello_of_a_return_is_obeyed_after_it() {
    in_town(async |town| {
        for _ in 0..4 {
            for mut wire in one_on_each(town).await {
                let hello = left(town).await.to_string();
                // The last message is cut in two, and the rest comes when the first are answered.
                let messages = [
                    hello.as_str(),
                    r#"{"id":1,"move":{"lat":1,"lon":1}}"#,
                    r#"{"id":2,"nearby":{}}"#,
                    r#"{"id":3,"move":{"lat":1,"lon":2}}"#,
                ];
                let rest = wire.texts_at_once(&messages, 7).await;
                let welcome = wire.hears().await;
                assert_eq!(welcome["welcome"]["resumed"], true, "{welcome}");
                assert_eq!(wire.hears().await, json!({"id": 1, "ok": {}}));
                assert_eq!(wire.hears().await["id"], 2);
                wire.bytes(&rest).await;
                assert_eq!(wire.hears().await, json!({"id": 3, "ok": {}}));
            }
        }
    });
}
