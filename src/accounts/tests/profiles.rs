//! Profiles and imports reach who is in the world; questions bring in who is not.

use nearcast_grid::Position;

use super::scene::claims;
use super::{CAFE, PARK, Scene, id};
use crate::accounts::Refusal;
use crate::broker::{About, Move, Moved, Page};
use crate::config::Limits;
use crate::metrics::Limit;
use crate::store::{Imported, Lent, ProfileChange, SharingChange};
use crate::wire::{Mode, Person, Sharing};

const PAGE: Page<'static> = Page {
    id: None,
    cursor: None,
    limit: 20,
};

fn named(name: &str) -> ProfileChange {
    ProfileChange {
        name: Some(Some(name.to_owned())),
        ..ProfileChange::default()
    }
}

pub(super) fn at(place: (f64, f64)) -> Move {
    Move {
        position: Position::new(place.0, place.1).unwrap(),
        about: About::new(None, None, None),
        at: None,
    }
}

/// Whom a user would see, with their names.
async fn nearby(scene: &Scene, user: &str) -> Vec<String> {
    let mut people = Vec::new();
    let user = id(user);
    let asked = scene.accounts.nearby(
        &user,
        None,
        Mode::Friends,
        8047.0,
        &PAGE,
        |person: &Person<'_>| match person {
            Person::Friend(friend) => people.push(format!(
                "{} {}",
                friend.user,
                friend.name.unwrap_or_default()
            )),
            Person::Stranger(_) => panic!("nobody asked for strangers"),
        },
    );
    asked.await.unwrap();
    people
}

#[tokio::test]
async fn a_new_name_is_shown_at_once() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    scene.befriend("ann", "bob").await;
    scene.heard("ann");
    let bob = id("bob");
    scene
        .accounts
        .put_user(&bob, &named("Bob"), scene.backend())
        .await
        .unwrap();
    assert_eq!(scene.heard("ann"), ["bob entered"]);
    assert_eq!(nearby(&scene, "ann").await, ["bob Bob"]);
}

#[tokio::test]
async fn an_import_reaches_who_is_in_the_world() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    let off = SharingChange {
        sharing: Some(Lent {
            sharing: Sharing::Off,
            until: None,
            then: None,
        }),
        ..SharingChange::default()
    };
    let lines = [
        Imported::Friends(id("ann"), id("bob")),
        Imported::Friends(id("ann"), id("cid")),
        Imported::User {
            id: id("ann"),
            profile: named("Ann"),
            sharing: off,
        },
    ];
    assert_eq!(scene.accounts.import(&lines).await, Ok(Vec::new()));
    assert_eq!(scene.heard("ann"), ["bob entered"]);
    // She shares no more.
    assert!(scene.heard("bob").is_empty());
    assert!(!scene.is_here("cid"));
    scene.arrive("cid").await;
    assert_eq!(scene.heard("ann"), ["cid entered"]);
}

#[tokio::test]
async fn who_is_not_in_the_world_is_brought_in_to_be_asked_about() {
    let mut scene = Scene::new().await;
    scene.befriend("ann", "bob").await;
    assert!(!scene.is_here("ann"));
    let bob = id("bob");
    scene
        .accounts
        .put_user(&bob, &named("Bob"), scene.backend())
        .await
        .unwrap();
    for (user, place) in [("ann", CAFE), ("bob", PARK)] {
        let moved = scene.accounts.moved(&id(user), None, &at(place)).await;
        assert_eq!(moved, Ok(Moved::Went));
    }
    assert_eq!(nearby(&scene, "ann").await, ["bob Bob"]);
    let centre = Position::new(CAFE.0, CAFE.1).unwrap();
    let mut around = 0;
    let found = scene.accounts.within(centre, 500.0, 10, |_| around += 1);
    assert_eq!((found, around), (1, 1));
    scene.until_idle_are_gone();
    assert!(!scene.is_here("ann") && !scene.is_here("bob"));
    let reasons = scene.accounts.why("ann", "bob").await.unwrap();
    assert!(reasons.friends && !reasons.subject_active);
}

#[tokio::test]
async fn a_server_key_makes_nobody_by_asking() {
    let scene = Scene::new().await;
    let nobody = id("nobody");
    let accounts = &scene.accounts;
    let moved = accounts.moved(&nobody, None, &at(CAFE)).await;
    assert_eq!(moved, Err(Refusal::NotFound));
    let asked = accounts.nearby(&nobody, None, Mode::Friends, 100.0, &PAGE, |_| ());
    assert_eq!(asked.await, Err(Refusal::NotFound));
    let why = accounts.why("nobody", "nobody").await;
    assert_eq!(why, Err(Refusal::NotFound));
    let user = accounts.user("nobody").await;
    assert_eq!(user, Err(Refusal::NotFound));
    assert!(!scene.is_here("nobody"));
    // A token does.
    accounts
        .arrive(&claims("nobody"), accounts.moment())
        .await
        .unwrap();
    assert!(accounts.user("nobody").await.is_ok());
}

#[tokio::test]
async fn a_cursor_of_another_list_is_said_to_be_wrong() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    let page = Page {
        cursor: Some("00ff"),
        ..PAGE
    };
    let ann = id("ann");
    let asked = scene
        .accounts
        .nearby(&ann, None, Mode::Friends, 100.0, &page, |_| ());
    assert!(matches!(asked.await, Err(Refusal::Bad(_))));
}

#[tokio::test]
async fn moves_run_out() {
    let limits = Limits {
        moves_burst: 3,
        moves_per_s: 0.1,
        ..Limits::default()
    };
    let scene = Scene::with(limits).await;
    scene
        .accounts
        .arrive(&claims("ann"), scene.accounts.moment())
        .await
        .unwrap();
    for _ in 0..3 {
        scene
            .accounts
            .moved(&id("ann"), None, &at(CAFE))
            .await
            .unwrap();
    }
    let moved = scene.accounts.moved(&id("ann"), None, &at(CAFE)).await;
    assert!(matches!(moved, Err(Refusal::TooMany { limit: Limit::Moves, after_s }) if after_s > 0));
}
