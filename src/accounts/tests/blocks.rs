//! Blocks: by name and by alias, and what is left of them.

use super::endings::begin;
use super::strangers::{consent, strangers};
use super::{CAFE, PARK, Scene, id};
use crate::accounts::Refusal;
use crate::store::{Blocked, Part};
use crate::wire::client::Target;

const ALL: Part<'static> = Part {
    after: None,
    limit: 100,
};

#[tokio::test]
async fn a_block_ends_a_friendship_for_good() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    scene.befriend("ann", "bob").await;
    scene.heard("bob");
    let bob = Target::User(id("bob"));
    scene.accounts.block(&id("ann"), &bob).await.unwrap();
    scene.walk("ann", PARK);
    assert_eq!(scene.heard("bob"), ["ann exited: left"]);
    scene.accounts.unblock(&id("ann"), "bob").await.unwrap();
    scene.walk("ann", CAFE);
    assert!(scene.heard("bob").is_empty());
    assert!(!scene.why("ann", "bob").blocked);
}

#[tokio::test]
async fn a_block_by_alias_holds_after_the_alias_and_after_both_came_back() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let alias = scene.alias("eve");
    let tom = Target::Alias(alias.clone());
    scene.accounts.block(&id("eve"), &tom).await.unwrap();
    scene.walk("tom", PARK);
    assert_eq!(scene.heard("eve"), ["stranger exited: left"]);
    assert_eq!(scene.heard("tom"), ["stranger exited: left"]);
    // Another alias, the same block.
    scene.later(2 * super::scene::ALIAS_MS);
    assert!(scene.heard("eve").is_empty() && scene.heard("tom").is_empty());
    for user in ["eve", "tom"] {
        scene.hang_up(user);
    }
    scene.until_idle_are_gone();
    assert!(!scene.is_here("eve") && !scene.is_here("tom"));
    for user in ["tom", "eve"] {
        assert!(scene.arrive(user).await.strangers);
    }
    scene.two_epochs();
    assert!(scene.heard("eve").is_empty() && scene.heard("tom").is_empty());
    // The list names nobody; its id takes the block back.
    let blocks = scene.accounts.blocks("eve", ALL).await.unwrap();
    let [Blocked::Alias { block, .. }] = blocks.as_slice() else {
        panic!("{blocks:?}");
    };
    scene.accounts.unblock(&id("eve"), block).await.unwrap();
    scene.two_epochs();
    assert!(scene.heard("eve").is_empty());
    scene.later(2 * super::scene::ALIAS_MS);
    assert!(scene.heard("eve").contains(&"stranger listed".to_owned()));
}

#[tokio::test]
async fn a_block_made_twice_holds_until_both_are_taken_back() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let alias = Target::Alias(scene.alias("eve"));
    scene.accounts.block(&id("eve"), &alias).await.unwrap();
    let name = Target::User(id("tom"));
    scene.accounts.block(&id("eve"), &name).await.unwrap();
    scene.accounts.unblock(&id("eve"), "tom").await.unwrap();
    assert!(scene.why("eve", "tom").blocked);
}

#[tokio::test]
async fn an_alias_that_means_nobody_is_denied_everywhere() {
    let mut scene = strangers(&["eve", "tom"]).await;
    // What tom calls eve means nobody to eve.
    for alias in [scene.alias("tom"), "AAAA".to_owned()] {
        let target = Target::Alias(alias.clone());
        let eve = id("eve");
        let accounts = &scene.accounts;
        assert_eq!(accounts.block(&eve, &target).await, Err(Refusal::Denied));
        assert_eq!(accounts.wave(&eve, &alias).await, Err(Refusal::Denied));
        let report = accounts.report(&eve, &target, None).await;
        assert_eq!(report, Err(Refusal::Denied));
        let resolved = accounts.resolve(&eve, &alias).await;
        assert_eq!(resolved, Err(Refusal::NotFound));
    }
}

#[tokio::test]
async fn a_block_of_who_comes_later_holds_in_the_mode_strangers() {
    let mut scene = Scene::new().await;
    for user in ["eve", "tom"] {
        consent(&scene, user).await;
    }
    scene.arrive("eve").await;
    let tom = Target::User(id("tom"));
    scene.accounts.block(&id("eve"), &tom).await.unwrap();
    scene.arrive("tom").await;
    scene.two_epochs();
    assert!(scene.heard("eve").is_empty() && scene.heard("tom").is_empty());
}

