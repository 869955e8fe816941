//! Strangers: permission, consent, waves, reports.

use std::sync::Arc;

use super::profiles::at;
use super::scene::claims;
use super::{CAFE, HARBOR, PARK, Scene, id};
use crate::accounts::Refusal;
use crate::config::Limits;
use crate::store::{ProfileChange, SharingChange};
use crate::wire::client::Target;

/// Permission by the product, and her own consent.
pub(super) async fn consent(scene: &Scene, user: &str) {
    let change = ProfileChange {
        name: Some(Some(user.to_uppercase())),
        strangers_allowed: Some(true),
        ..ProfileChange::default()
    };
    scene
        .accounts
        .put_user(&id(user), &change, scene.backend())
        .await
        .unwrap();
    set_consent(scene, user, true).await;
}

async fn set_consent(scene: &Scene, user: &str, consent: bool) {
    let change = SharingChange {
        strangers_consent: Some(consent),
        ..SharingChange::default()
    };
    let user = id(user);
    scene
        .accounts
        .put_sharing(&user, &change, scene.backend())
        .await
        .unwrap();
}

/// People at the café who have been shown to each other.
pub(super) async fn strangers(users: &[&str]) -> Scene {
    strangers_within(users, Limits::default()).await
}

async fn strangers_within(users: &[&str], limits: Limits) -> Scene {
    let mut scene = Scene::with(limits).await;
    for user in users {
        consent(&scene, user).await;
        assert!(scene.arrive(user).await.strangers);
    }
    scene.two_epochs();
    for user in users {
        assert!(scene.heard(user).contains(&"stranger entered".to_owned()));
    }
    scene
}

#[tokio::test]
async fn who_withdraws_her_consent_is_hidden_at_once() {
    let mut scene = strangers(&["eve", "tom"]).await;
    set_consent(&scene, "tom", false).await;
    assert_eq!(scene.heard("eve"), ["stranger exited: left"]);
    scene.two_epochs();
    assert!(scene.heard("eve").is_empty());
}

#[tokio::test]
async fn whose_permission_is_taken_away_is_hidden_at_once() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let change = ProfileChange {
        strangers_allowed: Some(false),
        ..ProfileChange::default()
    };
    scene
        .accounts
        .put_user(&id("tom"), &change, scene.backend())
        .await
        .unwrap();
    assert_eq!(scene.heard("eve"), ["stranger exited: left"]);
}

#[tokio::test]
async fn the_newest_token_decides_until_she_has_left_the_world() {
    let mut scene = Scene::new().await;
    set_consent(&scene, "tom", true).await;
    let allowed = crate::auth::Claims {
        strangers: true,
        pool: "adults".to_owned(),
        ..claims("tom")
    };
    assert!(!scene.arrive("tom").await.strangers);
    assert!(scene.arrive_with(&allowed, CAFE).await.strangers);
    let is_open = |scene: &Scene| scene.why("tom", "tom").viewer_open;
    assert!(is_open(&scene));
    // A change of something else keeps what the token said.
    scene
        .accounts
        .share(&id("tom"), crate::wire::Sharing::Off, None)
        .await
        .unwrap();
    assert!(is_open(&scene));
    assert!(
        !scene
            .accounts
            .arrive(&claims("tom"), scene.accounts.moment())
            .await
            .unwrap()
            .strangers
    );
    assert!(!is_open(&scene));
    scene
        .accounts
        .arrive(&allowed, scene.accounts.moment())
        .await
        .unwrap();
    // Without a phone or a position she leaves, and what the token said with her.
    scene.hang_up("tom");
    scene.hang_up("tom");
    scene.sockets.tidy(scene.accounts.now() + 30_000);
    scene.sockets.tidy(scene.accounts.now() + 60_000);
    assert!(!scene.is_here("tom"));
    scene.accounts.why("tom", "tom").await.unwrap();
    assert!(!is_open(&scene));
}

#[tokio::test]
async fn a_claim_is_nothing_without_consent() {
    let mut scene = Scene::new().await;
    let allowed = crate::auth::Claims {
        strangers: true,
        ..claims("tom")
    };
    assert!(!scene.arrive_with(&allowed, CAFE).await.strangers);
    set_consent(&scene, "tom", true).await;
    assert!(scene.why("tom", "tom").viewer_open);
}

#[tokio::test]
async fn two_who_wave_to_each_other_both_learn_who_it_is() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let (of_tom, of_eve) = (scene.alias("eve"), scene.alias("tom"));
    scene.accounts.wave(&id("eve"), &of_tom).await.unwrap();
    assert!(scene.nothing_is_ordered().await);
    scene.accounts.wave(&id("tom"), &of_eve).await.unwrap();
    let mut ordered = [scene.ordered().await, scene.ordered().await];
    ordered.sort();
    assert_eq!(ordered, ["eve: met tom TOM", "tom: met eve EVE"]);
}

#[tokio::test]
async fn who_has_withdrawn_is_named_to_nobody_whom_she_waved_at() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let (of_tom, of_eve) = (scene.alias("eve"), scene.alias("tom"));
    scene.accounts.wave(&id("eve"), &of_tom).await.unwrap();
    set_consent(&scene, "eve", false).await;
    scene.accounts.wave(&id("tom"), &of_eve).await.unwrap();
    assert!(scene.nothing_is_ordered().await);
    set_consent(&scene, "eve", true).await;
    scene.accounts.wave(&id("eve"), &of_tom).await.unwrap();
    assert!(!scene.nothing_is_ordered().await);
}

