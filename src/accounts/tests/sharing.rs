//! Sharing: stored, timed, and the same after any return.

use super::{CAFE, PARK, Scene, id};
use crate::store::{Lent, SharingChange};
use crate::wire::Sharing;

fn lent(sharing: Sharing) -> Lent {
    Lent {
        sharing,
        until: None,
        then: None,
    }
}

#[tokio::test]
async fn off_is_told_once_and_survives_leaving_and_return() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    scene.befriend("ann", "bob").await;
    scene.heard("ann");
    scene
        .accounts
        .share(&id("bob"), Sharing::Off, None)
        .await
        .unwrap();
    scene.walk("bob", PARK);
    assert_eq!(scene.heard("ann"), ["bob exited: left"]);
    scene.hang_up("bob");
    scene.until_idle_are_gone();
    assert!(!scene.is_here("bob"));
    let arrived = scene.arrive_at("bob", CAFE).await;
    assert_eq!(arrived.sharing, lent(Sharing::Off));
    assert!(scene.heard("ann").is_empty());
}

#[tokio::test]
async fn a_timed_off_becomes_what_was_before() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    scene.befriend("ann", "bob").await;
    scene.heard("ann");
    let off = scene
        .accounts
        .share(&id("bob"), Sharing::Off, Some(5))
        .await;
    let off = off.unwrap();
    assert!(off.until.is_some_and(|until| until > scene.accounts.now()));
    assert_eq!(scene.heard("ann"), ["bob exited: left"]);
    scene.later(8_000);
    assert_eq!(scene.heard("ann"), ["bob entered"]);
    let bob = scene.accounts.user("bob").await.unwrap();
    assert_eq!(bob.sharing, lent(Sharing::Exact));
}

#[tokio::test]
async fn a_timed_sharing_that_ended_while_she_was_away_is_over_when_she_comes() {
    for (during, seconds, before, expected) in [
        (Sharing::Exact, 5, Sharing::Exact, Sharing::Off),
        (Sharing::Off, 5, Sharing::Exact, Sharing::Exact),
        (Sharing::Off, 5, Sharing::Approximate, Sharing::Approximate),
        (Sharing::Off, 500, Sharing::Exact, Sharing::Off),
    ] {
        let mut scene = Scene::new().await;
        scene.arrive("bob").await;
        let bob = id("bob");
        scene.accounts.share(&bob, before, None).await.unwrap();
        scene
            .accounts
            .share(&bob, during, Some(seconds))
            .await
            .unwrap();
        scene.hang_up("bob");
        scene.until_idle_are_gone();
        assert!(!scene.is_here("bob"));
        let arrived = scene.arrive("bob").await;
        assert_eq!(arrived.sharing.sharing, expected);
        assert_eq!(scene.sockets.sharing("bob").unwrap().0, expected);
    }
}

#[tokio::test]
async fn a_second_timed_off_does_not_forget_what_was_before_the_first() {
    let mut scene = Scene::new().await;
    scene.arrive("bob").await;
    let bob = id("bob");
    for seconds in [5, 10] {
        let off = scene.accounts.share(&bob, Sharing::Off, Some(seconds));
        assert_eq!(off.await.unwrap().then, Some(Sharing::Exact));
    }
    // Off after a timed exact is off for good.
    for (sharing, then) in [(Sharing::Exact, None), (Sharing::Off, Some(Sharing::Off))] {
        let lent = scene.accounts.share(&id("bob"), sharing, Some(5)).await;
        assert_eq!(lent.unwrap().then, then);
    }
}

#[tokio::test]
async fn a_user_who_is_made_by_a_timed_off_shares_afterwards_as_everybody() {
    let scene = Scene::new().await;
    let change = SharingChange {
        sharing: Some(Lent {
            until: Some(u64::MAX),
            ..lent(Sharing::Off)
        }),
        ..SharingChange::default()
    };
    let new = id("new");
    let put = scene.accounts.put_sharing(&new, &change, scene.backend());
    assert_eq!(put.await.unwrap().sharing.then, Some(Sharing::Exact));
}

#[tokio::test]
async fn what_is_not_named_stays_as_it_was() {
    let mut scene = Scene::new().await;
    let bob = id("bob");
    scene.arrive("bob").await;
    scene
        .accounts
        .share(&bob, Sharing::Approximate, None)
        .await
        .unwrap();
    let change = SharingChange {
        strangers_consent: Some(true),
        ..SharingChange::default()
    };
    let user = scene
        .accounts
        .put_sharing(&bob, &change, scene.backend())
        .await
        .unwrap();
    assert_eq!(user.sharing, lent(Sharing::Approximate));
    assert!(user.strangers_consent);
}
