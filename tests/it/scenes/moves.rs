//! Moves: what counts as one, in which order, and how much is sent for it.

use nearcast::broker::{About, Config, Moved};

use crate::places::{BUSAN, CAFE, COUNTER, HARBOR, NEXT_DOOR, PARK};
use crate::town::{Arrival, Town};

#[test]
fn a_short_move_tells_nobody_but_the_minute_does() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.heard_by(ann);
    assert_eq!(town.walk(bob, COUNTER), Moved::Stayed);
    assert!(town.heard_by(ann).is_empty());
    town.wait_s(150);
    // Where he was told to be; only the time is new.
    assert_eq!(
        town.heard_by(ann),
        ["bob moved to CAFE", "bob moved to CAFE"]
    );
}

#[test]
fn small_steps_add_up_to_a_move() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.heard_by(ann);
    let steps = [4.0, 8.0, 12.0].map(|metres| town.walk(bob, CAFE.north(metres)));
    assert_eq!(steps, [Moved::Stayed, Moved::Stayed, Moved::Went]);
    assert_eq!(town.heard_by(ann).len(), 1);
}

#[test]
fn an_older_at_is_history() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    town.befriend(ann, bob);
    town.heard_by(ann);
    let now = town.now;
    assert_eq!(town.walk_at(bob, PARK, now), Moved::Went);
    assert_eq!(town.walk_at(bob, HARBOR, now - 1), Moved::Older);
    assert_eq!(town.walk_at(bob, NEXT_DOOR, now), Moved::Went);
    assert_eq!(
        town.heard_by(ann),
        ["bob moved to PARK", "bob moved to NEXT_DOOR"]
    );
}

#[test]
fn an_at_from_the_far_future_orders_nothing() {
    let mut town = Town::new();
    let bob = town.arrive("bob", CAFE);
    let now = town.now;
    assert_eq!(town.walk_at(bob, PARK, now + 3_600_000), Moved::Went);
    assert_eq!(town.walk_at(bob, CAFE, now), Moved::Went);
}

#[test]
fn each_session_has_a_clock_of_its_own() {
    let mut town = Town::new();
    let (phone, watch) = (town.arrive("ann", CAFE), town.arrive("ann", CAFE));
    let now = town.now;
    assert_eq!(town.walk_at(phone, PARK, now), Moved::Went);
    assert_eq!(town.walk_at(watch, CAFE, now - 60_000), Moved::Went);
}

#[test]
fn a_slow_phone_gets_the_present_in_one_frame() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
    let cid = town.arrive("cid", HARBOR);
    town.befriend(ann, bob);
    town.befriend(ann, cid);
    town.heard_by(ann);
    town.stall(ann);
    let before = town.frames_to(ann);
    for place in [PARK, BUSAN, NEXT_DOOR, HARBOR, PARK] {
        town.walk(bob, place);
        town.walk(cid, place);
    }
    assert_eq!(town.frames_to(ann), before);
    town.wake(ann);
    assert_eq!(town.frames_to(ann), before + 1);
    assert_eq!(
        town.heard_by(ann),
        ["bob moved to PARK", "cid entered at PARK"]
    );
}

#[test]
fn who_came_and_went_while_a_phone_slept_is_not_mentioned() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", BUSAN));
    town.befriend(ann, bob);
    town.stall(ann);
    town.walk(bob, CAFE);
    town.walk(bob, BUSAN);
    town.wake(ann);
    assert!(town.heard_by(ann).is_empty());
}

/// Ann on two screens, and four friends who all walk out of view at once.
fn everybody_leaves(config: Config) -> Town {
    let mut town = Town::with(config);
    let screens = [(); 2].map(|()| town.arrive("ann", CAFE));
    let friends = ["bob", "cid", "dan", "eve"].map(|user| town.arrive(user, PARK));
    for friend in friends {
        town.befriend(screens[0], friend);
    }
    for screen in screens {
        town.heard_by(screen);
    }
    town.at_once(|town| {
        for friend in friends {
            town.walk(friend, HARBOR);
        }
    });
    for screen in screens {
        let mut heard = town.heard_by(screen);
        heard.sort();
        let all = ["bob", "cid", "dan", "eve"].map(|user| format!("{user} exited: radius"));
        assert_eq!(heard, all);
    }
    town
}

#[test]
fn a_full_queue_becomes_a_look_at_everybody() {
    let town = everybody_leaves(Config {
        marks: 1,
        ..Town::config()
    });
    assert!(town.workers[0].broker().marks_dropped() > 0);
}

#[test]
fn marks_that_find_no_room_wait_on_their_pairs() {
    let town = everybody_leaves(Config {
        collected: 1,
        ..Town::config()
    });
    assert_eq!(town.workers[0].broker().marks_dropped(), 0);
}

