//! Blocks, by name and through an alias.

use super::{Town, id};
use crate::store::{Asked, Blocked, Store};

pub(crate) async fn a_block_ends_a_friendship_and_requests(store: &dyn Store) {
    let town = Town::new(store);
    town.befriend("ann", "bob").await;
    assert!(town.block("ann", "bob").await);
    assert!(town.friends("ann").await.is_empty());
    assert!(town.friends("bob").await.is_empty());

    town.all_arrive(&["carl", "dora"]).await;
    town.ask("carl", "ann").await;
    town.ask("ann", "dora").await;
    assert!(town.block("ann", "carl").await);
    assert!(town.block("ann", "dora").await);
    assert!(town.requests("ann").await.is_empty());
    assert!(town.requests("dora").await.is_empty());
    assert!(town.requested("ann").await.is_empty());
}

pub(crate) async fn both_sides_of_a_block_know_it_on_arrival(store: &dyn Store) {
    let town = Town::new(store);
    town.block("ann", "bob").await;
    town.block_alias("ann", "bob").await;
    town.block_alias("carl", "ann").await;
    let ann = town.arrive("ann").await;
    assert_eq!(ann.blocks, [id("bob")]);
    assert_eq!(ann.blocked_by, [id("carl")]);
    let bob = town.arrive("bob").await;
    assert!(bob.blocks.is_empty());
    assert_eq!(bob.blocked_by, [id("ann")]);
}

pub(crate) async fn a_block_through_an_alias_is_listed_without_the_name(store: &dyn Store) {
    let town = Town::new(store);
    let block = town.block_alias("ann", "bob").await;
    let lines = town.block_lines("ann").await;
    assert_eq!(lines, [Blocked::Alias { block, at: 1_000 }]);
    let said = format!("{:?}", town.export("ann").await.unwrap());
    assert!(!said.contains("bob"), "{said}");
}

pub(crate) async fn a_block_through_an_alias_leaves_the_lists_of_who_blocks_as_they_were(
    store: &dyn Store,
) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob", "carl", "dora"]).await;
    for other in ["bob", "carl"] {
        town.ask("ann", other).await;
    }
    town.unfriend("carl", "ann").await;
    town.ask("dora", "ann").await;
    let lists = async || (town.requested("ann").await, town.requests("ann").await);
    let before = lists().await;
    for other in ["bob", "carl", "dora"] {
        town.block_alias("ann", other).await;
    }
    assert_eq!(lists().await, before);
    assert!(town.requests("bob").await.is_empty());
    // Nor does an answer tell: she has asked, and nothing comes of it.
    for other in ["bob", "carl"] {
        assert_eq!(town.ask("ann", other).await, Asked::Quiet);
    }
}

pub(crate) async fn a_block_through_an_alias_goes_by_its_id_only(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob", "carl"]).await;
    let block = town.block_alias("ann", "bob").await;
    // The same answer for whom she blocks through an alias, whom she does not, and nobody.
    for who in ["bob", "carl", "nobody"] {
        assert_eq!(town.unblock("ann", who).await, None);
    }
    assert_eq!(town.arrive("ann").await.blocks, [id("bob")]);
    assert_eq!(town.unblock("ann", &block).await.as_deref(), Some("bob"));
    assert_eq!(town.unblock("ann", &block).await, None);
    assert!(town.arrive("ann").await.blocks.is_empty());
}

pub(crate) async fn a_block_by_name_goes_by_name_only(store: &dyn Store) {
    let town = Town::new(store);
    town.block("ann", "bob").await;
    assert_eq!(town.unblock("bob", "ann").await, None);
    assert_eq!(town.unblock("ann", "").await, None);
    assert_eq!(town.blocks("ann").await, ["bob"]);
    assert_eq!(town.unblock("ann", "bob").await.as_deref(), Some("bob"));
    assert!(town.blocks("ann").await.is_empty());
}

pub(crate) async fn a_block_by_name_beside_one_through_an_alias_holds_until_both_are_gone(
    store: &dyn Store,
) {
    let town = Town::new(store);
    town.arrive("bob").await;
    for name_first in [true, false] {
        town.block("ann", "bob").await;
        let block = town.block_alias("ann", "bob").await;
        assert_eq!(town.blocks("ann").await.len(), 2);
        let order = if name_first {
            ["bob", &block]
        } else {
            [block.as_str(), "bob"]
        };
        assert_eq!(town.unblock("ann", order[0]).await, None);
        assert_eq!(town.arrive("ann").await.blocks, [id("bob")]);
        assert_eq!(town.unblock("ann", order[1]).await.as_deref(), Some("bob"));
    }
}

pub(crate) async fn a_block_of_somebody_unknown_holds_when_she_comes(store: &dyn Store) {
    let town = Town::new(store);
    assert!(town.block("ann", "bob").await);
    assert_eq!(town.blocks("ann").await, ["bob"]);
    assert_eq!(town.arrive("bob").await.blocked_by, [id("ann")]);
    assert_eq!(town.ask("bob", "ann").await, Asked::Quiet);
}

pub(crate) async fn nobody_blocks_herself(store: &dyn Store) {
    let town = Town::new(store);
    for alias in [false, true] {
        assert!(!store.block(&id("ann"), &id("ann"), alias, 5).await.unwrap());
    }
    assert!(town.blocks("ann").await.is_empty());
}

pub(crate) async fn a_block_id_of_somebody_else_removes_nothing(store: &dyn Store) {
    let town = Town::new(store);
    let block = town.block_alias("ann", "bob").await;
    assert_eq!(town.unblock("carl", &block).await, None);
    assert_eq!(town.unblock("bob", &block).await, None);
    assert_eq!(town.blocks("ann").await, [block]);
}

pub(crate) async fn blocking_twice_is_one_block(store: &dyn Store) {
    let town = Town::new(store);
    for _ in 0..2 {
        assert!(town.block("ann", "bob").await);
        assert!(
            store
                .block(&id("ann"), &id("bob"), true, town.tick())
                .await
                .unwrap()
        );
    }
    assert_eq!(town.blocks("ann").await.len(), 2);
}
