//! Pages, circles and reasons: questions that change nothing.

use nearcast::broker::{Denied, Page};
use nearcast::wire::{Mode, Sharing};

use crate::places::{BUSAN, CAFE, HARBOR, PARK};
use crate::town::{Arrival, Phone, Town};

/// Ann at the café and seven friends, a street of them northward.
fn street(limit: usize) -> (Town, Phone, Vec<Phone>) {
    let mut town = Town::new();
    let arrival = Arrival {
        limit,
        ..Arrival::default()
    };
    let ann = town.arrive("ann", CAFE);
    let friends: Vec<Phone> = (0..7)
        .map(|number| {
            let place = CAFE.north(100.0 * f64::from(number + 1));
            town.arrive(&format!("friend {number}"), place)
        })
        .collect();
    for friend in &friends {
        town.befriend(ann, *friend);
    }
    town.leave(ann);
    let ann = town.arrive_as("ann", CAFE, &arrival);
    (town, ann, friends)
}

#[test]
fn who_does_not_fit_the_first_list_enters_next() {
    let (mut town, ann, _) = street(3);
    let heard = town.heard_by(ann);
    assert!(heard[0].starts_with("friends: friend 0 at"));
    assert_eq!(heard[0].matches("friend ").count(), 3);
    assert_eq!(heard.len(), 1 + 4);
    assert_eq!(town.friends_of(ann).len(), 7);
}

#[test]
fn pages_hold_everybody_once_while_people_move() {
    let (mut town, ann, friends) = street(20);
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let (people, next) = town.page(ann, Mode::Friends, cursor.as_deref(), 2).unwrap();
        seen.extend(people);
        // The viewer walks and the last friend goes to and fro; all others stand still.
        town.walk(ann, CAFE.north(150.0 * seen.len() as f64));
        town.walk(friends[6], if seen.len() % 4 == 0 { CAFE } else { PARK });
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    for number in 0..6 {
        let user = format!("friend {number}");
        assert_eq!(seen.iter().filter(|one| **one == user).count(), 1, "{user}");
    }
}

#[test]
fn a_page_shows_and_hides_nothing() {
    let (mut town, ann, friends) = street(20);
    town.heard_by(ann);
    town.at_once(|town| {
        town.walk(friends[0], HARBOR);
        let (people, next) = town.page(ann, Mode::Friends, None, 100).unwrap();
        assert_eq!((people.len(), next), (6, None));
    });
    assert_eq!(town.heard_by(ann), ["friend 0 exited: radius"]);
}

#[test]
fn a_cursor_of_strangers_ends_with_its_aliases() {
    let mut config = Town::config();
    config.strangers.alias_ms = 60_000;
    let mut town = Town::with(config);
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    for user in ["tom", "uma", "vic"] {
        town.arrive_as(user, CAFE, &Arrival::open());
    }
    town.two_epochs();
    let (first, cursor) = town.page(eve, Mode::Strangers, None, 1).unwrap();
    let cursor = cursor.unwrap();
    let (rest, _) = town.page(eve, Mode::Strangers, Some(&cursor), 100).unwrap();
    assert_eq!((first.len(), rest.len()), (1, 2));
    town.wait_s(60);
    let refused = town.page(eve, Mode::Strangers, Some(&cursor), 100);
    assert_eq!(refused, Err(Denied::Cursor), "it would say who is who");
}

#[test]
fn a_forged_cursor_is_refused() {
    let (mut town, ann, friends) = street(20);
    let (_, next) = town.page(ann, Mode::Friends, None, 2).unwrap();
    let cursor = next.unwrap();
    let refused = |town: &mut Town, phone, mode, text: &str| {
        assert_eq!(town.page(phone, mode, Some(text), 2), Err(Denied::Cursor));
    };
    for place in 0..cursor.len() {
        let mut forged = cursor.clone().into_bytes();
        forged[place] = if forged[place] == b'0' { b'1' } else { b'0' };
        refused(
            &mut town,
            ann,
            Mode::Friends,
            &String::from_utf8(forged).unwrap(),
        );
    }
    for text in ["", "0", "zz", "0011223344556677", "é"] {
        refused(&mut town, ann, Mode::Friends, text);
    }
    // One's own, of one's own list.
    refused(&mut town, friends[0], Mode::Friends, &cursor);
    let hello = Arrival::open();
    let eve = town.arrive_as("eve", CAFE, &hello);
    refused(&mut town, eve, Mode::Strangers, &cursor);
}

