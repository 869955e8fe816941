//! What takes something away: answered after the boundary, done even if nobody waits for it.

use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};

use tokio::task::JoinHandle;

use super::scene::{CHANGES, claims};
use super::{Scene, id};
use crate::accounts::{Accounts, Asker, Refusal};
use crate::broker::{SessionId, Sink};
use crate::store::{ProfileChange, SharingChange, Store};
use crate::wire::client::Target;
use crate::wire::{Sharing, UserId};

/// A sink in which a sweep stands still until it is let go.
struct Stuck {
    is_in: mpsc::Sender<()>,
    go_on: mpsc::Receiver<()>,
}

impl Sink for Stuck {
    fn is_full(&mut self, _: SessionId) -> bool {
        false
    }

    fn frame(&mut self, _: SessionId, _: &[u8]) {
        self.is_in.send(()).unwrap();
        self.go_on.recv().unwrap();
    }
}

/// Lets other tasks work until something is so.
async fn until(mut is_so: impl FnMut() -> bool) {
    for _ in 0..1_000_000 {
        if is_so() {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("it never was so");
}

#[tokio::test]
async fn unfriending_is_answered_only_when_a_sweep_from_before_has_ended() {
    let mut scene = Scene::new().await;
    for user in ["ann", "bob", "eve"] {
        scene.arrive(user).await;
    }
    scene.befriend("ann", "bob").await;
    let accounts = scene.accounts.clone();
    accounts.befriend(&id("ann"), &id("eve")).await.unwrap();
    // The sweep that tells of eve stands still in the middle.
    let (is_in, entered) = mpsc::channel();
    let (let_go, go_on) = mpsc::channel();
    let (mut sockets, now) = (scene.take_sockets(), accounts.now());
    let sweep = std::thread::spawn(move || sockets.sweep(now, &mut Stuck { is_in, go_on }));
    entered.recv().unwrap();
    let unfriending = accounts.clone();
    let task = tokio::spawn(async move { unfriending.unfriend(&id("ann"), &id("bob")).await });
    until(|| !scene.why("ann", "bob").friends).await;
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(!task.is_finished());
    for _ in 0..8 {
        // A frame each; there may be fewer.
        let _ = let_go.send(());
    }
    assert_eq!(task.await.unwrap(), Ok(()));
    sweep.join().unwrap();
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_stop_what_she_began() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    scene.befriend("ann", "bob").await;
    let accounts = scene.accounts.clone();
    let (ann, bob) = (id("ann"), id("bob"));
    begin_and_drop(accounts.unfriend(&ann, &bob));
    until(|| !scene.why("ann", "bob").friends).await;
    begin_and_drop(accounts.befriend(&ann, &bob));
    until(|| scene.why("ann", "bob").friends).await;
    begin_and_drop(accounts.share(&bob, Sharing::Off, None));
    until(|| !scene.why("ann", "bob").subject_shares).await;
    begin_and_drop(accounts.erase(&bob));
    until(|| !scene.is_here("bob")).await;
    // The order to close her session comes too.
    assert_eq!(scene.ordered().await, "bob: close erased");
}

fn begin_and_drop<T>(begun: impl Future<Output = Result<T, Refusal>>) {
    let mut begun = std::pin::pin!(begun);
    let polled = begun.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Pending));
}

#[tokio::test]
async fn what_was_asked_before_an_erasure_makes_nobody_anew() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    let (ann, bob) = (id("ann"), Target::User(id("bob")));
    // Whoever comes first waits for the lock first.
    let held = scene.accounts.locks.one("ann").await;
    let erased = begin(&scene, async |accounts| accounts.erase(&id("ann")).await).await;
    let shared = begin(&scene, async |accounts| {
        accounts.share(&id("ann"), Sharing::Approximate, None).await
    })
    .await;
    let blocked = begin(&scene, async move |accounts| {
        accounts.block_for(&id("ann"), &bob).await
    })
    .await;
    let asked = begin(&scene, async |accounts| {
        accounts.ask(&id("ann"), &id("bob")).await
    })
    .await;
    let arrived = begin(&scene, async |accounts| {
        accounts.arrive(&claims("ann"), accounts.moment()).await
    })
    .await;
    drop(held);
    assert!(erased.await.unwrap().unwrap().was_there);
    assert_eq!(shared.await.unwrap().err(), Some(Refusal::NotFound));
    assert_eq!(blocked.await.unwrap().err(), Some(Refusal::NotFound));
    assert_eq!(asked.await.unwrap().err(), Some(Refusal::NotFound));
    assert_eq!(arrived.await.unwrap().err(), Some(Refusal::NotFound));
    assert_eq!(scene.store.user("ann").await, Ok(None));
    assert!(
        scene
            .accounts
            .arrive(&claims("ann"), scene.accounts.moment())
            .await
            .is_ok(),
        "{ann}"
    );
}

/// Begins something that waits for a lock before it is answered.
pub(super) async fn begin<T: Send + 'static, F: Future<Output = T> + Send>(
    scene: &Scene,
    work: impl FnOnce(Arc<Accounts>) -> F + Send + 'static,
) -> JoinHandle<T> {
    let accounts = Arc::clone(&scene.accounts);
    let begun = tokio::spawn(async move { work(accounts).await });
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    assert!(!begun.is_finished());
    begun
}

