//! What a session chooses for itself, and whom it follows.

use nearcast::wire::client::Settings;
use nearcast::wire::{Command, Mode, Modes, Sharing};

use super::town::in_town;
use crate::places::{BORDER, BRIDGE, CAFE, HARBOR, NEXT_DOOR, PARK};

fn follow(user: &str) -> Command {
    let user = nearcast::wire::UserId::new(user).unwrap();
    Command::Follow { user }
}

fn unfollow(user: &str) -> Command {
    let user = nearcast::wire::UserId::new(user).unwrap();
    Command::Unfollow { user }
}

fn modes(modes: Modes) -> Command {
    Command::Settings(Settings {
        modes: Some(modes),
        ..Settings::default()
    })
}

fn sharing(sharing: Sharing, for_s: Option<u32>) -> Command {
    Command::Settings(Settings {
        sharing: Some(sharing),
        sharing_for_s: for_s,
        ..Settings::default()
    })
}

fn go(place: crate::places::Place) -> Command {
    Command::Move(nearcast::wire::Move::to(place.position()))
}

fn radius(radius_m: f64) -> Command {
    Command::Settings(Settings {
        radius_m: Some(radius_m),
        ..Settings::default()
    })
}

#[test]
fn unfollowing_hides_a_friend_from_this_session_before_its_ok() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut bob = town.phone("bob").at(PARK).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let mut tablet = town.phone("ann").observing().arrives().await;
        bob.hears("ann entered at CAFE").await;
        assert_eq!(ann.asks(unfollow("bob")).await, "ok");
        assert!(ann.shows(Mode::Friends).is_empty(), "the exit came before");
        ann.hears("bob exited: left").await;
        // Once is enough.
        assert_eq!(ann.asks(unfollow("bob")).await, "ok");
        bob.goes(NEXT_DOOR).await;
        tablet.hears("bob moved to NEXT_DOOR").await;
        assert_eq!(ann.asks(follow("bob")).await, "ok");
        ann.hears("bob entered at NEXT_DOOR").await;
    });
}

#[test]
fn unfollowing_outlives_a_return_and_not_the_session() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        town.befriend("ann", "cem").await;
        let mut bob = town.phone("bob").at(PARK).await;
        let _cem = town.phone("cem").at(PARK).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        assert_eq!(ann.asks(unfollow("bob")).await, "ok");
        ann.hears("bob exited: left").await;
        let mut how = ann.returning();
        how.seq = 999;
        let list = ann.list.clone();
        drop(ann);
        let mut ann = town.phone("ann").returns(how, list).await;
        ann.is_welcome(true).await;
        ann.hears("friends: cem at PARK").await;
        bob.goes(NEXT_DOOR).await;
        assert_eq!(ann.asks(follow("bob")).await, "ok");
        ann.hears("bob entered at NEXT_DOOR").await;
        assert_eq!(ann.asks(unfollow("bob")).await, "ok");
        let new = town.phone("ann").arrives().await;
        assert_eq!(new.shows(Mode::Friends), ["bob", "cem"]);
    });
}

#[test]
fn a_friend_who_has_not_come_yet_is_hidden_when_she_comes() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        town.befriend("ann", "cem").await;
        let mut ann = town.phone("ann").at(CAFE).await;
        assert_eq!(ann.asks(follow("cem")).await, "ok");
        assert_eq!(ann.asks(unfollow("bob")).await, "ok");
        let bob = town.phone("bob").at(PARK).await;
        assert_eq!(bob.first, ["friends: ann at CAFE"]);
        let _cem = town.phone("cem").at(PARK).await;
        ann.hears("cem entered at PARK").await;
        assert_eq!(ann.shows(Mode::Friends), ["cem"]);
        assert_eq!(ann.asks(follow("bob")).await, "ok");
        ann.hears("bob entered at PARK").await;
    });
}

#[test]
fn a_friend_who_is_followed_again_shows_only_within_the_radius() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut bob = town.phone("bob").at(HARBOR).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        assert_eq!(ann.asks(unfollow("bob")).await, "ok");
        assert_eq!(ann.asks(follow("bob")).await, "ok");
        bob.goes(BRIDGE).await;
        ann.hears("bob entered at BRIDGE").await;
    });
}

