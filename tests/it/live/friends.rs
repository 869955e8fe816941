//! What friends hear of each other.

use nearcast::wire::{Command, Mode, Move};

use super::town::in_town;
use crate::places::{BORDER, BRIDGE, BUSAN, CAFE, COUNTER, HARBOR, NEXT_DOOR, PARK};

#[test]
fn coming_moving_and_going_are_told_once_each() {
    in_town(async |town| {
        let mut ann = town.phone("ann").at(CAFE).await;
        let mut bob = town.phone("bob").at(PARK).await;
        assert_eq!(ann.first, ["friends: nobody"]);
        town.befriend("ann", "bob").await;
        ann.hears("bob entered at PARK").await;
        bob.hears("ann entered at CAFE").await;
        bob.goes(NEXT_DOOR).await;
        ann.hears("bob moved to NEXT_DOOR").await;
        bob.goes(BORDER).await;
        ann.hears("bob moved to BORDER").await;
        bob.goes(HARBOR).await;
        ann.hears("bob exited: radius").await;
        // Her own move brings only who entered and exited.
        bob.hears("ann exited: radius").await;
        bob.goes(BORDER).await;
        bob.goes(BRIDGE).await;
        ann.hears("bob entered at BRIDGE").await;
        bob.hears("ann entered at CAFE").await;
        assert_eq!(ann.list.seq, 6, "the list, and five changes");
    });
}

#[test]
fn who_arrives_among_friends_sees_them_and_is_seen() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        town.befriend("ann", "cem").await;
        town.befriend("ann", "dan").await;
        let mut bob = town.phone("bob").at(PARK).await;
        let _cem = town.phone("cem").at(NEXT_DOOR).await;
        let _dan = town.phone("dan").at(BUSAN).await;
        let ann = town.phone("ann").at(CAFE).await;
        assert_eq!(ann.first, ["friends: cem at NEXT_DOOR, bob at PARK"]);
        bob.hears("ann entered at CAFE").await;
    });
}

#[test]
fn who_does_not_fit_the_first_page_enters_after_it() {
    in_town(async |town| {
        for friend in ["bob", "cem", "dan"] {
            town.befriend("ann", friend).await;
        }
        let _bob = town.phone("bob").at(COUNTER).await;
        let _cem = town.phone("cem").at(NEXT_DOOR).await;
        let _dan = town.phone("dan").at(PARK).await;
        let mut ann = town.phone("ann").limit(1).at(CAFE).await;
        assert_eq!(ann.first, ["friends: bob at COUNTER of 3"]);
        ann.hears_all(["cem entered at NEXT_DOOR", "dan entered at PARK"])
            .await;
        assert_eq!(ann.shows(Mode::Friends), ["bob", "cem", "dan"]);
    });
}

#[test]
fn a_short_move_is_not_told() {
    in_town(async |town| {
        let mut ann = town.phone("ann").at(PARK).await;
        let mut bob = town.phone("bob").at(CAFE).await;
        town.befriend("ann", "bob").await;
        ann.hears("bob entered at CAFE").await;
        let there = Command::Move(Move::to(COUNTER.position()));
        assert_eq!(bob.asks(there).await, "ok");
        bob.goes(NEXT_DOOR).await;
        ann.hears("bob moved to NEXT_DOOR").await;
    });
}

#[test]
fn an_older_move_of_a_session_is_history() {
    in_town(async |town| {
        let mut ann = town.phone("ann").at(CAFE).await;
        let mut bob = town.phone("bob").at(CAFE).await;
        town.befriend("ann", "bob").await;
        ann.hears("bob entered at CAFE").await;
        let at = |place: crate::places::Place, at| {
            Command::Move(Move {
                at: Some(at),
                ..Move::to(place.position())
            })
        };
        let now = town.running().clock.now_ms();
        assert_eq!(bob.asks(at(PARK, now)).await, "ok");
        assert_eq!(bob.asks(at(BRIDGE, now - 1)).await, "ok");
        ann.hears("bob moved to PARK").await;
        assert_eq!(bob.asks(at(NEXT_DOOR, now + 1)).await, "ok");
        ann.hears("bob moved to NEXT_DOOR").await;
    });
}

#[test]
fn who_shares_approximately_is_only_ever_in_the_middle_of_her_cell() {
    in_town(async |town| {
        town.share("bob", r#"{"sharing": "approximate"}"#).await;
        town.befriend("ann", "bob").await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let mut bob = town.phone("bob").at(CAFE).await;
        assert_eq!(bob.first, ["friends: ann at CAFE"]);
        ann.hears("bob entered at the cell of CAFE").await;
        let told = ann.list.friends["bob"].clone();
        assert!(told.approximate);
        assert_eq!(told.seen_at % 60_000, 0, "floored to the minute");
        bob.goes(NEXT_DOOR).await;
        bob.goes(PARK).await;
        ann.hears("bob moved to the cell of PARK").await;
        assert!(ann.list.friends["bob"].approximate);
    });
}

#[test]
fn who_stops_sharing_has_left_and_still_sees() {
    in_town(async |town| {
        town.befriend("ann", "bob").await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let mut bob = town.phone("bob").at(PARK).await;
        ann.hears("bob entered at PARK").await;
        town.share("bob", r#"{"sharing": "off"}"#).await;
        ann.hears("bob exited: left").await;
        bob.goes(CAFE).await;
        ann.goes(NEXT_DOOR).await;
        bob.hears("ann moved to NEXT_DOOR").await;
        town.share("bob", r#"{"sharing": "exact"}"#).await;
        ann.hears("bob entered at CAFE").await;
    });
}

#[test]
fn a_position_that_expired_is_inactive() {
    super::town::in_town_with(
        |config| config.broker.ttl_s = 2,
        async |town| {
            town.befriend("ann", "bob").await;
            let mut ann = town.phone("ann").at(CAFE).await;
            let _bob = town.phone("bob").at(PARK).await;
            ann.hears("bob entered at PARK").await;
            ann.hears("bob exited: inactive").await;
        },
    );
}
