//! What is left of a user: everything in her export, nothing when she is erased.

use super::{RULES, Town, id};
use crate::store::{Asked, Blocked, Device, Imported, Made, Store, Wave};

/// Ann stands in every list and on every side of it.
pub(crate) async fn entangle(town: &Town<'_>, ann: &str, token: u8) {
    town.all_arrive(&[ann, "bob", "carl", "dora"]).await;
    town.befriend(ann, "bob").await;
    town.ask(ann, "carl").await;
    town.ask("dora", ann).await;
    town.ask(ann, "never came").await;
    town.block(ann, "emil").await;
    town.block("fred", ann).await;
    town.block_alias(ann, "gina").await;
    town.block_alias("hugo", ann).await;
    for (by, whom) in [(ann, "bob"), ("bob", ann)] {
        let wave = Wave {
            at: town.tick(),
            since: 0,
            may_meet: true,
        };
        town.store.wave(&id(by), &id(whom), wave).await.unwrap();
    }
    town.report(ann, "bob").await;
    town.report("bob", ann).await;
    let device = Device {
        id: "phone".into(),
        name: "Phone".into(),
        at: town.tick(),
    };
    let (ann, hash) = (id(ann), [token; 32]);
    assert!(town.store.add_device(&ann, &device, &hash).await.unwrap());
}

pub(crate) async fn who_is_erased_was_never_there(store: &dyn Store) {
    let town = Town::new(store);
    entangle(&town, "ann", 7).await;
    assert!(store.erase("ann").await.unwrap());
    assert!(!store.erase("ann").await.unwrap());
    assert_eq!(town.user("ann").await, None);
    assert_eq!(store.user_of_device(&[7; 32]).await.unwrap(), None);
    for other in ["bob", "carl", "dora", "emil", "fred", "gina", "hugo"] {
        let left = format!(
            "{:?} {:?}",
            town.export(other).await,
            town.arrive(other).await
        );
        assert!(!left.contains("ann"), "{left}");
    }
    let anew = town.arrive("ann").await;
    assert!(anew.friends.is_empty() && anew.blocks.is_empty());
    assert!(town.requests("ann").await.is_empty());
    assert!(town.requested("ann").await.is_empty());
    assert!(store.devices("ann").await.unwrap().is_empty());
}

pub(crate) async fn erasing_frees_the_places_that_she_took(store: &dyn Store) {
    let town = Town::new(store);
    for number in 0..RULES.friends {
        town.befriend("ann", &number.to_string()).await;
    }
    store.erase("0").await.unwrap();
    town.arrive("bob").await;
    assert_eq!(town.ask("ann", "bob").await, Asked::Requested);
    for asker in ["c", "d", "e"] {
        town.ask(asker, "bob").await;
    }
    store.erase("ann").await.unwrap();
    assert_eq!(town.ask("e", "bob").await, Asked::Requested);
}

pub(crate) async fn erasing_who_is_only_named_takes_the_names_away(store: &dyn Store) {
    let town = Town::new(store);
    town.ask("ann", "bob").await;
    town.block("ann", "bob").await;
    town.report("ann", "bob").await;
    assert!(!store.erase("bob").await.unwrap());
    assert!(!format!("{:?}", town.export("ann").await).contains("bob"));
    assert_eq!(town.reports().await[0].user, None);
}

pub(crate) async fn a_block_outlives_whom_it_keeps_out(store: &dyn Store) {
    let town = Town::new(store);
    town.arrive("bob").await;
    town.block("ann", "bob").await;
    let alias = town.block_alias("ann", "bob").await;
    town.block("carl", "bob").await;
    for _ in 0..2 {
        assert!(store.erase("bob").await.unwrap());
        assert_eq!(town.blocks("ann").await.len(), 2);
        let lines = town.block_lines("carl").await;
        assert!(matches!(lines[..], [Blocked::Alias { .. }]), "{lines:?}");
        assert!(town.arrive("carl").await.blocks.is_empty());
        let anew = town.arrive("bob").await;
        assert_eq!(anew.blocked_by, [id("ann"), id("carl")]);
        assert_eq!(town.arrive("ann").await.blocks, [id("bob")]);
        assert_eq!(town.blocks("carl").await, ["bob"]);
    }
    assert_eq!(town.unblock("carl", "bob").await.as_deref(), Some("bob"));
    assert_eq!(town.unblock("ann", "bob").await, None);
    assert_eq!(town.unblock("ann", &alias).await.as_deref(), Some("bob"));
    assert!(town.arrive("bob").await.blocked_by.is_empty());
}

