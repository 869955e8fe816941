//! What REST does is seen over sockets.

use nearcast::wire::Command;
use serde_json::json;

use super::town::in_town;
use crate::places::{CAFE, NEXT_DOOR, PARK};
use crate::server::As;

#[test]
fn an_end_of_a_friendship_is_left_for_both_and_nothing_after() {
    in_town(async |town| {
        town.befriend("ann", "cem").await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let mut bob = town.phone("bob").at(PARK).await;
        let mut cem = town.phone("cem").at(CAFE).await;
        ann.hears("cem entered at CAFE").await;
        town.befriend("ann", "bob").await;
        ann.hears("bob entered at PARK").await;
        bob.hears("ann entered at CAFE").await;
        town.unfriend("bob", "ann").await;
        ann.hears("bob exited: left").await;
        bob.hears("ann exited: left").await;
        bob.goes(NEXT_DOOR).await;
        cem.goes(NEXT_DOOR).await;
        ann.hears("cem moved to NEXT_DOOR").await;
    });
}

#[test]
fn a_block_ends_what_both_see() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let mut bob = town.phone("bob").at(PARK).await;
        ann.hears("bob entered at PARK").await;
        let blocked = town
            .rest(As::User("bob"), "PUT", "/v1/users/bob/blocks/ann", "")
            .await;
        assert_eq!(blocked.status, 204);
        ann.hears("bob exited: left").await;
        bob.hears("ann exited: left").await;
    });
}

#[test]
fn why_says_what_each_session_makes_of_somebody() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let mut tablet = town.phone("ann").radius(500.0).arrives().await;
        let _eve = town.phone("eve").at(NEXT_DOOR).await;
        let bob = town.phone("bob").at(NEXT_DOOR).await;
        ann.hears("bob entered at NEXT_DOOR").await;
        tablet.hears("bob entered at NEXT_DOOR").await;
        let hide = Command::Unfollow {
            user: bob.welcome().user.clone(),
        };
        assert_eq!(ann.asks(hide).await, "ok");
        let why = async |viewer: &str| {
            let path = format!("/v1/admin/why?viewer={viewer}&subject=bob");
            town.rest(As::Server, "GET", &path, "").await.json()
        };
        let answer = why("ann").await;
        assert_eq!(answer["friends"], true);
        assert_eq!(answer["subject_lodged"], false);
        let outlook = |radius_m: f64, follows| {
            json!({
                "friends": true, "strangers": false, "radius_m": radius_m,
                "follows": follows, "shows": follows, "suspended": false,
            })
        };
        let both = json!([outlook(8047.0, false), outlook(500.0, true)]);
        assert_eq!(answer["sessions"], both);
        let strange = why("eve").await;
        assert_eq!(strange["friends"], false);
        assert_eq!(strange["sessions"][0]["shows"], false);
    });
}

#[test]
fn an_erased_user_is_closed_everywhere_and_has_left() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let mut bob = town.phone("bob").at(PARK).await;
        let mut tablet = town.phone("bob").arrives().await;
        ann.hears("bob entered at PARK").await;
        town.backend("DELETE", "/v1/users/bob", "").await;
        // Her own friendships end as well, and she may hear it before.
        bob.hears_at_last("goodbye 3505").await;
        bob.hears("closed 3505").await;
        tablet.hears_at_last("goodbye 3505").await;
        tablet.hears("closed 3505").await;
        ann.hears("bob exited: left").await;
        // Who comes with that name again is somebody new.
        let bob = town.phone("bob").at(PARK).await;
        assert_eq!(bob.first, ["friends: nobody"]);
    });
}

#[test]
fn a_request_arrives_at_every_session_of_the_other_and_no_where_else() {
    in_town(async |town| {
        town.backend("PUT", "/v1/users/ann", r#"{"name": "Ann"}"#)
            .await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let mut bob = town.phone("bob").at(PARK).await;
        let mut tablet = town.phone("bob").arrives().await;
        let asked = town
            .rest(As::User("ann"), "PUT", "/v1/users/ann/friends/bob", "")
            .await;
        assert_eq!(asked.json(), json!({"state": "requested"}));
        bob.hears("request of ann").await;
        tablet.hears("request of ann").await;
        town.rest(As::User("bob"), "PUT", "/v1/users/bob/friends/ann", "")
            .await;
        ann.hears("bob entered at PARK").await;
        bob.hears("ann (Ann) entered at CAFE").await;
        tablet.hears("ann (Ann) entered at CAFE").await;
    });
}

#[test]
fn a_position_over_rest_is_seen_by_friends_and_by_herself() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let body = r#"{"lat": 37.5755, "lon": 126.978}"#;
        let taken = town
            .rest(As::User("bob"), "POST", "/v1/users/bob/position", body)
            .await;
        assert_eq!(taken.json(), json!({}));
        ann.hears("bob entered at PARK").await;
        let bob = town.phone("bob").arrives().await;
        assert_eq!(bob.first, ["friends: ann at CAFE"]);
    });
}

#[test]
fn a_new_name_enters_again_and_is_not_a_move() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let _bob = town.phone("bob").at(PARK).await;
        ann.hears("bob entered at PARK").await;
        town.backend("PUT", "/v1/users/bob", r#"{"name": "Bob"}"#)
            .await;
        ann.hears("bob (Bob) entered at PARK").await;
    });
}
