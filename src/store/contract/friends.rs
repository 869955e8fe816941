//! Friendships that a server key makes.

use super::{Town, id};
use crate::store::{Asked, Made, Store};

pub(crate) async fn a_friendship_holds_from_both_sides_until_either_ends_it(store: &dyn Store) {
    let town = Town::new(store);
    for ends in [("ann", "bob"), ("bob", "ann")] {
        assert_eq!(town.befriend("ann", "bob").await, Made::Friends);
        assert_eq!(town.friends("ann").await, ["bob"]);
        assert!(town.are_friends("ann", "bob").await && town.are_friends("bob", "ann").await);
        assert_eq!(town.arrive("bob").await.friends, [id("ann")]);
        assert!(town.unfriend(ends.0, ends.1).await);
        assert!(town.friends("ann").await.is_empty());
        assert!(town.friends("bob").await.is_empty());
        assert!(!town.are_friends("ann", "bob").await && !town.are_friends("bob", "ann").await);
        assert!(!town.are_friends("ann", "somebody").await);
        assert!(!town.unfriend(ends.0, ends.1).await);
    }
}

pub(crate) async fn a_friendship_made_twice_is_one(store: &dyn Store) {
    let town = Town::new(store);
    town.befriend("ann", "bob").await;
    assert_eq!(town.befriend("bob", "ann").await, Made::Friends);
    let export = town.export("ann").await.unwrap();
    assert_eq!(export.friends.len(), 1);
    assert_eq!(export.friends[0].at, 1_000);
}

pub(crate) async fn a_friendship_makes_its_users(store: &dyn Store) {
    let town = Town::new(store);
    town.befriend("ann", "bob").await;
    assert_eq!(town.user("bob").await.unwrap().created_at, 1_000);
}

pub(crate) async fn nobody_is_her_own_friend(store: &dyn Store) {
    let town = Town::new(store);
    assert_eq!(town.befriend("ann", "ann").await, Made::Blocked);
    assert!(town.friends("ann").await.is_empty());
    assert_eq!(town.user("ann").await, None);
    assert!(!town.unfriend("ann", "ann").await);
}

pub(crate) async fn a_friendship_against_a_block_is_refused_and_makes_nobody(store: &dyn Store) {
    let town = Town::new(store);
    town.block("ann", "bob").await;
    assert_eq!(town.befriend("ann", "bob").await, Made::Blocked);
    assert_eq!(town.befriend("bob", "ann").await, Made::Blocked);
    assert!(town.friends("ann").await.is_empty());
    assert_eq!(town.user("bob").await, None);
    town.unblock("ann", "bob").await;
    assert_eq!(town.befriend("bob", "ann").await, Made::Friends);
}

pub(crate) async fn a_friendship_ends_the_requests_that_led_to_it(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob"]).await;
    town.ask("ann", "bob").await;
    town.unfriend("bob", "ann").await;
    town.befriend("ann", "bob").await;
    assert!(town.requested("ann").await.is_empty());
    town.unfriend("ann", "bob").await;
    assert_eq!(town.ask("ann", "bob").await, Asked::Requested);
}