#[tokio::test]
async fn a_change_beyond_their_number_is_refused_at_once_and_none_is_lost() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    let held = scene.accounts.locks.one("ann").await;
    let mut waiting = Vec::new();
    for _ in 0..CHANGES {
        let share = async |accounts: Arc<Accounts>| {
            accounts.share(&id("ann"), Sharing::Approximate, None).await
        };
        waiting.push(begin(&scene, share).await);
    }
    let refused = scene.accounts.share(&id("ann"), Sharing::Off, None).await;
    assert_eq!(refused, Err(Refusal::Unavailable));
    drop(held);
    for shared in waiting {
        assert!(shared.await.unwrap().is_ok());
    }
    let shared = scene.accounts.share(&id("ann"), Sharing::Off, None).await;
    assert!(shared.is_ok());
}

#[tokio::test]
async fn a_change_is_answered_when_what_was_ordered_before_is_carried_out() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    scene.befriend("ann", "bob").await;
    let mut passes = scene.hold_passes();
    let accounts = Arc::clone(&scene.accounts);
    let mut ended = tokio::spawn(async move { accounts.unfriend(&id("ann"), &id("bob")).await });
    let pass = tokio::select! {
        _ = &mut ended => panic!("it waits for no hub"),
        pass = passes.recv() => pass.unwrap(),
    };
    assert!(!ended.is_finished());
    pass.send(()).unwrap();
    assert_eq!(ended.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn who_is_erased_is_closed_and_forgotten_and_may_come_anew() {
    let mut scene = Scene::new().await;
    scene.arrive("ann").await;
    scene.arrive("bob").await;
    scene.befriend("ann", "bob").await;
    scene.heard("ann");
    let bob = id("bob");
    assert!(scene.accounts.erase(&bob).await.unwrap().was_there);
    assert_eq!(scene.ordered().await, "bob: close erased");
    assert_eq!(scene.heard("ann"), ["bob exited: left"]);
    assert_eq!(scene.accounts.user("bob").await, Err(Refusal::NotFound));
    assert!(!scene.accounts.erase(&bob).await.unwrap().was_there);
    scene.hang_up("bob");
    scene.arrive("bob").await;
    assert!(scene.heard("ann").is_empty() && scene.heard("bob").is_empty());
}

#[tokio::test]
async fn an_erasure_asked_for_twice_is_answered_twice_after_the_hubs() {
    let mut scene = Scene::new().await;
    scene.arrive("bob").await;
    let mut passes = scene.hold_passes();
    let erase = || {
        let accounts = Arc::clone(&scene.accounts);
        tokio::spawn(async move { accounts.erase(&id("bob")).await })
    };
    let first = erase();
    let one = passes.recv().await.unwrap();
    let again = erase();
    let other = passes.recv().await.unwrap();
    assert!(!first.is_finished() && !again.is_finished());
    one.send(()).unwrap();
    other.send(()).unwrap();
    assert!(first.await.unwrap().unwrap().was_there);
    assert!(!again.await.unwrap().unwrap().was_there);
}

#[tokio::test]
async fn who_is_erased_is_made_by_nothing_she_asked_before() {
    let mut scene = Scene::new().await;
    scene.arrive("bob").await;
    let (ann, bob, accounts) = (id("ann"), id("bob"), Arc::clone(&scene.accounts));
    let judged = accounts.moment();
    let backend = scene.backend();
    accounts.erase(&bob).await.unwrap();
    let gone = Err(Refusal::NotFound);
    let arrived = accounts.arrive(&claims("bob"), judged).await;
    assert_eq!(arrived.map(drop), gone);
    assert_eq!(accounts.arrive_again(&claims("bob")).await.map(drop), gone);
    let shared = accounts.share(&bob, Sharing::Exact, None).await;
    assert_eq!(shared.map(drop), gone);
    for asker in [Asker::Known, backend] {
        let (sharing, profile) = (SharingChange::default(), ProfileChange::default());
        let put = accounts.put_sharing(&bob, &sharing, asker).await;
        assert_eq!(put.map(drop), gone);
        let put = accounts.put_user(&bob, &profile, asker).await;
        assert_eq!(put.map(drop), gone);
    }
    let target = Target::User(ann.clone());
    assert_eq!(accounts.block(&bob, &target).await, gone);
    assert_eq!(accounts.report(&bob, &target, None).await, gone);
    assert_eq!(accounts.ask(&bob, &ann).await.map(drop), gone);
    assert_eq!(accounts.user("bob").await.map(drop), gone);
    let arrived = accounts.arrive(&claims("bob"), accounts.moment()).await;
    assert!(arrived.is_ok());
}

#[tokio::test]
async fn futures_of_accounts_may_cross_threads() {
    fn crosses<T: Send>(_: T) {}
    let scene = Scene::new().await;
    let (accounts, user): (_, &UserId) = (&scene.accounts, &id("ann"));
    crosses(accounts.erase(user));
    crosses(accounts.ask(user, user));
    crosses(accounts.wave(user, ""));
    crosses(accounts.unblock(user, ""));
    crosses(accounts.import(&[]));
    crosses(accounts.why("", ""));
    let page = crate::broker::Page::default();
    let mode = crate::wire::Mode::Friends;
    crosses(accounts.nearby(user, None, mode, 1.0, &page, |_| ()));
}
