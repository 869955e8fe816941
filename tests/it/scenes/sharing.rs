//! Sharing: exact, approximate, off, and for a while.

use nearcast::wire::Sharing;

use crate::places::{CAFE, HARBOR, NEXT_DOOR, PARK};
use crate::town::{Arrival, Town};

#[test]
fn sharing_off_tells_left() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.share(bob, Sharing::Off);
    town.walk(bob, PARK);
    assert_eq!(
        town.heard_by(ann),
        ["bob entered at CAFE", "bob exited: left"]
    );
    // Who hides still sees.
    town.heard_by(bob);
    town.walk(ann, NEXT_DOOR);
    assert_eq!(town.heard_by(bob), ["ann moved to NEXT_DOOR"]);
    town.share(bob, Sharing::Exact);
    assert_eq!(town.heard_by(ann), ["bob entered at PARK"]);
}

#[test]
fn a_timed_off_comes_back_as_what_was_before() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.share_until(bob, Sharing::Off, Some(30));
    // Longer, while it lasts: before it is still what was before all of it.
    town.share_until(bob, Sharing::Off, Some(60));
    town.wait_s(50);
    assert_eq!(
        town.heard_by(ann),
        ["bob entered at CAFE", "bob exited: left"]
    );
    town.wait_s(15);
    assert_eq!(town.heard_by(ann), ["bob entered at CAFE"]);
}

#[test]
fn a_timed_sharing_ends() {
    let mut town = Town::new();
    let ann = town.arrive("ann", CAFE);
    let bob = town.arrive_as("bob", CAFE, &Arrival::sharing(Sharing::Off));
    town.befriend(ann, bob);
    town.share_until(bob, Sharing::Exact, Some(60));
    assert_eq!(town.heard_by(ann), ["bob entered at CAFE"]);
    town.wait_s(62);
    assert_eq!(town.heard_by(ann), ["bob exited: left"]);
    assert_eq!(town.workers[0].sharing("bob"), Ok((Sharing::Off, None)));
}

#[test]
fn a_choice_for_good_ends_a_timed_one() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.share_until(bob, Sharing::Exact, Some(20));
    town.share(bob, Sharing::Exact);
    town.wait_s(40);
    assert_eq!(town.friends_of(ann), ["bob at CAFE"]);
}

#[test]
fn approximate_shows_the_centre_after_two_epochs_and_nothing_in_between() {
    let mut town = Town::new();
    let ann = town.arrive("ann", CAFE);
    let bob = town.arrive_as("bob", CAFE, &Arrival::sharing(Sharing::Approximate));
    town.befriend(ann, bob);
    town.fall_silent(ann);
    town.wait_s(14);
    assert!(town.heard_by(ann).is_empty());
    town.wait_s(17);
    assert_eq!(town.heard_by(ann), ["bob entered at the cell of CAFE"]);
    let told = town.last_friend_told(ann);
    assert!(told.approximate);
    assert_eq!(told.seen_at % 60_000, 0);
    assert_eq!(
        (told.accuracy_m, told.heading_deg, told.speed_mps),
        (None, None, None)
    );
    // Moves within the cell say nothing at all, and one across its line waits for two epochs.
    town.fall_silent(bob);
    town.wait_s(60);
    town.heard_by(ann);
    town.walk(bob, NEXT_DOOR);
    town.walk(bob, CAFE);
    town.walk(bob, PARK);
    town.wait_s(14);
    assert!(
        town.heard_by(ann)
            .iter()
            .all(|line| line.contains("the cell of CAFE"))
    );
    town.wait_s(17);
    assert_eq!(
        town.heard_by(ann).last().map(String::as_str),
        Some("bob moved to the cell of PARK")
    );
}

#[test]
fn crossing_back_and_forth_is_no_clock() {
    let mut town = Town::new();
    let ann = town.arrive("ann", CAFE);
    let bob = town.arrive_as("bob", CAFE, &Arrival::sharing(Sharing::Approximate));
    town.befriend(ann, bob);
    town.two_epochs();
    town.heard_by(ann);
    for round in 0..20 {
        let place = [PARK, CAFE][round % 2];
        town.walk(bob, place);
        town.wait_s(14);
    }
    let heard = town.heard_by(ann);
    assert!(
        heard
            .iter()
            .all(|line| line == "bob moved to the cell of CAFE"),
        "{heard:?}"
    );
    // No more often than somebody who sits still.
    assert!(heard.len() <= 6, "{heard:?}");
}

#[test]
fn from_exact_to_approximate_nothing_exact_is_told() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.share(bob, Sharing::Approximate);
    town.walk(bob, NEXT_DOOR);
    town.walk(ann, PARK);
    assert_eq!(
        town.heard_by(ann),
        ["bob entered at CAFE", "bob exited: left"]
    );
    town.two_epochs();
    assert_eq!(town.heard_by(ann), ["bob entered at the cell of CAFE"]);
    town.share(bob, Sharing::Exact);
    assert_eq!(town.heard_by(ann), ["bob moved to NEXT_DOOR"]);
}

#[test]
fn who_shares_approximately_sees_from_where_she_is() {
    let mut town = Town::new();
    let ann = town.arrive_as("ann", CAFE, &Arrival::sharing(Sharing::Approximate));
    let bob = town.arrive("bob", CAFE);
    town.befriend(ann, bob);
    assert_eq!(town.heard_by(ann), ["bob entered at CAFE"]);
    town.walk(ann, HARBOR);
    town.walk(bob, PARK);
    town.walk(ann, CAFE);
    assert_eq!(
        town.heard_by(ann),
        ["bob exited: radius", "bob entered at PARK",]
    );
}

#[test]
fn expiry_of_who_shares_approximately_waits_for_an_epoch() {
    let mut town = Town::new();
    let ann = town.arrive("ann", CAFE);
    let bob = town.arrive_as("bob", CAFE, &Arrival::sharing(Sharing::Approximate));
    town.befriend(ann, bob);
    town.two_epochs();
    town.fall_silent(bob);
    town.wait_s(570);
    town.heard_by(ann);
    for _ in 0..120 {
        town.wait_s(1);
        if let [told] = &town.heard_by(ann)[..] {
            assert_eq!(told, "bob exited: inactive");
            // A sweep comes within a second after the epoch.
            assert!(town.now % 15_000 < 2_000);
            return;
        }
    }
    panic!("bob did not expire");
}
