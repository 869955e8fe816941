//! People: friendships that begin and end, names, expiry, and places in the tables used again.

use nearcast::broker::Account;

use crate::places::{BUSAN, CAFE, HARBOR, NEXT_DOOR, PARK};
use crate::town::{Arrival, Town};

#[test]
fn unfriending_tells_left_and_then_nothing() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    let boundary = town.unfriend(ann, bob);
    assert!(town.workers[0].broker().passed(&boundary));
    town.walk(bob, PARK);
    town.walk(ann, PARK);
    assert_eq!(
        town.heard_by(ann),
        ["bob entered at CAFE", "bob exited: left"]
    );
    assert_eq!(
        town.heard_by(bob),
        ["ann entered at CAFE", "ann exited: left"]
    );
}

#[test]
fn a_stalled_phone_is_told_of_an_unfriending_when_it_wakes() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.heard_by(ann);
    town.stall(ann);
    town.walk(bob, PARK);
    town.unfriend(bob, ann);
    town.walk(bob, NEXT_DOOR);
    town.wake(ann);
    assert_eq!(town.heard_by(ann), ["bob exited: left"]);
}

#[test]
fn a_block_ends_a_friendship_and_forbids_another() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.block(ann, bob);
    assert_eq!(
        town.heard_by(bob),
        ["ann entered at CAFE", "ann exited: left"]
    );
    let again = town.workers[0].befriend("bob", "ann");
    assert_eq!(again, Ok(nearcast::broker::Befriended::Blocked));
    town.unblock(ann, bob);
    town.befriend(ann, bob);
    assert_eq!(town.heard_by(bob), ["ann entered at CAFE"]);
}

#[test]
fn a_new_name_is_told_by_a_complete_entry() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.name(bob, "Bob");
    town.walk(bob, PARK);
    town.name(bob, "Bobby");
    assert_eq!(
        town.heard_by(ann),
        [
            "bob entered at CAFE",
            "bob (Bob) entered at CAFE",
            "bob moved to PARK",
            "bob (Bobby) entered at PARK"
        ]
    );
}

/// Four, so that two of them are on one worker.
#[test]
fn a_new_name_is_told_to_every_session() {
    let mut town = Town::new();
    let bob = town.arrive("bob", CAFE);
    let screens = [(); 4].map(|()| town.arrive("ann", CAFE));
    town.befriend(screens[0], bob);
    town.stall(screens[3]);
    town.name(bob, "Bob");
    town.wake(screens[3]);
    for screen in screens {
        assert_eq!(
            town.heard_by(screen),
            ["bob entered at CAFE", "bob (Bob) entered at CAFE"]
        );
    }
}

#[test]
fn expiry_tells_inactive_and_who_comes_back_is_entered_again() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.heard_by(ann);
    town.fall_silent(bob);
    town.wait_s(590);
    assert!(town.heard_by(ann).is_empty());
    town.wait_s(15);
    assert_eq!(town.heard_by(ann), ["bob exited: inactive"]);
    town.walk(bob, CAFE);
    assert_eq!(town.heard_by(ann), ["bob entered at CAFE"]);
}

#[test]
fn who_has_expired_still_sees_from_where_she_was() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.heard_by(ann);
    town.fall_silent(ann);
    town.wait_s(610);
    town.heard_by(ann);
    town.walk(bob, PARK);
    assert_eq!(town.heard_by(ann), ["bob moved to PARK"]);
    assert!(town.friends_of(bob).is_empty());
}

#[test]
fn who_has_never_said_where_she_is_sees_nobody() {
    let mut town = Town::new();
    let bob = town.arrive("bob", CAFE);
    let observes = Arrival {
        observes: true,
        ..Arrival::default()
    };
    let ann = town.arrive_as("ann", CAFE, &observes);
    town.befriend(ann, bob);
    town.walk(bob, PARK);
    assert!(town.heard_by(ann).is_empty());
}

/// Both screens, though only the first keeps its view in the edges.
#[test]
fn who_leaves_for_good_is_inactive_on_every_screen() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    let tablet = town.arrive("ann", CAFE);
    town.befriend(ann, bob);
    town.heard_by(ann);
    town.heard_by(tablet);
    town.leave(bob);
    town.wait_s(620);
    assert_eq!(town.heard_by(ann), ["bob exited: inactive"]);
    assert_eq!(town.heard_by(tablet), ["bob exited: inactive"]);
    assert_eq!(town.workers[0].broker().residents(), 1);
}

