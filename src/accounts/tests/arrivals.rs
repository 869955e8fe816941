//! Coming into the world while others change what is loaded: the world never holds what the store
//! does not.

use super::scene::claims;
use super::{Scene, id};
use crate::accounts::{Refusal, Result};
use crate::store::{Part, Store};
use crate::wire::Sharing;
use crate::wire::client::Target;

const ROUNDS: usize = 60;
const ALL: Part<'static> = Part {
    after: None,
    limit: 100,
};

/// Ann is on her way into the world, loaded and not yet entered, when `change` is asked for.
async fn while_ann_comes<T: Send + 'static>(
    scene: &Scene,
    change: impl Future<Output = Result<T>> + Send + 'static,
) {
    let (is_read, go_on) = scene.store.hold_next().await;
    let accounts = scene.accounts.clone();
    let comes =
        tokio::spawn(async move { accounts.arrive(&claims("ann"), accounts.moment()).await });
    is_read.await.unwrap();
    let change = tokio::spawn(change);
    for _ in 0..50_000 {
        if change.is_finished() {
            break;
        }
        tokio::task::yield_now().await;
    }
    go_on.send(()).unwrap();
    comes.await.unwrap().unwrap();
    assert!(change.await.unwrap().is_ok());
}

#[tokio::test]
async fn what_changes_while_somebody_is_loaded_is_so_when_she_is_there() {
    let mut scene = Scene::new().await;
    scene.arrive("bob").await;
    let (ann, bob, target) = (id("ann"), id("bob"), Target::User(id("ann")));
    scene.accounts.befriend(&ann, &bob).await.unwrap();
    let accounts = scene.accounts.clone();
    while_ann_comes(&scene, async move { accounts.unfriend(&bob, &ann).await }).await;
    assert!(!scene.why("ann", "bob").friends);

    let (accounts, bob) = (scene.accounts.clone(), id("bob"));
    while_ann_comes(&scene, async move { accounts.block(&bob, &target).await }).await;
    assert!(scene.why("ann", "bob").blocked);

    let (accounts, bob) = (scene.accounts.clone(), id("bob"));
    while_ann_comes(&scene, async move { accounts.unblock(&bob, "ann").await }).await;
    assert!(!scene.why("ann", "bob").blocked);

    let (accounts, ann) = (scene.accounts.clone(), id("ann"));
    let off = async move { accounts.share(&ann, Sharing::Off, None).await };
    while_ann_comes(&scene, off).await;
    assert!(!scene.why("bob", "ann").subject_shares);
}

#[tokio::test]
async fn who_is_erased_while_a_friend_is_loaded_comes_anew_without_her() {
    let mut scene = Scene::new().await;
    scene.arrive("bob").await;
    scene
        .accounts
        .befriend(&id("ann"), &id("bob"))
        .await
        .unwrap();
    let accounts = scene.accounts.clone();
    let anew = async move {
        accounts.erase(&id("bob")).await?;
        accounts.arrive(&claims("bob"), accounts.moment()).await
    };
    while_ann_comes(&scene, anew).await;
    assert!(scene.is_here("bob") && !scene.why("ann", "bob").friends);
}

#[tokio::test]
async fn after_more_erasures_than_are_remembered_she_is_loaded_anew() {
    let mut scene = Scene::new().await;
    scene.arrive("bob").await;
    scene
        .accounts
        .befriend(&id("ann"), &id("bob"))
        .await
        .unwrap();
    let accounts = scene.accounts.clone();
    let anew = async move {
        accounts.erase(&id("bob")).await?;
        accounts.arrive(&claims("bob"), accounts.moment()).await?;
        for other in 0..2_000 {
            accounts.erasures.note(&other.to_string());
        }
        Ok(())
    };
    while_ann_comes(&scene, anew).await;
    assert!(scene.is_here("bob") && !scene.why("ann", "bob").friends);
}

#[tokio::test]
async fn who_is_erased_while_somebody_who_blocks_her_is_loaded_comes_anew_and_is_blocked() {
    let mut scene = Scene::new().await;
    scene.arrive("bob").await;
    let bob = Target::User(id("bob"));
    scene.accounts.block_for(&id("ann"), &bob).await.unwrap();
    let accounts = scene.accounts.clone();
    let anew = async move {
        accounts.erase(&id("bob")).await?;
        accounts.arrive(&claims("bob"), accounts.moment()).await
    };
    while_ann_comes(&scene, anew).await;
    assert!(scene.is_here("bob") && scene.why("ann", "bob").blocked);
}

#[tokio::test]
async fn a_ghost_who_comes_while_somebody_who_blocks_her_is_loaded_is_blocked() {
    let mut scene = Scene::new().await;
    scene.arrive("bob").await;
    let bob = Target::User(id("bob"));
    scene.accounts.block_for(&id("ann"), &bob).await.unwrap();
    scene.accounts.erase(&id("bob")).await.unwrap();
    let accounts = scene.accounts.clone();
    let anew = async move { accounts.arrive(&claims("bob"), accounts.moment()).await };
    while_ann_comes(&scene, anew).await;
    assert!(scene.is_here("bob") && scene.why("ann", "bob").blocked);
}

