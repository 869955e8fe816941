//! Lists, part by part.

use super::{Town, id, names};
use crate::store::{Part, Store};

pub(crate) async fn every_list_gives_each_entry_once_over_its_parts(store: &dyn Store) {
    let town = Town::new(store);
    town.arrive("ann").await;
    for other in ["e", "b", "d", "a", "c"] {
        town.befriend("ann", other).await;
    }
    for asker in ["z", "x", "y"] {
        town.ask(asker, "ann").await;
    }
    for other in ["n", "m"] {
        town.block("ann", other).await;
        town.block_alias("ann", other).await;
    }
    for limit in 1..=6 {
        let (mut friends, mut requests, mut blocks) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..6 {
            let part = store.friends("ann", after(&friends, limit)).await;
            friends.extend(names(&part.unwrap()));
            let part = store.requests("ann", after(&requests, limit)).await;
            requests.extend(names(&part.unwrap()));
            let part = store.blocks("ann", after(&blocks, limit)).await.unwrap();
            assert!(part.len() <= limit);
            blocks.extend(part.iter().map(|block| block.key().to_owned()));
        }
        assert_eq!(friends, ["a", "b", "c", "d", "e"]);
        assert_eq!(requests, ["x", "y", "z"]);
        assert_eq!(blocks, town.blocks("ann").await);
        assert_eq!(blocks.len(), 4);
    }
}

fn after(so_far: &[String], limit: usize) -> Part<'_> {
    Part {
        after: so_far.last().map(String::as_str),
        limit,
    }
}

pub(crate) async fn lists_are_in_the_order_of_bytes(store: &dyn Store) {
    let town = Town::new(store);
    for other in ["é", "b", "B", "a b", "aa", "1"] {
        town.befriend("ann", other).await;
    }
    let order = ["1", "B", "a b", "aa", "b", "é"];
    assert_eq!(town.friends("ann").await, order);
}

pub(crate) async fn a_list_of_nobody_is_empty(store: &dyn Store) {
    let town = Town::new(store);
    assert!(town.friends("nobody").await.is_empty());
    assert!(town.requests("nobody").await.is_empty());
    assert!(town.blocks("nobody").await.is_empty());
    assert!(store.devices("nobody").await.unwrap().is_empty());
    assert!(town.reports().await.is_empty());
}

pub(crate) async fn a_part_goes_on_after_who_has_gone(store: &dyn Store) {
    let town = Town::new(store);
    for other in ["a", "b", "c"] {
        let made = store.befriend(&id("ann"), &id(other), 5).await;
        made.unwrap();
    }
    town.unfriend("ann", "b").await;
    let part = Part {
        after: Some("b"),
        limit: 1,
    };
    let rest = store.friends("ann", part).await.unwrap();
    assert_eq!(names(&rest), ["c"]);
}