/// He expires, leaves the world and is back with another slot before her phone can be told.
#[test]
fn who_was_gone_while_a_phone_slept_is_shown_where_he_is() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    let tablet = town.arrive("ann", CAFE);
    town.befriend(ann, bob);
    town.stall(ann);
    town.stall(tablet);
    town.leave(bob);
    town.wait_s(620);
    assert_eq!(town.workers[0].broker().residents(), 1);
    let bob = town.arrive("bob", PARK);
    town.befriend(ann, bob);
    for screen in [ann, tablet] {
        town.wake(screen);
        assert_eq!(
            town.heard_by(screen),
            ["bob entered at CAFE", "bob entered at PARK"]
        );
        assert_eq!(town.friends_of(screen), ["bob at PARK"]);
    }
    town.walk(bob, HARBOR);
    assert_eq!(town.heard_by(ann), ["bob exited: radius"]);
}

#[test]
fn an_erased_user_is_gone_at_once() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.erase(bob);
    assert_eq!(
        town.heard_by(ann),
        ["bob entered at CAFE", "bob exited: left"]
    );
    let found = town.within(CAFE, 1_000.0);
    assert_eq!(found, ["ann"]);
    assert_eq!(town.workers[0].broker().residents(), 1);
}

#[test]
fn a_slot_used_again_does_not_mix_people_up() {
    let mut config = Town::config();
    config.users = 3;
    let mut town = Town::with(config);
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.name(bob, "Bob");
    town.heard_by(ann);
    town.stall(ann);
    town.erase(bob);
    for number in 0..20 {
        // Ann's phone has not been told yet: bob's place is still his.
        let newcomer = town.arrive(&format!("newcomer {number}"), CAFE);
        town.befriend(ann, newcomer);
        town.erase(newcomer);
        town.wait_s(3);
    }
    town.wake(ann);
    assert_eq!(town.heard_by(ann), ["bob exited: left"]);
    town.wait_s(3);
    let two = [town.arrive("cid", CAFE), town.arrive("dan", CAFE)];
    assert!(town.heard_by(ann).is_empty());
    town.befriend(ann, two[0]);
    assert_eq!(town.heard_by(ann), ["cid entered at CAFE"]);
    town.walk(two[1], PARK);
    assert!(town.heard_by(ann).is_empty());
}

#[test]
fn who_is_befriended_again_before_the_sweep_is_told_with_her_new_name() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.heard_by(ann);
    town.at_once(|town| {
        town.unfriend(ann, bob);
        town.name(bob, "Robert");
        town.befriend(ann, bob);
    });
    assert_eq!(town.heard_by(ann), ["bob (Robert) entered at CAFE"]);
}

#[test]
fn so_is_a_second_session_whose_user_has_closed_the_first() {
    let mut town = Town::new();
    let (first, tablet) = (town.arrive("ann", CAFE), town.arrive("ann", CAFE));
    let bob = town.arrive("bob", CAFE);
    town.befriend(first, bob);
    town.leave(first);
    town.heard_by(tablet);
    town.at_once(|town| {
        town.unfriend(tablet, bob);
        town.name(bob, "Robert");
        town.befriend(tablet, bob);
    });
    assert_eq!(town.heard_by(tablet), ["bob (Robert) entered at CAFE"]);
}

/// Its phone is closed late; what it still says must not move whoever came after.
#[test]
fn a_session_of_somebody_erased_has_no_hand_on_who_comes_after() {
    let mut config = Town::config();
    config.users = 2;
    let mut town = Town::with(config);
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.workers[0].erase("bob").unwrap();
    town.fall_silent(bob);
    town.wait_s(5);
    let account = Account::default();
    let now = town.now;
    assert!(town.workers[0].admit("cid", &account, now).is_err());
    town.leave(bob);
    town.wait_s(5);
    let cid = town.arrive("cid", CAFE);
    town.befriend(ann, cid);
    assert!(town.say_that(bob, &Town::at(BUSAN)).is_err());
    town.second();
    assert_eq!(town.friends_of(ann), ["cid at CAFE"]);
}

#[test]
fn the_world_refuses_one_too_many() {
    let mut config = Town::config();
    config.users = 2;
    let mut town = Town::with(config);
    town.arrive("ann", CAFE);
    town.arrive("bob", CAFE);
    let now = town.now;
    let third = town.workers[0].admit("cid", &Account::default(), now);
    assert_eq!(third, Err(nearcast::broker::Denied::Full));
}

#[test]
fn an_id_may_be_long_and_of_any_script() {
    let mut town = Town::new();
    let long = "민준, who has a longer name than fits a line";
    assert!((24..=64).contains(&long.len()));
    let (ann, min) = (town.arrive("ann", CAFE), town.arrive(long, CAFE));
    town.befriend(ann, min);
    town.erase(min);
    assert_eq!(
        town.heard_by(ann),
        [
            format!("{long} entered at CAFE"),
            format!("{long} exited: left")
        ]
    );
}