#[tokio::test]
async fn when_the_store_fails_nothing_changes_in_the_world() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    scene.befriend("ann", "bob").await;
    scene.store.close().await.unwrap();
    let (ann, bob, accounts) = (id("ann"), id("bob"), &scene.accounts);
    let failed = Err(Refusal::Unavailable);
    assert_eq!(accounts.unfriend(&ann, &bob).await, failed);
    assert_eq!(accounts.erase(&bob).await, Err(Refusal::Unavailable));
    let off = accounts.share(&bob, Sharing::Off, None).await;
    assert_eq!(off, Err(Refusal::Unavailable));
    let why = scene.why("ann", "bob");
    assert!(why.friends && why.subject_shares);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn unfriending_beside_an_arrival_leaves_no_friendship() {
    let mut scene = Scene::new().await;
    scene.arrive("bob").await;
    for round in 0..ROUNDS {
        let ann = id(&format!("ann{round}"));
        let bob = id("bob");
        scene.accounts.befriend(&ann, &bob).await.unwrap();
        let accounts = &scene.accounts;
        let coming = claims(ann.as_str());
        let (arrived, ended) = tokio::join!(
            accounts.arrive(&coming, accounts.moment()),
            accounts.unfriend(&bob, &ann)
        );
        arrived.unwrap();
        ended.unwrap();
        assert!(!scene.why(ann.as_str(), "bob").friends, "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn blocking_and_unblocking_beside_an_arrival_leaves_what_the_store_says() {
    let mut scene = Scene::new().await;
    scene.arrive("bob").await;
    for round in 0..ROUNDS {
        let ann = id(&format!("ann{round}"));
        let (bob, target) = (id("bob"), Target::User(ann.clone()));
        let accounts = &scene.accounts;
        let coming = claims(ann.as_str());
        if round % 2 == 0 {
            accounts.befriend(&ann, &bob).await.unwrap();
            let (arrived, blocked) = tokio::join!(
                accounts.arrive(&coming, accounts.moment()),
                accounts.block(&bob, &target)
            );
            arrived.unwrap();
            blocked.unwrap();
            let why = scene.why(ann.as_str(), "bob");
            assert!(why.blocked && !why.friends, "round {round}");
            // Room for the next.
            accounts.unblock(&bob, ann.as_str()).await.unwrap();
        } else {
            accounts.block(&bob, &target).await.unwrap();
            let (arrived, unblocked) = tokio::join!(
                accounts.arrive(&coming, accounts.moment()),
                accounts.unblock(&bob, ann.as_str())
            );
            arrived.unwrap();
            unblocked.unwrap();
            assert!(!scene.why(ann.as_str(), "bob").blocked, "round {round}");
        }
    }
}

#[tokio::test]
async fn who_is_still_entering_is_asked_nothing() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    let accounts = &scene.accounts;
    let (ann, page) = (id("ann"), crate::broker::Page::default());
    let mode = crate::wire::Mode::Friends;
    assert!(accounts.knows(&claims("ann")));
    accounts.entrants.loads(&ann);
    assert!(accounts.knows(&claims("ann")));
    accounts.entrants.enters(&ann);
    assert!(!accounts.knows(&claims("ann")));
    let asked = accounts.nearby(&ann, None, mode, 100.0, &page, |_| ());
    assert_eq!(asked.await.map(drop), Err(Refusal::Unavailable));
    accounts.entrants.ended(&ann);
    let asked = accounts.nearby(&ann, None, mode, 100.0, &page, |_| ());
    assert!(asked.await.is_ok());
}

#[tokio::test]
async fn who_is_erased_enters_no_more() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    let (accounts, ann) = (&scene.accounts, id("ann"));
    accounts.entrants.loads(&ann);
    accounts.entrants.enters(&ann);
    accounts.erase(&ann).await.unwrap();
    assert!(!accounts.entrants.contains(&ann));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_was_erased_beside_an_arrival_comes_anew_without_friends() {
    let mut scene = Scene::new().await;
    for round in 0..ROUNDS {
        let (ann, bob) = (id(&format!("ann{round}")), id(&format!("bob{round}")));
        scene.accounts.befriend(&ann, &bob).await.unwrap();
        scene.arrive(bob.as_str()).await;
        let accounts = &scene.accounts;
        let (comes, anew) = (claims(ann.as_str()), claims(bob.as_str()));
        let (arrived, erased) = tokio::join!(accounts.arrive(&comes, accounts.moment()), async {
            let erased = accounts.erase(&bob).await;
            accounts.arrive(&anew, accounts.moment()).await.unwrap();
            erased
        });
        arrived.unwrap();
        assert!(erased.unwrap().was_there);
        assert!(
            !scene.why(ann.as_str(), bob.as_str()).friends,
            "round {round}"
        );
        let friends = scene.accounts.friends(bob.as_str(), ALL).await.unwrap();
        assert!(friends.is_empty());
        assert!(scene.ordered().await.ends_with("close erased"));
        scene.hang_up(bob.as_str());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_friends_who_come_at_once_find_each_other() {
    let scene = Scene::new().await;
    for round in 0..ROUNDS {
        let (ann, bob) = (id(&format!("ann{round}")), id(&format!("bob{round}")));
        scene.accounts.befriend(&ann, &bob).await.unwrap();
        let accounts = &scene.accounts;
        let both = [claims(ann.as_str()), claims(bob.as_str())];
        let (one, other) = tokio::join!(
            accounts.arrive(&both[0], accounts.moment()),
            accounts.arrive(&both[1], accounts.moment())
        );
        one.unwrap();
        other.unwrap();
        assert!(
            scene.why(ann.as_str(), bob.as_str()).friends,
            "round {round}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn opposite_pairs_do_not_wait_for_each_other_for_ever() {
    let scene = Scene::new().await;
    let people: Vec<_> = (0..6).map(|n| id(&format!("user{n}"))).collect();
    let mut tasks = Vec::new();
    for one in &people {
        for other in people.iter().filter(|&other| other != one) {
            let (accounts, one, other) = (scene.accounts.clone(), one.clone(), other.clone());
            tasks.push(tokio::spawn(async move {
                accounts.befriend(&one, &other).await
            }));
        }
    }
    for task in tasks {
        assert_eq!(task.await.unwrap(), Ok(()));
    }
}