#[test]
fn a_mode_that_is_added_has_its_list_before_ok_and_one_removed_has_no_exits() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        town.share("ann", r#"{"strangers_consent": true}"#).await;
        let mut bob = town.phone("bob").at(PARK).await;
        let mut ann = town.phone("ann").curious().modes(Modes::FRIENDS);
        ann = ann.radius(8_000.0);
        let mut ann = ann.at(CAFE).await;
        assert_eq!(ann.first, ["friends: bob at PARK"]);
        assert_eq!(ann.asks(modes(Modes::STRANGERS)).await, "ok");
        ann.hears("strangers: nobody").await;
        ann.list.clear(Mode::Friends);
        assert_eq!(bob.asks(go(NEXT_DOOR)).await, "ok");
        assert_eq!(bob.asks(go(PARK)).await, "ok");
        assert_eq!(ann.asks(modes(Modes::FRIENDS)).await, "ok");
        assert_eq!(ann.shows(Mode::Friends), ["bob"], "the list came before");
        ann.hears("friends: bob at PARK").await;
    });
}

#[test]
fn strangers_are_not_added_without_permission_and_nothing_else_is_then() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut bob = town.phone("bob").at(PARK).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let both = Command::Settings(Settings {
            modes: Some(Modes::BOTH),
            radius_m: Some(200.0),
            ..Settings::default()
        });
        let answer = ann.asks(both).await;
        assert!(answer.starts_with("error 103"), "{answer}");
        bob.goes(BRIDGE).await;
        ann.hears("bob moved to BRIDGE").await;
    });
}

#[test]
fn a_radius_has_its_margin_and_counts_at_once() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let _bob = town.phone("bob").at(PARK).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        assert_eq!(ann.asks(radius(500.0)).await, "ok, margin 50");
        ann.hears("bob exited: radius").await;
        assert_eq!(ann.asks(radius(2_000.0)).await, "ok, margin 100");
        ann.hears("bob entered at PARK").await;
    });
}

#[test]
fn within_the_margin_who_is_shown_stays_and_who_is_not_does_not_enter() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        town.befriend("ann", "cem").await;
        let mut bob = town.phone("bob").at(BRIDGE).await;
        let _cem = town.phone("cem").at(BORDER).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        assert_eq!(ann.first, ["friends: bob at BRIDGE"]);
        bob.goes(BORDER).await;
        ann.hears("bob moved to BORDER").await;
        bob.goes(HARBOR).await;
        ann.hears("bob exited: radius").await;
    });
}

#[test]
fn sharing_is_the_users_and_off_is_left() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let mut bob = town.phone("bob").at(PARK).await;
        ann.hears("bob entered at PARK").await;
        assert_eq!(bob.asks(sharing(Sharing::Off, None)).await, "ok");
        ann.hears("bob exited: left").await;
        let tablet = town.phone("bob").arrives().await;
        assert_eq!(tablet.welcome().sharing, Sharing::Off);
        assert_eq!(tablet.first, ["friends: ann at CAFE"]);
        assert_eq!(bob.asks(sharing(Sharing::Exact, None)).await, "ok");
        ann.hears("bob entered at PARK").await;
    });
}

#[test]
fn a_timed_sharing_ends_and_a_timed_off_returns() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let mut bob = town.phone("bob").at(PARK).await;
        ann.hears("bob entered at PARK").await;
        assert_eq!(bob.asks(sharing(Sharing::Off, Some(1))).await, "ok");
        ann.hears("bob exited: left").await;
        ann.hears("bob entered at PARK").await;
        assert_eq!(bob.asks(sharing(Sharing::Exact, Some(1))).await, "ok");
        ann.hears("bob exited: left").await;
    });
}

#[test]
fn changes_of_sharing_that_are_sent_at_once_end_as_the_last() {
    in_town(async |town| {
        let mut bob = town.phone("bob").at(PARK).await;
        for round in 0..10 {
            for which in [Sharing::Off, Sharing::Approximate, Sharing::Exact] {
                bob.says(sharing(which, None)).await;
            }
            let last = [Sharing::Off, Sharing::Approximate][round % 2];
            assert_eq!(bob.asks(sharing(last, None)).await, "ok");
            let tablet = town.phone("bob").arrives().await;
            assert_eq!(tablet.welcome().sharing, last);
        }
    });
}