#[tokio::test]
async fn an_alias_does_not_say_whether_its_stranger_is_there() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let of_tom = scene.alias("eve");
    scene.hang_up("tom");
    scene.until_idle_are_gone();
    assert!(!scene.is_here("tom"));
    assert_eq!(scene.accounts.wave(&id("eve"), &of_tom).await, Ok(()));
    scene.accounts.erase(&id("tom")).await.unwrap();
    assert_eq!(scene.accounts.wave(&id("eve"), &of_tom).await, Ok(()));
}

#[tokio::test]
async fn who_blocks_while_two_meet_is_answered_when_both_are_told() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let (of_tom, of_eve) = (scene.alias("eve"), scene.alias("tom"));
    scene.accounts.wave(&id("eve"), &of_tom).await.unwrap();
    let (is_read, go_on) = scene.store.hold_second_look().await;
    let accounts = Arc::clone(&scene.accounts);
    let wave = tokio::spawn(async move { accounts.wave(&id("tom"), &of_eve).await });
    is_read.await.unwrap();
    assert!(scene.are_held("eve", "tom").await);
    go_on.send(()).unwrap();
    let target = Target::Alias(of_tom);
    scene.accounts.block(&id("eve"), &target).await.unwrap();
    for _ in 0..2 {
        assert!(!scene.nothing_is_ordered().await);
        scene.ordered().await;
    }
    wave.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_wave_to_who_blocked_is_answered_as_any_other() {
    let mut scene = strangers(&["eve", "tom", "uma"]).await;
    let now = scene.accounts.now();
    let alias = |viewer, subject| scene.accounts.desk().alias(viewer, subject, now).unwrap();
    let (tom_by_eve, eve_by_tom) = (alias("eve", "tom"), alias("tom", "eve"));
    let (uma_by_eve, eve_by_uma) = (alias("eve", "uma"), alias("uma", "eve"));
    let accounts = &scene.accounts;
    accounts.wave(&id("eve"), &tom_by_eve).await.unwrap();
    let target = Target::Alias(eve_by_tom.clone());
    accounts.block(&id("tom"), &target).await.unwrap();
    accounts.wave(&id("eve"), &tom_by_eve).await.unwrap();
    accounts.wave(&id("tom"), &eve_by_tom).await.unwrap();
    // What is told next is of another pair.
    accounts.wave(&id("eve"), &uma_by_eve).await.unwrap();
    accounts.wave(&id("uma"), &eve_by_uma).await.unwrap();
    let mut ordered = [scene.ordered().await, scene.ordered().await];
    ordered.sort();
    assert_eq!(ordered, ["eve: met uma UMA", "uma: met eve EVE"]);
}

#[tokio::test]
async fn waves_run_out() {
    let limits = Limits {
        waves_per_hour: 2,
        ..Limits::default()
    };
    let mut scene = strangers_within(&["eve", "tom"], limits).await;
    let alias = scene.alias("eve");
    for _ in 0..2 {
        scene.accounts.wave(&id("eve"), &alias).await.unwrap();
    }
    let wave = scene.accounts.wave(&id("eve"), &alias).await;
    assert!(matches!(wave, Err(Refusal::TooMany { .. })), "{wave:?}");
}

#[tokio::test]
async fn a_report_keeps_whom_and_where_but_no_finer_than_a_cell() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let alias = scene.alias("eve");
    let target = Target::Alias(alias);
    let eve = id("eve");
    let reported = scene.accounts.report(&eve, &target, Some("rude")).await;
    reported.unwrap();
    let reports = scene.accounts.reports(0, 10).await.unwrap();
    let [report] = reports.as_slice() else {
        panic!("{reports:?}");
    };
    assert_eq!((&report.by, &report.user), (&Some(eve), &Some(id("tom"))));
    assert_eq!(report.reason.as_deref(), Some("rude"));
    assert_eq!(report.cell.len(), 6);
}

#[tokio::test]
async fn an_alias_is_resolved_for_moderation() {
    let mut scene = strangers(&["eve", "tom"]).await;
    let alias = scene.alias("eve");
    let resolved = scene.accounts.resolve(&id("eve"), &alias).await;
    assert_eq!(resolved, Ok(id("tom")));
}

#[tokio::test]
async fn pools_never_meet_and_the_newest_token_chooses() {
    let mut scene = Scene::new().await;
    let of = |user: &str, pool: &str| crate::auth::Claims {
        strangers: true,
        pool: pool.to_owned(),
        ..claims(user)
    };
    for (user, place) in [("eve", CAFE), ("tom", PARK), ("uma", HARBOR)] {
        set_consent(&scene, user, true).await;
        let pool = if user == "eve" { "teens" } else { "adults" };
        scene.arrive_with(&of(user, pool), place).await;
    }
    assert!(!scene.why("eve", "tom").same_pool);
    assert!(scene.why("uma", "tom").same_pool);
    scene
        .accounts
        .arrive(&of("tom", "teens"), scene.accounts.moment())
        .await
        .unwrap();
    assert!(scene.why("eve", "tom").same_pool);
}

#[tokio::test]
async fn who_left_while_her_request_was_read_comes_back_with_its_pool() {
    let mut scene = Scene::new().await;
    let tom = crate::auth::Claims {
        pool: "teens".to_owned(),
        ..claims("tom")
    };
    let judged = scene.accounts.moment();
    scene.accounts.arrive(&tom, judged).await.unwrap();
    scene.until_idle_are_gone();
    assert!(!scene.is_here("tom"));
    let user = id("tom");
    let moved = scene.accounts.moved(&user, Some(&tom), &at(CAFE)).await;
    assert!(moved.is_ok());
    scene.accounts.arrive(&claims("eve"), judged).await.unwrap();
    assert!(!scene.why("eve", "tom").same_pool);
}