#[test]
fn too_many_marks_are_put_on_their_pairs_before_the_sweep() {
    let mut town = Town::with(Config {
        collected: 1,
        ..Town::config()
    });
    let ann = town.arrive("ann", CAFE);
    let friends: Vec<_> = (0..12)
        .map(|number| town.arrive(&format!("friend {number}"), PARK))
        .collect();
    for &friend in &friends {
        town.befriend(ann, friend);
    }
    let mut on_pairs = 0;
    town.at_once(|town| {
        for &friend in &friends {
            town.walk(friend, HARBOR);
        }
        for number in 0..12 {
            let reasons = town.workers[0].why("ann", &format!("friend {number}"), town.now);
            on_pairs += usize::from(reasons.unwrap().marked);
        }
    });
    assert!(on_pairs > 0, "the pool was never full");
    assert_eq!(town.heard_by(ann).len(), 24, "each entered and left");
}

#[test]
fn a_move_without_a_socket_counts_as_any_other() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", BUSAN));
    town.befriend(ann, bob);
    town.report(bob, PARK);
    town.report(ann, HARBOR.north(3000.0));
    assert_eq!(
        town.heard_by(ann),
        ["bob entered at PARK", "bob exited: radius"]
    );
    assert_eq!(town.friends_of(bob).len(), 0);
}

#[test]
fn accuracy_heading_and_speed_go_with_the_position() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", PARK));
    town.befriend(ann, bob);
    let said = nearcast::broker::Move {
        about: About::new(Some(12.3), Some(270.0), Some(1.4)),
        ..Town::at(CAFE)
    };
    town.say_that(bob, &said).unwrap();
    town.second();
    let told = town.last_friend_told(ann);
    assert_eq!(
        (told.accuracy_m, told.heading_deg, told.speed_mps),
        (Some(12.3), Some(270.0), Some(1.4))
    );
}

/// Twice the friends that a page of the edge table's smallest blocks would hold.
#[test]
fn very_many_friends_are_all_told() {
    let mut config = Town::config();
    config.users = 6_000;
    config.edges = 1 << 20;
    config.marks = 1 << 16;
    config.friends = 5_000;
    let mut town = Town::with(config);
    let star = town.arrive_as("star", CAFE, &Arrival::radius(1_000.0));
    let user = town.user(star);
    let fans: Vec<String> = (0..5_000).map(|fan| format!("fan {fan}")).collect();
    for fan in &fans {
        town.admit(fan, &nearcast::broker::Account::default());
        town.workers[0].befriend(fan, &user).unwrap();
    }
    for (number, fan) in fans.iter().enumerate() {
        let place = CAFE.north(0.1 * number as f64);
        let worker = number % 2;
        let now = town.now;
        town.workers[worker]
            .report(fan, &Town::at(place), now)
            .unwrap();
    }
    town.second();
    assert_eq!(town.friends_of(star).len(), 5_000);
    town.admit("one too many", &nearcast::broker::Account::default());
    assert_eq!(
        town.workers[0].befriend(&user, "one too many"),
        Err(nearcast::broker::Denied::Full)
    );
    // Who is a friend already stays one, however full it is.
    assert!(town.workers[0].befriend("fan 7", &user).is_ok());
    town.walk(star, HARBOR);
    assert_eq!(town.friends_of(star).len(), 0);
}

/// The coarse positions by which a move knows where her friends are come again after this far.
const SAME_PATCH_M: f64 = 6.710_886_4 * 110_990.0;

#[test]
fn who_goes_where_the_patches_are_the_same_again_has_left() {
    for steps in [1, 20] {
        let mut town = Town::new();
        let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", CAFE));
        town.befriend(ann, bob);
        town.heard_by(ann);
        town.at_once(|town| {
            for step in 1..=steps {
                let metres = SAME_PATCH_M * f64::from(step) / f64::from(steps);
                town.walk(ann, CAFE.north(metres));
            }
        });
        assert_eq!(town.heard_by(ann), ["bob exited: radius"], "{steps} steps");
    }
}

/// With a radius of which coarse positions say nothing.
#[test]
fn who_walks_out_of_a_small_view_has_left_it() {
    let mut town = Town::new();
    let ann = town.arrive_as("ann", CAFE, &Arrival::radius(100.0));
    let bob = town.arrive("bob", CAFE);
    town.befriend(ann, bob);
    town.heard_by(ann);
    town.walk(ann, CAFE.north(50.0));
    assert!(town.heard_by(ann).is_empty());
    town.walk(ann, CAFE.north(150.0));
    assert_eq!(town.heard_by(ann), ["bob exited: radius"]);
}
