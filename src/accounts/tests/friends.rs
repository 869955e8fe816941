//! Friendships: made, asked for, ended.

use super::{CAFE, PARK, Scene, id};
use crate::accounts::{FriendState, Refusal};
use crate::config::Limits;
use crate::store::{Part, ProfileChange};
use crate::wire::client::Target;

const ALL: Part<'static> = Part {
    after: None,
    limit: 100,
};

#[tokio::test]
async fn two_who_are_befriended_see_each_other_with_the_next_sweep() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive_at("bob", PARK).await;
    assert!(scene.heard("ann").is_empty());
    scene.befriend("ann", "bob").await;
    assert_eq!(scene.heard("ann"), ["bob entered"]);
    assert_eq!(scene.heard("bob"), ["ann entered"]);
}

#[tokio::test]
async fn a_friend_who_was_not_there_is_seen_when_she_comes() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.befriend("ann", "bob").await;
    assert!(scene.heard("ann").is_empty() && !scene.is_here("bob"));
    scene.arrive_at("bob", PARK).await;
    assert_eq!(scene.heard("ann"), ["bob entered"]);
}

#[tokio::test]
async fn after_unfriending_one_exit_is_told_and_no_more() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    scene.befriend("ann", "bob").await;
    scene.heard("ann");
    scene
        .accounts
        .unfriend(&id("bob"), &id("ann"))
        .await
        .unwrap();
    scene.walk("bob", PARK);
    scene.walk("bob", CAFE);
    assert_eq!(scene.heard("ann"), ["bob exited: left"]);
    assert!(scene.accounts.friends("ann", ALL).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_request_tells_who_asks_and_the_answer_makes_friends() {
    let mut scene = Scene::new().await;
    let change = ProfileChange {
        name: Some(Some("Ann".to_owned())),
        ..ProfileChange::default()
    };
    scene
        .accounts
        .put_user(&id("ann"), &change, scene.backend())
        .await
        .unwrap();
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    let asked = scene.accounts.ask(&id("ann"), &id("bob")).await;
    assert_eq!(asked, Ok(FriendState::Requested));
    assert_eq!(scene.ordered().await, "bob: request of ann Ann");
    assert!(scene.heard("bob").is_empty());
    let answered = scene.accounts.ask(&id("bob"), &id("ann")).await;
    assert_eq!(answered, Ok(FriendState::Friends));
    assert_eq!(scene.heard("bob"), ["ann entered"]);
    assert!(scene.nothing_is_ordered().await);
}

#[tokio::test]
async fn who_declines_while_a_request_is_told_is_answered_after_it() {
    let mut scene = Scene::new().await;
    for user in ["ann", "bob"] {
        scene.arrive(user).await;
    }
    let (is_read, go_on) = scene.store.hold_second_look().await;
    let asked = scene.accounts.ask(&id("ann"), &id("bob")).await;
    assert_eq!(asked, Ok(FriendState::Requested), "it waits for nobody");
    is_read.await.unwrap();
    assert!(scene.are_held("ann", "bob").await);
    go_on.send(()).unwrap();
    let declined = scene.accounts.unfriend(&id("bob"), &id("ann")).await;
    declined.unwrap();
    assert!(!scene.nothing_is_ordered().await);
    assert_eq!(scene.ordered().await, "bob: request of ann ");
}

#[tokio::test]
async fn unknown_blocked_declined_and_asked_before_answer_alike() {
    let mut scene = Scene::new().await;
    for user in ["ann", "blocks", "declines", "waits"] {
        scene.arrive(user).await;
    }
    let ann = Target::User(id("ann"));
    scene.accounts.block(&id("blocks"), &ann).await.unwrap();
    for user in ["declines", "waits"] {
        scene.accounts.ask(&id("ann"), &id(user)).await.unwrap();
        let ordered = scene.ordered().await;
        assert_eq!(ordered, format!("{user}: request of ann "));
    }
    scene
        .accounts
        .unfriend(&id("declines"), &id("ann"))
        .await
        .unwrap();
    for user in ["nobody", "blocks", "declines", "waits"] {
        let asked = scene.accounts.ask(&id("ann"), &id(user)).await;
        assert_eq!(asked, Ok(FriendState::Requested), "{user}");
    }
    // A request to somebody new comes after all that might have been told before.
    scene.arrive("new").await;
    scene.accounts.ask(&id("ann"), &id("new")).await.unwrap();
    assert_eq!(scene.ordered().await, "new: request of ann ");
    let nobody = scene.accounts.user("nobody").await;
    assert_eq!(nobody, Err(Refusal::NotFound));
}

#[tokio::test]
async fn denied_requests_run_out_as_soon_as_others() {
    let limits = Limits {
        denied_per_minute: 3,
        ..Limits::default()
    };
    let mut scene = Scene::with(limits).await;
    for user in ["ann", "bob", "eve"] {
        scene.arrive(user).await;
    }
    for asker in ["ann", "bob"] {
        for round in 0..3 {
            // Hers are all quiet; his are told each time.
            let whom = if asker == "ann" { 0 } else { round };
            let other = format!("other{whom}");
            scene.arrive(&other).await;
            let asked = scene.accounts.ask(&id(asker), &id(&other)).await;
            assert_eq!(asked, Ok(FriendState::Requested));
        }
        let asked = scene.accounts.ask(&id(asker), &id("eve")).await;
        assert!(matches!(asked, Err(Refusal::TooMany { .. })), "{asked:?}");
    }
}

#[tokio::test]
async fn a_server_key_does_not_make_friends_against_a_block() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    let bob = Target::User(id("bob"));
    scene.accounts.block(&id("ann"), &bob).await.unwrap();
    let made = scene.accounts.befriend(&id("bob"), &id("ann")).await;
    assert_eq!(made, Err(Refusal::Conflict));
    assert!(scene.heard("ann").is_empty());
}

#[tokio::test]
async fn nobody_is_a_friend_of_her_own() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    let ann = id("ann");
    let made = scene.accounts.befriend(&ann, &ann).await;
    assert!(matches!(made, Err(Refusal::Bad(_))));
    let asked = scene.accounts.ask(&ann, &ann).await;
    assert!(matches!(asked, Err(Refusal::Bad(_))));
}
