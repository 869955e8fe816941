//! Who is in view: entering, staying, leaving.

use nearcast::broker::Change;

use crate::places::{BORDER, BRIDGE, BUSAN, CAFE, HARBOR, NEXT_DOOR, PARK};
use crate::town::{Arrival, Town};

#[test]
fn walking_out_of_view_is_told_once() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.walk(bob, HARBOR);
    assert_eq!(
        town.heard_by(ann),
        ["bob entered at CAFE", "bob exited: radius"]
    );
    town.walk(bob, BUSAN);
    assert!(town.heard_by(ann).is_empty());
}

#[test]
fn who_arrives_is_shown_whom_she_knows() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", PARK));
    town.befriend(ann, bob);
    town.leave(ann);
    let ann = town.arrive("ann", CAFE);
    assert_eq!(town.heard_by(ann), ["friends: bob at PARK"]);
}

#[test]
fn strangers_are_not_told_to_friends_mode() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.walk(bob, PARK);
    assert!(town.heard_by(ann).is_empty());
}

#[test]
fn the_margin_keeps_a_friend_at_the_border() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", BORDER));
    town.befriend(ann, bob);
    assert!(town.heard_by(ann).is_empty());
    town.walk(bob, BRIDGE);
    town.walk(bob, BORDER);
    town.walk(bob, BRIDGE);
    town.walk(bob, HARBOR);
    town.walk(bob, BORDER);
    assert_eq!(
        town.heard_by(ann),
        [
            "bob entered at BRIDGE",
            "bob moved to BORDER",
            "bob moved to BRIDGE",
            "bob exited: radius"
        ]
    );
}

#[test]
fn one_s_own_move_tells_only_who_enters_and_leaves() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    let cid = town.arrive("cid", HARBOR);
    town.befriend(ann, bob);
    town.befriend(ann, cid);
    town.heard_by(ann);
    town.walk(ann, NEXT_DOOR);
    assert!(town.heard_by(ann).is_empty());
    town.walk(ann, HARBOR);
    assert_eq!(
        town.heard_by(ann),
        ["cid entered at HARBOR", "bob exited: radius"]
    );
}

/// Away and back between two sweeps, whether her frame goes out at once or waits.
#[test]
fn who_jumps_away_and_back_hears_nothing_of_whom_she_sees() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    let tablet = town.arrive("ann", CAFE);
    town.befriend(ann, bob);
    let jump = |town: &mut Town, phone| {
        town.at_once(|town| {
            town.walk(phone, BUSAN);
            town.walk(phone, CAFE);
        });
    };
    for phone in [ann, tablet] {
        assert_eq!(town.heard_by(phone), ["bob entered at CAFE"]);
    }
    for phone in [ann, tablet] {
        jump(&mut town, phone);
        assert!(town.heard_by(ann).is_empty() && town.heard_by(tablet).is_empty());
    }
    town.leave(tablet);
    town.stall(ann);
    jump(&mut town, ann);
    town.wake(ann);
    assert!(town.heard_by(ann).is_empty());
    town.at_once(|town| {
        town.walk(ann, BUSAN);
        town.walk(bob, PARK);
        town.walk(ann, CAFE);
    });
    assert_eq!(town.heard_by(ann), ["bob moved to PARK"]);
}

/// The last half metre before the margin's end is where a careless comparison would look twice.
#[test]
fn one_s_own_move_to_the_very_margin_tells_nothing() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", BRIDGE));
    town.befriend(ann, bob);
    town.heard_by(ann);
    let apart = |place: crate::places::Place| {
        nearcast_grid::distance_m(place.position(), BRIDGE.position())
    };
    let mut tried = 0;
    for step in 0..100 {
        let place = CAFE.north(-100.0 - 0.3 * f64::from(step));
        if (8146.5..8147.0).contains(&apart(place)) {
            town.walk(ann, CAFE);
            town.walk(ann, place);
            assert!(town.heard_by(ann).is_empty());
            tried += 1;
        }
    }
    assert!(tried > 0);
}

#[test]
fn two_who_pass_each_other_at_once_do_not_miss_each_other() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", BUSAN));
    town.befriend(ann, bob);
    town.at_once(|town| {
        town.walk(ann, BUSAN);
        town.walk(bob, CAFE);
    });
    assert!(town.heard_by(ann).is_empty());
    town.at_once(|town| {
        town.walk(ann, PARK);
        town.walk(bob, NEXT_DOOR);
    });
    assert_eq!(town.heard_by(ann), ["bob entered at NEXT_DOOR"]);
    assert_eq!(town.heard_by(bob), ["ann entered at PARK"]);
}

#[test]
fn the_positions_between_two_sweeps_are_nobody_s_business() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.heard_by(ann);
    town.at_once(|town| {
        for place in [BUSAN, HARBOR, BRIDGE, PARK] {
            town.walk(bob, place);
        }
    });
    assert_eq!(town.heard_by(ann), ["bob moved to PARK"]);
}

#[test]
fn a_wider_radius_lets_enter_and_a_narrower_one_leave() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", PARK));
    town.befriend(ann, bob);
    for radius_m in [500.0, 2000.0] {
        let change = Change {
            radius_m: Some(radius_m),
            ..Change::default()
        };
        town.set(ann, &change);
    }
    assert_eq!(
        town.heard_by(ann),
        [
            "bob entered at PARK",
            "bob exited: radius",
            "bob entered at PARK"
        ]
    );
}

#[test]
fn each_sees_as_far_as_her_own_radius() {
    let mut town = Town::new();
    let ann = town.arrive_as("ann", CAFE, &Arrival::radius(200.0));
    let bob = town.arrive_as("bob", HARBOR, &Arrival::radius(50_000.0));
    town.befriend(ann, bob);
    town.walk(bob, PARK);
    assert_eq!(town.heard_by(bob), ["ann entered at CAFE"]);
    assert!(town.heard_by(ann).is_empty());
}

#[test]
fn a_mode_that_is_left_is_silent_and_comes_back_as_a_list() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.heard_by(ann);
    let mode = |on| Change {
        friends: Some(on),
        ..Change::default()
    };
    town.set(ann, &mode(false));
    town.walk(bob, PARK);
    assert!(town.heard_by(ann).is_empty());
    town.set(ann, &mode(true));
    assert_eq!(town.heard_by(ann), ["friends: bob at PARK"]);
}

/// The edge that tells bob's moves to ann is made anew while ann still shows him.
#[test]
fn a_friendship_renewed_at_once_still_tells_the_exit() {
    let mut town = Town::new();
    let ann = town.arrive("ann", CAFE);
    let bob = town.arrive_as("bob", PARK, &Arrival::radius(100.0));
    town.befriend(ann, bob);
    town.heard_by(ann);
    town.at_once(|town| {
        town.unfriend(ann, bob);
        town.befriend(ann, bob);
    });
    town.heard_by(ann);
    town.walk(bob, BUSAN);
    assert_eq!(town.heard_by(ann), ["bob exited: radius"]);
}
