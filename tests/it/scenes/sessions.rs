//! Sessions: several of one user, hiding, coming back.

use nearcast::broker::{Change, Denied, Move};
use nearcast::wire::Mode;

use crate::places::{BUSAN, CAFE, HARBOR, PARK};
use crate::town::{Arrival, Town};

#[test]
fn two_sessions_have_two_views() {
    let mut town = Town::new();
    let (near, far) = (Arrival::radius(300.0), Arrival::radius(20_000.0));
    let phone = town.arrive_as("ann", CAFE, &near);
    let bob = town.arrive("bob", CAFE);
    let tablet = town.arrive_as("ann", CAFE, &far);
    town.befriend(phone, bob);
    town.walk(bob, PARK);
    town.walk(bob, BUSAN);
    assert_eq!(
        town.heard_by(phone),
        ["bob entered at CAFE", "bob exited: radius"]
    );
    assert_eq!(
        town.heard_by(tablet),
        [
            "bob entered at CAFE",
            "bob moved to PARK",
            "bob exited: radius"
        ]
    );
}

#[test]
fn the_position_is_the_user_s_and_every_session_sees_from_it() {
    let mut town = Town::new();
    let (phone, tablet) = (town.arrive("ann", CAFE), town.arrive("ann", CAFE));
    let bob = town.arrive("bob", BUSAN);
    town.befriend(phone, bob);
    town.walk(tablet, BUSAN);
    assert_eq!(town.heard_by(phone), ["bob entered at BUSAN"]);
    town.walk(phone, CAFE);
    assert_eq!(
        town.heard_by(tablet),
        ["bob entered at BUSAN", "bob exited: radius"]
    );
    assert_eq!(
        town.heard_by(bob),
        ["ann entered at BUSAN", "ann exited: radius"]
    );
}

#[test]
fn when_the_first_session_ends_the_second_goes_on() {
    let mut town = Town::new();
    let (phone, tablet) = (town.arrive("ann", CAFE), town.arrive("ann", CAFE));
    let bob = town.arrive("bob", CAFE);
    town.befriend(phone, bob);
    town.leave(phone);
    town.walk(bob, PARK);
    let phone = town.arrive("ann", CAFE);
    town.walk(bob, HARBOR);
    assert_eq!(
        town.heard_by(tablet),
        [
            "bob entered at CAFE",
            "bob moved to PARK",
            "bob exited: radius"
        ]
    );
    assert_eq!(
        town.heard_by(phone),
        ["friends: bob at PARK", "bob exited: radius"]
    );
}

#[test]
fn the_eleventh_session_replaces_the_oldest() {
    let mut town = Town::new();
    let bob = town.arrive("bob", CAFE);
    let phones: Vec<_> = (0..10).map(|_| town.arrive("ann", CAFE)).collect();
    town.befriend(phones[0], bob);
    let eleventh = town.arrive("ann", CAFE);
    town.walk(bob, PARK);
    assert_eq!(town.heard_by(phones[0]), ["bob entered at CAFE"]);
    for phone in &phones[1..] {
        assert_eq!(
            town.heard_by(*phone),
            ["bob entered at CAFE", "bob moved to PARK"]
        );
    }
    assert_eq!(
        town.heard_by(eleventh),
        ["friends: bob at CAFE", "bob moved to PARK"]
    );
    assert_eq!(
        town.say_that(phones[0], &Town::at(CAFE)),
        Err(Denied::Ended)
    );
}

#[test]
fn whom_the_list_of_a_further_session_tells_it_does_not_tell_again() {
    let mut town = Town::new();
    let (phone, _tablet) = (town.arrive("ann", CAFE), town.arrive("ann", CAFE));
    let bob = town.arrive("bob", CAFE);
    let mut laptop = phone;
    town.at_once(|town| {
        town.befriend(phone, bob);
        laptop = town.arrive("ann", CAFE);
    });
    assert_eq!(town.heard_by(phone), ["bob entered at CAFE"]);
    assert_eq!(town.heard_by(laptop), ["friends: bob at CAFE"]);
}

#[test]
fn a_hello_s_position_brings_friends_into_the_list_and_not_once_more() {
    let mut town = Town::new();
    let (phone, bob) = (town.arrive("ann", BUSAN), town.arrive("bob", CAFE));
    town.befriend(phone, bob);
    let mut laptop = phone;
    town.at_once(|town| {
        town.report(phone, CAFE);
        laptop = town.arrive("ann", CAFE);
    });
    assert_eq!(town.heard_by(phone), ["bob entered at CAFE"]);
    assert_eq!(town.heard_by(laptop), ["friends: bob at CAFE"]);
    town.leave(laptop);
    town.walk(phone, BUSAN);
    assert_eq!(town.heard_by(phone), ["bob exited: radius"]);
    town.lose(phone);
    assert_eq!(town.resume_at(phone, CAFE, 1), Ok(false));
    assert_eq!(town.heard_by(phone), ["friends: bob at CAFE"]);
    town.lose(phone);
    assert_eq!(town.resume_at(phone, BUSAN, 0), Ok(true));
    assert_eq!(town.heard_by(phone), ["bob exited: radius"]);
}