pub(crate) async fn a_block_by_the_alias_of_who_was_erased_is_the_one_she_left_behind(
    store: &dyn Store,
) {
    let town = Town::new(store);
    town.arrive("bob").await;
    let alias = town.block_alias("ann", "bob").await;
    store.erase("bob").await.unwrap();
    assert!(store.block(&id("ann"), &id("bob"), true, 5).await.unwrap());
    assert_eq!(town.blocks("ann").await, [alias]);
    town.block_alias("carl", "bob").await;
    assert!(town.arrive("carl").await.blocks.is_empty());
    assert_eq!(town.arrive("bob").await.blocked_by, [id("ann"), id("carl")]);
}

pub(crate) async fn however_one_comes_again_the_block_is_there_first(store: &dyn Store) {
    let town = Town::new(store);
    town.block("ann", "bob").await;
    store.erase("bob").await.unwrap();
    let friends = [Imported::Friends(id("bob"), id("ann"))];
    assert_eq!(
        town.import(&friends).await,
        [(0, "one of the two blocks the other")]
    );
    store.erase("bob").await.unwrap();
    assert_eq!(town.befriend("bob", "ann").await, Made::Blocked);
    store.erase("bob").await.unwrap();
    assert_eq!(town.ask("bob", "ann").await, Asked::Quiet);
    assert!(town.requests("ann").await.is_empty());
}

pub(crate) async fn who_is_erased_is_let_in_again_by_name_and_by_id(store: &dyn Store) {
    let town = Town::new(store);
    for by_name in [true, false] {
        town.block("ann", "bob").await;
        town.arrive("bob").await;
        store.erase("bob").await.unwrap();
        let listed = town.blocks("ann").await.remove(0);
        let which = if by_name { "bob" } else { &listed };
        town.unblock("ann", which).await;
        assert!(town.blocks("ann").await.is_empty());
        assert!(town.arrive("bob").await.blocked_by.is_empty());
    }
}

pub(crate) async fn who_blocks_somebody_erased_by_name_has_her_by_name(store: &dyn Store) {
    let town = Town::new(store);
    town.arrive("bob").await;
    town.block("ann", "bob").await;
    store.erase("bob").await.unwrap();
    town.block("ann", "bob").await;
    assert_eq!(town.blocks("ann").await, ["bob"]);
    assert_eq!(town.unblock("ann", "bob").await.as_deref(), Some("bob"));
    assert!(town.arrive("bob").await.blocked_by.is_empty());
}

pub(crate) async fn a_report_outlives_one_side_without_her_name(store: &dyn Store) {
    let town = Town::new(store);
    for first in ["ann", "bob"] {
        town.report("ann", "bob").await;
        store.erase(first).await.unwrap();
        let report = town.reports().await.remove(0);
        assert_eq!(report.reason.as_deref(), Some("rude"));
        let left = (report.by, report.user, report.cell.as_str());
        let other = if first == "ann" {
            assert_eq!(left, (None, Some(id("bob")), ""));
            "bob"
        } else {
            assert_eq!(left, (Some(id("ann")), None, "wydm9"));
            "ann"
        };
        store.erase(other).await.unwrap();
        assert!(town.reports().await.is_empty());
    }
}

pub(crate) async fn an_export_has_everything(store: &dyn Store) {
    let town = Town::new(store);
    entangle(&town, "ann", 7).await;
    let export = town.export("ann").await.unwrap();
    assert_eq!(export.user, town.user("ann").await.unwrap());
    assert_eq!(super::names(&export.friends), ["bob"]);
    assert_eq!(super::names(&export.requests), ["dora"]);
    assert_eq!(super::names(&export.requested), ["carl", "never came"]);
    assert_eq!(export.blocks, town.block_lines("ann").await);
    assert_eq!(export.blocks.len(), 2);
    assert_eq!(export.reports.len(), 1);
    assert_eq!(export.reports[0].user, Some(id("bob")));
    assert_eq!(export.devices.len(), 1);
}

pub(crate) async fn an_export_of_nobody_is_nothing(store: &dyn Store) {
    assert_eq!(store.export("nobody").await.unwrap(), None);
}

pub(crate) async fn a_closed_store_fails_in_words(store: &dyn Store) {
    store.arrive(&id("ann"), 5).await.unwrap();
    store.close().await.unwrap();
    let read = store.user("ann").await.unwrap_err();
    assert!(read.0.starts_with("read a user: "), "{read}");
    let write = store.befriend(&id("ann"), &id("bob"), 6).await.unwrap_err();
    assert!(write.0.starts_with("make a friendship: "), "{write}");
    assert!(store.close().await.is_err());
}
