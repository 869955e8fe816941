//! Who is silent is asked, and who does not answer is sent away.

use nearcast::config::Config;
use serde_json::json;

use super::town::in_town_with;
use crate::places::{CAFE, PARK};

fn soon(config: &mut Config) {
    config.socket.ping_every_s = 1;
    config.socket.pong_s = 3;
}

#[test]
fn a_silent_client_hears_a_ping_frame_and_then_no_traffic() {
    in_town_with(soon, async |town| {
        let mut ann = town.wire().await;
        ann.hello(&town.token("ann")).await;
        assert_eq!(ann.hears().await, json!({"ping": ""}));
        assert_eq!(ann.closes().await, 3012);
    });
}

#[test]
fn a_browser_hears_a_ping_message_and_its_pong_keeps_it() {
    in_town_with(soon, async |town| {
        let mut ann = town.phone("ann").pinged_by_message().at(CAFE).await;
        assert_eq!(ann.welcome().ping_every_s, 1);
        ann.hears("ping").await;
        ann.hears("ping").await;
        ann.hears("ping").await;
        ann.falls_silent();
        ann.hears("ping").await;
        ann.is_sent_away(3012).await;
    });
}

#[test]
fn who_is_lost_may_return_to_the_session() {
    in_town_with(soon, async |town| {
        town.befriend("ann", "bob").await;
        let mut ann = town.phone("ann").pinged_by_message().at(CAFE).await;
        ann.falls_silent();
        ann.hears("ping").await;
        ann.is_sent_away(3012).await;
        let _bob = town.phone("bob").at(PARK).await;
        let (how, list) = (ann.returning(), ann.list.clone());
        let mut ann = town.phone("ann").returns(how, list).await;
        ann.is_welcome(true).await;
        ann.hears("bob entered at PARK").await;
    });
}

#[test]
fn a_message_that_is_not_finished_ends_its_session() {
    in_town_with(
        |config| config.socket.unfinished_s = 1,
        async |town| {
            let mut ann = town.wire().await;
            ann.hello(&town.token("ann")).await;
            ann.begins_a_message().await;
            assert_eq!(ann.closes().await, 3008);
        },
    );
}