#[tokio::test]
async fn a_block_holds_against_who_erases_herself_and_comes_anew() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let alias = Target::Alias(scene.alias("eve"));
    scene.accounts.block(&id("eve"), &alias).await.unwrap();
    scene.heard("eve");
    for _ in 0..2 {
        scene.accounts.erase(&id("tom")).await.unwrap();
        scene.hang_up("tom");
        consent(&scene, "tom").await;
        scene.arrive("tom").await;
        scene.two_epochs();
        assert!(scene.heard("eve").is_empty() && scene.heard("tom").is_empty());
        assert!(scene.why("eve", "tom").blocked);
    }
}

#[tokio::test]
async fn whoever_an_alias_meant_when_she_was_erased_is_not_named_by_a_block() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let alias = Target::Alias(scene.alias("eve"));
    let held = scene.accounts.locks.two("eve", "tom").await;
    let erased = begin(&scene, async |accounts| accounts.erase(&id("tom")).await).await;
    let blocked = begin(&scene, async move |accounts| {
        accounts.block(&id("eve"), &alias).await
    })
    .await;
    drop(held);
    assert!(erased.await.unwrap().unwrap().was_there);
    assert_eq!(blocked.await.unwrap(), Ok(()));
    let blocks = scene.accounts.blocks("eve", ALL).await.unwrap();
    assert!(matches!(blocks[..], [Blocked::Alias { .. }]), "{blocks:?}");
    assert_eq!(scene.accounts.user("tom").await, Err(Refusal::NotFound));
}

#[tokio::test]
async fn a_block_by_the_alias_of_who_was_erased_holds_when_she_comes_again() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let alias = Target::Alias(scene.alias("eve"));
    scene.accounts.erase(&id("tom")).await.unwrap();
    scene.hang_up("tom");
    scene.accounts.block(&id("eve"), &alias).await.unwrap();
    scene.heard("eve");
    consent(&scene, "tom").await;
    scene.arrive("tom").await;
    scene.two_epochs();
    assert!(scene.heard("eve").is_empty() && scene.heard("tom").is_empty());
    assert!(scene.why("eve", "tom").blocked);
}

#[tokio::test]
async fn an_alias_does_not_say_that_its_stranger_was_erased() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let alias = scene.alias("eve");
    let (eve, target) = (id("eve"), Target::Alias(alias.clone()));
    let accounts = &scene.accounts;
    accounts.block(&eve, &target).await.unwrap();
    accounts.erase(&id("tom")).await.unwrap();
    assert_eq!(accounts.wave(&eve, &alias).await, Ok(()));
    assert_eq!(accounts.report(&eve, &target, None).await, Ok(()));
    assert_eq!(accounts.block(&eve, &target).await, Ok(()));
    let blocks = accounts.blocks("eve", ALL).await.unwrap();
    let [Blocked::Alias { block, .. }] = &blocks[..] else {
        panic!("{blocks:?}");
    };
    accounts.unblock(&eve, block).await.unwrap();
    assert!(accounts.blocks("eve", ALL).await.unwrap().is_empty());
    // Moderation is not misled.
    assert_eq!(accounts.reports(0, 9).await.unwrap()[0].user, None);
    let resolved = accounts.resolve(&eve, &alias).await;
    assert_eq!(resolved, Err(Refusal::NotFound));
}

#[tokio::test]
async fn a_block_made_again_while_it_is_taken_back_holds() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    let bob = Target::User(id("bob"));
    scene.accounts.block(&id("ann"), &bob).await.unwrap();
    // Taken back in the store, made again, and only then looked for in the world.
    let held = scene.accounts.locks.one("ann").await;
    let unblocked = begin(&scene, async |accounts| {
        accounts.unblock(&id("ann"), "bob").await
    })
    .await;
    let blocked = begin(&scene, async move |accounts| {
        accounts.block(&id("ann"), &bob).await
    })
    .await;
    drop(held);
    assert_eq!(unblocked.await.unwrap(), Ok(()));
    assert_eq!(blocked.await.unwrap(), Ok(()));
    assert!(scene.why("ann", "bob").blocked);
    assert_eq!(scene.accounts.blocks("ann", ALL).await.unwrap().len(), 1);
}
