//! Imports.

use super::{RULES, Town, id};
use crate::store::{Imported, Lent, ProfileChange, SharingChange, Store};
use crate::wire::Sharing;

fn friends(one: &str, other: &str) -> Imported {
    Imported::Friends(id(one), id(other))
}

fn user(user: &str) -> Imported {
    let lent = Lent {
        sharing: Sharing::Approximate,
        until: Some(99),
        then: None,
    };
    Imported::User {
        id: id(user),
        profile: ProfileChange {
            name: Some(Some(user.to_uppercase())),
            strangers_allowed: Some(true),
            ..ProfileChange::default()
        },
        sharing: SharingChange {
            sharing: Some(lent),
            strangers_consent: Some(true),
            history: None,
        },
    }
}

fn places(refused: &[(usize, &str)]) -> Vec<usize> {
    refused.iter().map(|line| line.0).collect()
}

pub(crate) async fn users_and_friendships_are_imported(store: &dyn Store) {
    let town = Town::new(store);
    let lines = [friends("ann", "bob"), user("ann"), friends("carl", "ann")];
    assert_eq!(town.import(&lines).await, []);
    let ann = town.arrive("ann").await;
    assert_eq!(ann.user.name.as_deref(), Some("ANN"));
    assert_eq!(ann.user.sharing.sharing, Sharing::Approximate);
    assert_eq!(ann.user.sharing.until, Some(99));
    assert!(ann.user.strangers_allowed && ann.user.strangers_consent);
    assert_eq!(town.friends("ann").await, ["bob", "carl"]);
    assert_eq!(town.friends("bob").await, ["ann"]);
    let bob = town.user("bob").await.unwrap();
    assert_eq!(bob.sharing.sharing, RULES.default_sharing);
    assert_eq!(bob.created_at, 1_000);
}

pub(crate) async fn faulty_lines_are_named_by_place_and_the_rest_is_imported(store: &dyn Store) {
    let town = Town::new(store);
    town.block("ann", "bob").await;
    let lines = [
        friends("ann", "carl"),
        friends("ann", "ann"),
        user("dora"),
        friends("bob", "ann"),
        friends("bob", "carl"),
    ];
    let refused = town.import(&lines).await;
    assert_eq!(places(&refused), [1, 3]);
    assert_ne!(refused[0].1, refused[1].1);
    assert_eq!(town.friends("ann").await, ["carl"]);
    assert_eq!(town.friends("carl").await, ["ann", "bob"]);
    assert!(town.user("dora").await.is_some());
}

pub(crate) async fn an_import_may_be_repeated(store: &dyn Store) {
    let town = Town::new(store);
    town.ask("ann", "bob").await;
    let lines = [friends("ann", "bob"), friends("bob", "ann"), user("ann")];
    for _ in 0..2 {
        assert_eq!(town.import(&lines).await, []);
    }
    let ann = town.export("ann").await.unwrap();
    assert_eq!(ann.friends.len(), 1);
    assert!(ann.requested.is_empty());
    // Counted once: there is room for all others.
    for number in 1..RULES.friends {
        let line = friends("ann", &number.to_string());
        assert_eq!(town.import(&[line]).await, []);
    }
}

pub(crate) async fn an_import_keeps_the_limit_of_friends_line_by_line(store: &dyn Store) {
    let town = Town::new(store);
    let mut lines: Vec<_> = (0..RULES.friends)
        .map(|number| friends("ann", &number.to_string()))
        .collect();
    lines.push(friends("late", "ann"));
    lines.push(friends("ann", "0"));
    lines.push(friends("late", "0"));
    assert_eq!(places(&town.import(&lines).await), [RULES.friends]);
    assert_eq!(town.friends("ann").await.len(), RULES.friends);
    assert_eq!(town.friends("late").await, ["0"]);
    town.unfriend("ann", "0").await;
    assert_eq!(town.import(&[friends("late", "ann")]).await, []);
}

pub(crate) async fn a_refused_line_makes_nobody(store: &dyn Store) {
    let town = Town::new(store);
    for number in 0..RULES.friends {
        town.befriend("ann", &number.to_string()).await;
    }
    let lines = [friends("ann", "late"), friends("self", "self")];
    assert_eq!(places(&town.import(&lines).await), [0, 1]);
    assert_eq!(town.user("late").await, None);
    assert_eq!(town.user("self").await, None);
}

pub(crate) async fn importing_nothing_is_no_fault(store: &dyn Store) {
    assert_eq!(Town::new(store).import(&[]).await, []);
}
