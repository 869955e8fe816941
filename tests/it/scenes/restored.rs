//! Who is brought back out of a snapshot: as she was, and nobody is told.

use nearcast::broker::{Account, Comeback};
use nearcast::wire::Sharing;

use crate::places::{CAFE, COUNTER, HARBOR, Place};
use crate::town::Town;

/// As of so many seconds ago.
fn restore(town: &mut Town, user: &str, place: Place, ago_s: u64, sharing: Sharing) -> Comeback {
    let account = Account {
        sharing,
        ..Account::default()
    };
    let (seen, now) = (town.now - 1000 * ago_s, town.now);
    let position = place.position();
    town.workers[0]
        .restore(user, &account, position, seen, now)
        .unwrap()
}

fn changed(town: &mut Town) -> Vec<String> {
    let mut changed = Vec::new();
    for part in 0..town.workers[0].broker().changed_parts() {
        town.workers[0].take_changed(part, |stand| changed.push(stand.user.to_owned()));
    }
    changed
}

#[test]
fn who_is_restored_is_seen_by_the_friend_who_comes_after_and_for_the_rest_of_her_time() {
    let mut town = Town::new();
    assert_eq!(
        restore(&mut town, "bob", CAFE, 540, Sharing::Exact),
        Comeback::Back
    );
    assert!(changed(&mut town).is_empty());
    let ann = town.arrive("ann", COUNTER);
    town.befriend_by_name("ann", "bob");
    assert_eq!(town.heard_by(ann), ["bob entered at CAFE"]);
    town.wait_s(50);
    assert!(town.heard_by(ann).is_empty());
    town.wait_s(20);
    assert_eq!(town.heard_by(ann), ["bob exited: inactive"]);
}

#[test]
fn nobody_is_told_of_who_is_restored() {
    let mut town = Town::new();
    let ann = town.arrive("ann", COUNTER);
    town.heard_by(ann);
    assert_eq!(
        restore(&mut town, "bob", CAFE, 10, Sharing::Exact),
        Comeback::Back
    );
    town.wait_s(5);
    assert!(town.heard_by(ann).is_empty());
}

#[test]
fn who_has_come_since_is_where_she_says_and_who_is_over_stays_away() {
    let mut town = Town::new();
    let bob = town.arrive("bob", HARBOR);
    assert_eq!(
        restore(&mut town, "bob", CAFE, 10, Sharing::Exact),
        Comeback::Here
    );
    assert_eq!(
        restore(&mut town, "cid", CAFE, 600, Sharing::Exact),
        Comeback::Over
    );
    assert!(!town.workers[0].broker().is_resident("cid"));
    let ann = town.arrive("ann", HARBOR);
    town.befriend(ann, bob);
    assert_eq!(town.heard_by(ann), ["bob entered at HARBOR"]);
}

#[test]
fn who_shares_approximately_is_shown_when_her_cell_is_released_again() {
    let mut town = Town::new();
    restore(&mut town, "bob", CAFE, 10, Sharing::Approximate);
    let ann = town.arrive("ann", COUNTER);
    town.befriend_by_name("ann", "bob");
    town.second();
    assert!(town.heard_by(ann).is_empty());
    town.two_epochs();
    let heard = town.heard_by(ann);
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(
        heard[0].starts_with("bob entered") && !heard[0].contains("at CAFE"),
        "{heard:?}"
    );
}

#[test]
fn who_is_restored_is_whole_when_she_comes_herself() {
    let mut town = Town::new();
    restore(&mut town, "bob", CAFE, 10, Sharing::Exact);
    assert!(!town.workers[0].broker().is_complete("bob"));
    town.admit("bob", &Account::default());
    assert!(town.workers[0].broker().is_complete("bob"));
    town.second();
    assert_eq!(changed(&mut town), Vec::<String>::new());
}
