//! Several sessions of one user, and how sessions end.

use std::time::Duration;

use nearcast::auth::Grant;
use nearcast::wire::{Command, Mode, Move, UserId};

use super::town::{in_town, in_town_with};
use crate::places::{BRIDGE, CAFE, NEXT_DOOR, PARK};

#[test]
fn two_sessions_of_a_user_have_their_own_views() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut bob = town.phone("bob").at(NEXT_DOOR).await;
        let mut near = town.phone("ann").radius(500.0).at(CAFE).await;
        let mut far = town.phone("ann").radius(20_000.0).arrives().await;
        assert_eq!(near.first, ["friends: bob at NEXT_DOOR"]);
        assert_eq!(far.first, ["friends: bob at NEXT_DOOR"]);
        assert_ne!(near.welcome().session, far.welcome().session);
        bob.hears("ann entered at CAFE").await;
        bob.goes(BRIDGE).await;
        near.hears("bob exited: radius").await;
        far.hears("bob moved to BRIDGE").await;
        bob.goes(PARK).await;
        far.hears("bob moved to PARK").await;
        bob.goes(NEXT_DOOR).await;
        near.hears("bob entered at NEXT_DOOR").await;
        far.hears("bob moved to NEXT_DOOR").await;
    });
}

#[test]
fn a_second_session_is_no_news_for_anybody() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut bob = town.phone("bob").at(PARK).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        bob.hears("ann entered at CAFE").await;
        let _tablet = town.phone("ann").arrives().await;
        bob.goes(NEXT_DOOR).await;
        ann.hears("bob moved to NEXT_DOOR").await;
        ann.goes(PARK).await;
        bob.hears("ann moved to PARK").await;
    });
}

#[test]
fn an_observing_session_sees_and_does_not_report() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut bob = town.phone("bob").at(PARK).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        bob.hears("ann entered at CAFE").await;
        let mut tablet = town.phone("ann").observing().at(BRIDGE).await;
        assert_eq!(tablet.first, ["friends: bob at PARK"]);
        let there = Command::Move(Move::to(BRIDGE.position()));
        let answer = tablet.asks(there).await;
        assert_eq!(answer, "error 103: this session only observes");
        ann.goes(NEXT_DOOR).await;
        bob.hears("ann moved to NEXT_DOOR").await;
    });
}

#[test]
fn the_oldest_session_makes_room_for_one_too_many() {
    in_town_with(
        |config| config.limits.sessions_per_user = 2,
        async |town| {
            let mut first = town.phone("ann").at(CAFE).await;
            let mut second = town.phone("ann").arrives().await;
            let mut third = town.phone("ann").arrives().await;
            first.is_sent_away(3504).await;
            let _fourth = town.phone("ann").arrives().await;
            second.is_sent_away(3504).await;
            let there = Command::Move(Move::to(PARK.position()));
            assert_eq!(third.asks(there).await, "ok");
        },
    );
}

#[test]
fn a_session_ends_with_its_token_and_a_refresh_keeps_it() {
    in_town_with(
        |config| config.auth.leeway_s = 0,
        async |town| {
            let mut ann = town.phone("ann").for_s(2).at(CAFE).await;
            let mut bob = town.phone("bob").for_s(2).at(CAFE).await;
            let token = town.token("bob");
            assert_eq!(bob.asks(Command::Refresh { token }).await, "ok");
            ann.hears("error 109: the token has expired").await;
            ann.is_sent_away(3005).await;
            let there = Command::Move(Move::to(PARK.position()));
            assert_eq!(bob.asks(there).await, "ok");
            // With a new token she goes on where she was.
            let (how, list) = (ann.returning(), ann.list.clone());
            let mut ann = town.phone("ann").returns(how, list).await;
            ann.is_welcome(true).await;
        },
    );
}

#[test]
fn a_refresh_may_change_what_is_allowed() {
    in_town(async |town| {
        town.share("eve", r#"{"strangers_consent": true}"#).await;
        town.share("tom", r#"{"strangers_consent": true}"#).await;
        let mut tom = town.phone("tom").curious().at(CAFE).await;
        let mut eve = town.phone("eve").at(CAFE).await;
        let token = town.token_of(&Grant {
            user: &UserId::new("eve").unwrap(),
            ttl: Duration::from_secs(60),
            strangers: true,
            pool: "",
        });
        assert_eq!(eve.asks(Command::Refresh { token }).await, "ok");
        tom.hears_at_last("stranger eve entered at the cell of CAFE")
            .await;
        assert_eq!(tom.shows(Mode::Strangers), ["eve"]);
    });
}
