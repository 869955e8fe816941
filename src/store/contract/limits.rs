//! What happens at the limits that `RULES` sets.

use super::{RULES, Town, id};
use crate::store::{Asked, Made, Store};

/// Makes friends until there is room for none.
async fn fill(town: &Town<'_>, user: &str) {
    for number in town.friends(user).await.len()..RULES.friends {
        assert_eq!(
            town.befriend(user, &format!("{user}'s {number}")).await,
            Made::Friends
        );
    }
}

pub(crate) async fn who_has_all_the_friends_she_may_asks_in_vain(store: &dyn Store) {
    let town = Town::new(store);
    town.arrive("bob").await;
    town.ask("bob", "ann").await;
    fill(&town, "ann").await;
    for other in ["bob", "carl"] {
        assert_eq!(town.ask("ann", other).await, Asked::Full);
    }
    assert!(town.requested("ann").await.is_empty());
    assert_eq!(town.requests("ann").await, ["bob"]);
    assert!(town.friends("bob").await.is_empty());
}

pub(crate) async fn a_friendship_beyond_the_limit_stores_nothing(store: &dyn Store) {
    let town = Town::new(store);
    fill(&town, "ann").await;
    assert_eq!(town.befriend("ann", "bob").await, Made::Full);
    assert_eq!(town.befriend("bob", "ann").await, Made::Full);
    assert_eq!(town.user("bob").await, None);
    assert!(town.friends("bob").await.is_empty());
    assert_eq!(town.friends("ann").await.len(), RULES.friends);
    town.unfriend("ann", "ann's 0").await;
    assert_eq!(town.befriend("bob", "ann").await, Made::Friends);
}

pub(crate) async fn a_friendship_that_stands_is_never_too_many(store: &dyn Store) {
    let town = Town::new(store);
    fill(&town, "ann").await;
    assert_eq!(town.befriend("ann", "ann's 0").await, Made::Friends);
    assert_eq!(town.ask("ann", "ann's 0").await, Asked::Friends);
}

pub(crate) async fn who_has_too_many_friends_is_asked_quietly(store: &dyn Store) {
    let town = Town::new(store);
    town.arrive("bob").await;
    town.ask("ann", "bob").await;
    fill(&town, "ann").await;
    assert_eq!(town.ask("bob", "ann").await, Asked::Quiet);
    assert!(town.friends("bob").await.is_empty());
    assert_eq!(town.friends("ann").await.len(), RULES.friends);
    town.unfriend("ann", "ann's 0").await;
    assert_eq!(town.ask("bob", "ann").await, Asked::Friends);
}

pub(crate) async fn requests_beyond_the_limit_are_refused_and_not_stored(store: &dyn Store) {
    let town = Town::new(store);
    // Whatever becomes of a request, it counts: the limit tells nothing of others.
    town.all_arrive(&["told", "declines", "more"]).await;
    town.ask("ann", "told").await;
    town.ask("ann", "declines").await;
    town.unfriend("declines", "ann").await;
    town.ask("ann", "unknown").await;
    for other in ["more", "nobody"] {
        assert_eq!(town.ask("ann", other).await, Asked::Full);
    }
    assert!(town.requests("more").await.is_empty());
    assert_eq!(town.requested("ann").await.len(), RULES.requests);
    assert_eq!(town.ask("ann", "told").await, Asked::Quiet);
}

pub(crate) async fn a_withdrawn_request_makes_room(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["a", "b", "c", "d"]).await;
    for other in ["a", "b", "c"] {
        town.ask("ann", other).await;
    }
    town.unfriend("b", "ann").await;
    town.unfriend("ann", "b").await;
    assert_eq!(town.ask("ann", "d").await, Asked::Requested);
}

pub(crate) async fn who_is_asked_by_too_many_hears_no_more_of_them(store: &dyn Store) {
    let town = Town::new(store);
    town.arrive("ann").await;
    for asker in ["a", "b", "c"] {
        assert_eq!(town.ask(asker, "ann").await, Asked::Requested);
    }
    assert_eq!(town.ask("d", "ann").await, Asked::Quiet);
    assert_eq!(town.requests("ann").await, ["a", "b", "c"]);
    assert_eq!(town.requested("d").await, ["ann"]);
    town.unfriend("ann", "a").await;
    assert_eq!(town.ask("d", "ann").await, Asked::Requested);
    assert_eq!(town.requests("ann").await, ["b", "c", "d"]);
}

pub(crate) async fn a_block_beyond_the_limit_stores_nothing(store: &dyn Store) {
    let town = Town::new(store);
    town.befriend("ann", "bob").await;
    for number in 0..RULES.blocks {
        assert!(town.block("ann", &number.to_string()).await);
    }
    assert!(!town.block("ann", "bob").await);
    assert!(!store.block(&id("ann"), &id("0"), true, 5).await.unwrap());
    assert!(town.block("ann", "0").await);
    assert_eq!(town.friends("ann").await, ["bob"]);
    assert_eq!(town.blocks("ann").await.len(), RULES.blocks);
}
