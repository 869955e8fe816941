//! How the server sends everybody away.

use super::town::in_town;
use crate::places::{CAFE, PARK};
use crate::server::As;

#[test]
fn at_the_end_everybody_is_told_when_to_come_back() {
    in_town(async |town| {
        let mut phones = Vec::new();
        for user in ["ann", "bob", "cem", "dan"] {
            phones.push(town.phone(user).at(CAFE).await);
        }
        // One that has not said hello.
        let mut new = town.wire().await;
        let leave = async {
            for phone in &mut phones {
                // That `after_ms` is there is checked of each goodbye.
                phone.is_sent_away(3001).await;
            }
            assert_eq!(new.closes().await, 3001);
            phones.clear();
            drop(new);
        };
        tokio::join!(town.end(), leave);
    });
}

#[test]
fn a_drain_sends_sessions_away_and_rest_goes_on() {
    in_town(async |town| {
        let mut ann = town.phone("ann").at(CAFE).await;
        let asked = town.rest(As::Server, "POST", "/v1/admin/drain", "").await;
        assert_eq!(asked.status, 202);
        ann.is_sent_away(3001).await;
        let ready = town.rest(As::Nobody, "GET", "/readyz", "").await;
        assert_eq!(ready.status, 503);
        let body = r#"{"lat": 37.5755, "lon": 126.978}"#;
        let taken = town
            .rest(As::User("ann"), "POST", "/v1/users/ann/position", body)
            .await;
        assert_eq!(taken.status, 200);
        town.befriend("ann", "bob").await;
        town.unfriend("ann", "bob").await;
        drop(ann);
        // Who comes all the same, on whichever worker, is told to go elsewhere.
        for _ in 0..4 {
            assert_eq!(town.wire().await.closes().await, 3001);
        }
    });
}

#[test]
fn the_url_of_a_successor_comes_with_the_goodbye() {
    super::town::in_town_with(
        |config| config.drain.url = "wss://other.example/v1/ws".to_owned(),
        async |town| {
            let mut wire = town.wire().await;
            wire.hello(&town.token("ann")).await;
            let _bob = town.phone("bob").at(PARK).await;
            town.running().drain();
            let heard = wire.hears().await;
            let goodbye = &heard["goodbye"];
            assert_eq!(goodbye["url"], "wss://other.example/v1/ws");
            assert_eq!(goodbye["reconnect"], true);
            assert!(goodbye["after_ms"].as_u64().unwrap() < 1_000);
            assert_eq!(goodbye["why"], "shutdown");
        },
    );
}
