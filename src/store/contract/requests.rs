//! Requests for friendship, and what an asker can find out by them: nothing.

use super::Town;
use crate::store::{Asked, Store};

pub(crate) async fn a_request_waits_for_who_is_asked(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob"]).await;
    assert_eq!(town.ask("ann", "bob").await, Asked::Requested);
    assert_eq!(town.requests("bob").await, ["ann"]);
    assert!(town.requests("ann").await.is_empty());
    assert!(town.friends("ann").await.is_empty());
}

pub(crate) async fn a_request_that_crosses_another_makes_a_friendship(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob"]).await;
    town.ask("ann", "bob").await;
    assert_eq!(town.ask("bob", "ann").await, Asked::Friends);
    assert_eq!(town.friends("ann").await, ["bob"]);
    assert_eq!(town.friends("bob").await, ["ann"]);
    assert!(town.requests("bob").await.is_empty());
    assert!(town.requested("ann").await.is_empty());
}

pub(crate) async fn asking_a_friend_answers_friends(store: &dyn Store) {
    let town = Town::new(store);
    town.befriend("ann", "bob").await;
    assert_eq!(town.ask("ann", "bob").await, Asked::Friends);
    assert!(town.requests("bob").await.is_empty());
}

pub(crate) async fn asking_again_is_quiet(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob"]).await;
    town.ask("ann", "bob").await;
    assert_eq!(town.ask("ann", "bob").await, Asked::Quiet);
    assert_eq!(town.requests("bob").await, ["ann"]);
}

pub(crate) async fn asking_oneself_is_quiet_and_stores_nothing(store: &dyn Store) {
    let town = Town::new(store);
    assert_eq!(town.ask("ann", "ann").await, Asked::Quiet);
    town.arrive("ann").await;
    assert!(town.requests("ann").await.is_empty());
    assert!(town.requested("ann").await.is_empty());
}

pub(crate) async fn asking_somebody_unknown_is_quiet_and_waits_for_her(store: &dyn Store) {
    let town = Town::new(store);
    assert_eq!(town.ask("ann", "bob").await, Asked::Quiet);
    assert_eq!(town.ask("ann", "bob").await, Asked::Quiet);
    town.arrive("bob").await;
    assert_eq!(town.requests("bob").await, ["ann"]);
    assert_eq!(town.ask("bob", "ann").await, Asked::Friends);
}

pub(crate) async fn asking_against_a_block_is_quiet_and_unheard(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob"]).await;
    town.block("bob", "ann").await;
    assert_eq!(town.ask("ann", "bob").await, Asked::Quiet);
    assert!(town.requests("bob").await.is_empty());
    // Whoever blocks can ask no more than whoever is blocked.
    assert_eq!(town.ask("bob", "ann").await, Asked::Quiet);
    assert!(town.friends("bob").await.is_empty());
    assert!(town.requests("ann").await.is_empty());
}

pub(crate) async fn asking_after_the_block_has_gone_is_heard(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob"]).await;
    town.block("bob", "ann").await;
    town.ask("ann", "bob").await;
    town.unblock("bob", "ann").await;
    assert!(town.requests("bob").await.is_empty());
    assert_eq!(town.ask("ann", "bob").await, Asked::Requested);
    assert_eq!(town.requests("bob").await, ["ann"]);
}

pub(crate) async fn a_declined_request_stays_quiet(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob"]).await;
    town.ask("ann", "bob").await;
    assert!(!town.unfriend("bob", "ann").await);
    assert!(town.requests("bob").await.is_empty());
    assert_eq!(town.ask("ann", "bob").await, Asked::Quiet);
    assert!(town.requests("bob").await.is_empty());
}

pub(crate) async fn withdrawing_a_declined_request_does_not_allow_nagging(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob"]).await;
    town.ask("ann", "bob").await;
    town.unfriend("bob", "ann").await;
    town.unfriend("ann", "bob").await;
    assert!(town.requested("ann").await.is_empty());
    assert_eq!(town.ask("ann", "bob").await, Asked::Quiet);
    assert!(town.requests("bob").await.is_empty());
    assert_eq!(town.requested("ann").await, ["bob"]);
}

pub(crate) async fn who_declined_may_ask_herself_and_lifts_the_mark(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob"]).await;
    for withdraws in [false, true] {
        town.ask("ann", "bob").await;
        town.unfriend("bob", "ann").await;
        if withdraws {
            town.unfriend("ann", "bob").await;
        }
        assert_eq!(town.ask("bob", "ann").await, Asked::Requested);
        assert_eq!(town.requests("ann").await, ["bob"]);
        assert_eq!(town.ask("ann", "bob").await, Asked::Friends);
        town.unfriend("ann", "bob").await;
    }
}

pub(crate) async fn a_withdrawn_request_is_gone_and_may_be_made_again(store: &dyn Store) {
    let town = Town::new(store);
    town.all_arrive(&["ann", "bob"]).await;
    town.ask("ann", "bob").await;
    assert!(!town.unfriend("ann", "bob").await);
    assert!(town.requests("bob").await.is_empty());
    assert!(town.requested("ann").await.is_empty());
    assert_eq!(town.ask("ann", "bob").await, Asked::Requested);
}

pub(crate) async fn whom_she_asked_is_listed_alike_whatever_became_of_it(store: &dyn Store) {
    for (place, fate) in ["unknown", "told", "declined", "blocking", "blocks later"]
        .into_iter()
        .enumerate()
    {
        let town = Town::new(store);
        let (ann, bob) = (format!("ann{place}"), format!("bob{place}"));
        if fate != "unknown" {
            town.arrive(&bob).await;
        }
        if fate == "blocking" {
            town.block(&bob, &ann).await;
        }
        let at = town.tick();
        let (asker, asked) = (super::id(&ann), super::id(&bob));
        store.ask(&asker, &asked, at).await.unwrap();
        match fate {
            "declined" => assert!(!town.unfriend(&bob, &ann).await),
            "blocks later" => assert!(town.block(&bob, &ann).await),
            _ => {}
        }
        store.ask(&asker, &asked, at + 10).await.unwrap();
        let requested = town.export(&ann).await.unwrap().requested;
        assert_eq!(requested.len(), 1, "{fate}");
        let line = (&requested[0].user, &requested[0].name, requested[0].at);
        assert_eq!(line, (&asked, &None, at), "{fate}");
    }
}
