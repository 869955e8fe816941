//! What is kept of people outside, and brought back.

use nearcast_grid::Position;

use super::scene::claims;
use super::{CAFE, Scene, id};
use crate::accounts::{Changed, Kept, Restored};
use crate::auth::Claims;
use crate::broker::Page;
use crate::store::{Lent, SharingChange, Store};
use crate::wire::{Mode, Person, Sharing};

fn kept(user: &str, now: u64) -> Kept {
    Kept {
        user: id(user),
        position: Position::new(CAFE.0, CAFE.1).unwrap(),
        seen_at: now - 1000,
        noted_at: now - 1000,
        sharing: Sharing::Exact,
        open: false,
        strangers: false,
        pool: String::new(),
    }
}

fn changed(scene: &Scene) -> Vec<Changed> {
    let parts = 0..scene.accounts.changed_parts();
    parts
        .flat_map(|part| scene.accounts.take_changed(part))
        .collect()
}

async fn made(scene: &Scene, users: &[&str]) {
    for user in users {
        scene.store.arrive(&id(user), 7).await.unwrap();
    }
}

#[tokio::test]
async fn who_is_restored_has_friends_and_blocks_when_she_is_asked_about() {
    let scene = Scene::new().await;
    made(&scene, &["ann", "bob", "tom"]).await;
    scene
        .accounts
        .befriend(&id("ann"), &id("bob"))
        .await
        .unwrap();
    let now = scene.accounts.now();
    let restored = scene
        .accounts
        .restore(
            ["ann", "bob", "tom", "ghost"]
                .map(|user| kept(user, now))
                .into(),
        )
        .await;
    assert_eq!(
        restored,
        Ok(Restored {
            back: 3,
            gone: vec![id("ghost")],
            ..Restored::default()
        })
    );
    assert!(changed(&scene).is_empty(), "it is as it is kept");
    let page = Page {
        limit: 9,
        ..Default::default()
    };
    let (mut seen, ann) = (Vec::new(), id("ann"));
    let asked = scene
        .accounts
        .nearby(&ann, None, Mode::Friends, 8000.0, &page, |person| {
            if let Person::Friend(friend) = person {
                seen.push(friend.user.to_owned());
            }
        });
    asked.await.unwrap();
    assert_eq!(seen, ["bob"]);
}

#[tokio::test]
async fn the_store_decides_about_sharing_and_consent() {
    let scene = Scene::new().await;
    made(&scene, &["ann", "bob"]).await;
    let off = SharingChange {
        sharing: Some(Lent {
            sharing: Sharing::Off,
            until: None,
            then: None,
        }),
        ..SharingChange::default()
    };
    scene
        .accounts
        .put_sharing(&id("bob"), &off, scene.backend())
        .await
        .unwrap();
    let now = scene.accounts.now();
    let open = |user| Kept {
        open: true,
        strangers: true,
        pool: "teens".to_owned(),
        ..kept(user, now)
    };
    scene
        .accounts
        .restore(vec![open("ann"), open("bob")])
        .await
        .unwrap();
    // Neither consents, and bob does not share: what is kept of both is to be written anew.
    let changed = changed(&scene);
    let told: Vec<_> = changed.iter().filter_map(|one| one.kept.as_ref()).collect();
    assert_eq!(told.len(), 2);
    assert!(
        told.iter()
            .all(|kept| !kept.open && kept.strangers && kept.pool == "teens")
    );
    let bob = told.iter().find(|kept| kept.user == id("bob")).unwrap();
    assert_eq!(bob.sharing, Sharing::Off);
}

#[tokio::test]
async fn what_a_token_says_is_kept_with_where_she_is() {
    let mut scene = Scene::new().await;
    let teen = Claims {
        strangers: true,
        pool: "teens".to_owned(),
        ..claims("ann")
    };
    scene.arrive_with(&teen, CAFE).await;
    let told = changed(&scene);
    let kept = told.iter().find_map(|one| one.kept.clone()).unwrap();
    assert_eq!((kept.strangers, kept.pool.as_str()), (true, "teens"));
    // Another token changes what is kept, though nothing else of her changes.
    scene
        .accounts
        .arrive(&claims("ann"), scene.accounts.moment())
        .await
        .unwrap();
    let kept = changed(&scene)[0].kept.clone().unwrap();
    assert_eq!((kept.strangers, kept.pool.as_str()), (false, ""));
}

#[tokio::test]
async fn who_is_erased_is_told_to_be_kept_no_more() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    assert_eq!(changed(&scene).len(), 1);
    scene.accounts.erase(&id("ann")).await.unwrap();
    let gone = changed(&scene);
    assert_eq!(
        (gone.len(), gone[0].user.clone(), gone[0].kept.is_none()),
        (1, id("ann"), true)
    );
}

#[tokio::test]
async fn who_comes_anew_after_she_was_erased_is_not_who_was_kept() {
    let scene = Scene::new().await;
    let now = scene.accounts.now();
    scene.store.arrive(&id("ann"), now).await.unwrap();
    scene.store.arrive(&id("bob"), now).await.unwrap();
    let noted = |user, noted_at| Kept {
        // By Redis' clock, which may be read a little wrong.
        seen_at: now - 3,
        noted_at,
        ..kept(user, now)
    };
    let restored = scene
        .accounts
        .restore(vec![noted("ann", now - 1), noted("bob", now)])
        .await;
    assert_eq!(
        restored,
        Ok(Restored {
            back: 1,
            gone: vec![id("ann")],
            ..Restored::default()
        })
    );
    // And bob is who he was the next time too.
    scene.accounts.tell_everybody_again();
    let kept = changed(&scene)[0].kept.clone().unwrap();
    assert!(kept.user == id("bob") && kept.noted_at >= now);
}

#[tokio::test]
async fn who_is_in_a_pool_is_never_told_of_to_all_strangers() {
    let mut scene = Scene::new().await;
    for (user, pool) in [("ann", ""), ("tim", "teens")] {
        let open = Claims {
            strangers: true,
            pool: pool.to_owned(),
            ..claims(user)
        };
        scene.arrive_with(&open, CAFE).await;
        let consent = SharingChange {
            strangers_consent: Some(true),
            ..SharingChange::default()
        };
        let (user, backend) = (id(user), scene.backend());
        let put = scene.accounts.put_sharing(&user, &consent, backend);
        put.await.unwrap();
    }
    scene.epochs(3);
    let shown = |scene: &Scene| -> Vec<String> {
        let changed = changed(scene);
        let shown = changed.into_iter().filter(|one| one.shown.is_some());
        shown.map(|one| one.user.to_string()).collect()
    };
    assert_eq!(shown(&scene), ["ann"]);
}