#[test]
fn a_second_screen_sees_and_does_not_report() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    let observes = Arrival {
        observes: true,
        ..Arrival::default()
    };
    let wall = town.arrive_as("ann", CAFE, &observes);
    town.befriend(ann, bob);
    let said: Move = Town::at(BUSAN);
    assert_eq!(town.say_that(wall, &said), Err(Denied::Observes));
    town.walk(ann, PARK);
    assert_eq!(town.heard_by(wall), ["bob entered at CAFE"]);
    assert_eq!(
        town.heard_by(bob),
        ["ann entered at CAFE", "ann moved to PARK"]
    );
}

#[test]
fn a_resume_with_the_right_seq_goes_on() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.heard_by(ann);
    town.lose(ann);
    town.walk(bob, HARBOR);
    town.walk(bob, PARK);
    assert!(town.heard_by(ann).is_empty());
    assert_eq!(town.resume(ann, 0), Ok(true));
    assert_eq!(town.heard_by(ann), ["bob moved to PARK"]);
}

#[test]
fn a_resume_with_another_seq_gets_a_complete_list() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    let cid = town.arrive("cid", PARK);
    town.befriend(ann, bob);
    town.befriend(ann, cid);
    town.heard_by(ann);
    town.lose(ann);
    town.walk(bob, BUSAN);
    assert_eq!(town.resume(ann, 1), Ok(false));
    assert_eq!(town.heard_by(ann), ["friends: cid at PARK"]);
    town.walk(cid, CAFE);
    assert_eq!(town.heard_by(ann), ["cid moved to CAFE"]);
}

#[test]
fn after_the_window_there_is_nothing_to_resume() {
    let mut town = Town::new();
    let ann = town.arrive("ann", CAFE);
    town.lose(ann);
    town.wait_s(58);
    assert_eq!(town.resume(ann, 0), Ok(true));
    town.lose(ann);
    town.wait_s(61);
    assert_eq!(town.resume(ann, 0), Err(Denied::Ended));
    assert_eq!(
        town.workers
            .iter()
            .map(|worker| worker.live())
            .sum::<usize>(),
        0
    );
}

#[test]
fn who_lost_her_connection_is_still_where_she_was() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.lose(bob);
    town.wait_s(120);
    assert_eq!(town.friends_of(ann), ["bob at CAFE"]);
}

#[test]
fn unfollow_hides_from_this_session_and_outlives_a_resume() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    let tablet = town.arrive("ann", CAFE);
    town.befriend(ann, bob);
    town.unfollow(ann, bob);
    town.lose(ann);
    town.walk(bob, PARK);
    assert_eq!(town.resume(ann, 0), Ok(true));
    town.walk(bob, CAFE);
    assert_eq!(
        town.heard_by(ann),
        ["bob entered at CAFE", "bob exited: left"]
    );
    assert_eq!(
        town.heard_by(tablet),
        [
            "bob entered at CAFE",
            "bob moved to PARK",
            "bob moved to CAFE"
        ]
    );
    // It holds for lists and pages, too.
    town.look(ann, Mode::Friends, None);
    assert_eq!(town.heard_by(ann), ["friends: nobody"]);
    town.follow(ann, bob);
    assert_eq!(town.heard_by(ann), ["bob entered at CAFE"]);
    // It does not outlive the session.
    town.unfollow(ann, bob);
    town.leave(ann);
    let ann = town.arrive("ann", CAFE);
    assert_eq!(town.heard_by(ann), ["friends: bob at CAFE"]);
}

#[test]
fn a_hidden_friend_who_was_away_for_long_is_still_hidden() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.unfollow(ann, bob);
    town.leave(bob);
    town.wait_s(700);
    town.heard_by(ann);
    let bob = town.arrive("bob", CAFE);
    town.befriend(ann, bob);
    town.walk(bob, PARK);
    assert!(town.heard_by(ann).is_empty());
    town.follow(ann, bob);
    assert_eq!(town.heard_by(ann), ["bob entered at PARK"]);
}

#[test]
fn follow_shows_a_friend_only_within_the_radius() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.unfollow(ann, bob);
    town.walk(bob, BUSAN);
    town.heard_by(ann);
    town.follow(ann, bob);
    assert!(town.heard_by(ann).is_empty());
    town.walk(bob, PARK);
    assert_eq!(town.heard_by(ann), ["bob entered at PARK"]);
}

#[test]
fn only_a_friend_can_be_followed() {
    let mut town = Town::new();
    let (ann, _bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    let session = town.session(ann);
    let worker = &mut town.workers[session.worker()];
    for user in ["bob", "nobody"] {
        assert_eq!(worker.follow(session, user), Err(Denied::NotFriends));
    }
}

/// It waits for its sweep, and its worker has no other.
#[test]
fn the_last_session_may_end_before_it_is_swept() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", PARK));
    town.befriend(ann, bob);
    town.heard_by(ann);
    town.at_once(|town| {
        for phone in [ann, bob] {
            let wider = Change {
                radius_m: Some(20_000.0),
                ..Change::default()
            };
            town.set(phone, &wider);
            town.leave(phone);
        }
    });
    let again = town.arrive("ann", CAFE);
    assert_eq!(town.friends_of(again), ["bob at PARK"]);
}