#[test]
fn asking_without_a_session_answers_as_to_a_new_one() {
    let (mut town, ann, friends) = street(20);
    town.unfollow(ann, friends[0]);
    let mut people = Vec::new();
    let page = Page {
        limit: 3,
        ..Page::default()
    };
    let now = town.now;
    let paged = town.workers[1]
        .peek("ann", Mode::Friends, 450.0, &page, now, |person| {
            people.push(format!("{:?}", person));
        })
        .unwrap();
    assert_eq!((people.len(), paged.total), (3, 4));
    assert!(people[0].contains("friend 0"));
    assert!(paged.next.is_some());
}

#[test]
fn within_finds_who_is_active_and_shares_the_nearest_first() {
    let mut town = Town::new();
    let places = [
        ("ann", PARK),
        ("bob", CAFE),
        ("cid", HARBOR),
        ("dan", BUSAN),
    ];
    let phones = places.map(|(user, place)| town.arrive(user, place));
    assert_eq!(town.within(CAFE, 10_000.0), ["bob", "ann", "cid"]);
    assert_eq!(town.within(CAFE, 2_000.0), ["bob", "ann"]);
    town.walk(phones[3], CAFE.north(10.0));
    town.share(phones[1], Sharing::Off);
    assert_eq!(town.within(CAFE, 2_000.0), ["dan", "ann"]);
    town.fall_silent(phones[0]);
    town.wait_s(610);
    assert_eq!(town.within(CAFE, 2_000.0), ["dan"]);
}

#[test]
fn why_names_every_condition() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", PARK));
    let why = |town: &mut Town| town.workers[0].why("ann", "bob", town.now).unwrap();
    assert!(!why(&mut town).friends);
    town.befriend(ann, bob);
    let seen = why(&mut town);
    assert!(seen.friends && seen.in_view && seen.subject_active && seen.subject_shares);
    assert_eq!(seen.radius_m, Some(8047.0));
    assert!(
        seen.distance_m
            .is_some_and(|metres| (900.0..1_100.0).contains(&metres))
    );
    town.share(bob, Sharing::Off);
    let hidden = why(&mut town);
    assert!(!hidden.in_view && !hidden.subject_shares);
    assert_eq!(hidden.distance_m, None);
    town.block(ann, bob);
    let blocked = why(&mut town);
    assert!(blocked.blocked && !blocked.friends);
    assert_eq!(
        town.workers[0].why("ann", "nobody", town.now),
        Err(Denied::Unknown)
    );
}

#[test]
fn a_snapshot_is_told_who_changed_and_only_once() {
    let mut town = Town::new();
    let (ann, bob) = (town.arrive("ann", CAFE), town.arrive("bob", PARK));
    let changed = |town: &mut Town| {
        let mut users = Vec::new();
        for part in 0..town.workers[1].broker().changed_parts() {
            town.workers[1].take_changed(part, |stand| {
                users.push((stand.user.to_owned(), stand.position.is_some()));
            });
        }
        users.sort();
        users
    };
    let both = [("ann".to_owned(), true), ("bob".to_owned(), true)];
    assert_eq!(changed(&mut town), both);
    assert!(changed(&mut town).is_empty());
    town.walk(ann, PARK);
    assert_eq!(changed(&mut town), both[..1]);
    town.erase(bob);
    assert_eq!(changed(&mut town), [("bob".to_owned(), false)]);
}
