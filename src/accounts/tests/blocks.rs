//! Blocks: by name and by alias, and what is left of them.

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
    assert!(scene.heard("eve").contains(&"stranger entered".to_owned()));
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
