//! Users: who exists, how she is shown, how she shares.

use super::{Town, id};
use crate::store::{Lent, ProfileChange, SharingChange, Store};
use crate::wire::Sharing;

pub(crate) async fn who_arrives_first_is_made_with_the_defaults(store: &dyn Store) {
    let known = store.arrive(&id("ann"), 7).await.unwrap();
    assert_eq!(known.user.id, id("ann"));
    assert_eq!(known.user.created_at, 7);
    assert_eq!(known.user.sharing, exactly(Sharing::Exact));
    assert_eq!((known.user.name, known.user.stranger_name), (None, None));
    assert!(!known.user.strangers_allowed && !known.user.strangers_consent);
    assert!(known.user.history);
    assert!(known.friends.is_empty() && known.blocks.is_empty() && known.blocked_by.is_empty());
}

pub(crate) async fn who_arrives_again_is_as_she_was_left(store: &dyn Store) {
    let town = Town::new(store);
    town.arrive("ann").await;
    town.befriend("ann", "bob").await;
    let put = store.put_user(&id("ann"), &named("Ann"), 2_000).await;
    let known = store.arrive(&id("ann"), 9_000).await.unwrap();
    assert_eq!(known.user, put.unwrap());
    assert_eq!(known.user.created_at, 1_000);
    assert_eq!(known.friends, [id("bob")]);
}

pub(crate) async fn several_are_read_at_once_and_who_is_not_there_is_nobody(store: &dyn Store) {
    let town = Town::new(store);
    for user in ["ann", "it's \"bob\"", "안나"] {
        town.arrive(user).await;
    }
    // Who is only named, and who is gone, is nobody.
    store
        .block(&id("ann"), &id("named"), false, 5)
        .await
        .unwrap();
    town.arrive("gone").await;
    store.erase("gone").await.unwrap();
    let asked = ["안나", "named", "it's \"bob\"", "gone", "never"].map(id);
    let asked: Vec<_> = asked.iter().collect();
    let users = store.users(&asked).await.unwrap();
    for (user, asked) in users.iter().zip(&asked) {
        assert_eq!(*user, store.user(asked.as_str()).await.unwrap(), "{asked}");
    }
    assert_eq!(users.iter().flatten().count(), 2);
    assert!(store.users(&[]).await.unwrap().is_empty());
}

pub(crate) async fn a_profile_changes_only_where_it_is_named(store: &dyn Store) {
    let ann = id("ann");
    let all = ProfileChange {
        name: Some(Some("Ann".into())),
        stranger_name: Some(Some("A.".into())),
        avatar_url: Some(Some("https://pics.example/a.png".into())),
        strangers_allowed: Some(true),
    };
    let before = store.put_user(&ann, &all, 5).await.unwrap();
    assert_eq!(before.name.as_deref(), Some("Ann"));
    assert_eq!(before.created_at, 5);
    let nameless = ProfileChange {
        name: Some(None),
        ..ProfileChange::default()
    };
    let after = store.put_user(&ann, &nameless, 6).await.unwrap();
    assert_eq!((after.name, after.created_at), (None, 5));
    assert_eq!(after.stranger_name.as_deref(), Some("A."));
    assert_eq!(after.avatar_url, before.avatar_url);
    assert!(after.strangers_allowed);
    assert_eq!(after.sharing, exactly(Sharing::Exact));
}

pub(crate) async fn sharing_changes_only_where_it_is_named(store: &dyn Store) {
    let ann = id("ann");
    let consent = SharingChange {
        strangers_consent: Some(true),
        ..SharingChange::default()
    };
    let first = store.put_sharing(&ann, &consent, 5).await.unwrap();
    assert!(first.strangers_consent && first.history);
    assert_eq!(first.sharing, exactly(Sharing::Exact));
    let off = SharingChange {
        sharing: Some(exactly(Sharing::Off)),
        history: Some(false),
        ..SharingChange::default()
    };
    let second = store.put_sharing(&ann, &off, 6).await.unwrap();
    assert!(second.strangers_consent && !second.history);
    assert_eq!(second.sharing, exactly(Sharing::Off));
    assert_eq!(store.user("ann").await.unwrap(), Some(second));
}

pub(crate) async fn timed_sharing_is_read_back_as_it_was_lent(store: &dyn Store) {
    let lent = Lent {
        sharing: Sharing::Off,
        until: Some(1_790_000_000_123),
        then: Some(Sharing::Approximate),
    };
    share(store, lent).await;
    assert_eq!(shared(store).await, lent);
    let for_good = exactly(Sharing::Approximate);
    share(store, for_good).await;
    assert_eq!(shared(store).await, for_good);
}

async fn share(store: &dyn Store, lent: Lent) {
    let change = SharingChange {
        sharing: Some(lent),
        ..SharingChange::default()
    };
    store.put_sharing(&id("ann"), &change, 5).await.unwrap();
}

async fn shared(store: &dyn Store) -> Lent {
    store.arrive(&id("ann"), 6).await.unwrap().user.sharing
}

pub(crate) async fn ids_are_compared_byte_for_byte(store: &dyn Store) {
    let town = Town::new(store);
    // The last two look alike: one character, and a letter with an accent after it.
    let alike = ["ann", "Ann", "ann ", " ann", "\u{e9}", "e\u{301}"];
    town.all_arrive(&alike).await;
    town.befriend("ann", "\u{e9}").await;
    for other in ["Ann", "ann ", " ann", "e\u{301}"] {
        assert!(town.friends(other).await.is_empty());
    }
    town.store.erase("Ann").await.unwrap();
    assert!(town.user("ann").await.is_some());
}

pub(crate) async fn ids_may_hold_anything_but_control_characters(store: &dyn Store) {
    let town = Town::new(store);
    let long = "x".repeat(64);
    let odd = [
        "O'Brien",
        "\"quoted\"; DROP TABLE users; --",
        "a\\b%_?1",
        "👩‍👩‍👧",
        "민준",
        "null",
        "[1,2]",
        &long,
    ];
    for pair in odd.windows(2) {
        town.befriend(pair[0], pair[1]).await;
    }
    for pair in odd.windows(2) {
        let known = town.arrive(pair[0]).await;
        assert_eq!(known.user.id.as_str(), pair[0]);
        assert!(known.friends.contains(&id(pair[1])));
        assert!(town.friends(pair[1]).await.contains(&pair[0].to_owned()));
    }
}

pub(crate) async fn who_is_only_named_does_not_exist(store: &dyn Store) {
    let town = Town::new(store);
    town.ask("ann", "bob").await;
    town.block("ann", "carl").await;
    town.report("ann", "dora").await;
    for named in ["bob", "carl", "dora"] {
        assert_eq!(town.user(named).await, None);
        assert_eq!(town.export(named).await, None);
        assert!(!store.erase(named).await.unwrap());
    }
    assert!(town.user("ann").await.is_some());
}

fn exactly(sharing: Sharing) -> Lent {
    Lent {
        sharing,
        until: None,
        then: None,
    }
}

fn named(name: &str) -> ProfileChange {
    ProfileChange {
        name: Some(Some(name.into())),
        ..ProfileChange::default()
    }
}
