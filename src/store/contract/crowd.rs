//! Many at once.

use std::collections::HashSet;

use super::{Town, id};
use crate::store::Store;

const TASKS: usize = 16;
const PEOPLE: usize = 8;

/// Each task befriends, asks, parts and blocks by a walk of its own through all pairs.
async fn meddle(store: &dyn Store, task: usize) {
    for step in 0..40 {
        let one = (task + step) % PEOPLE;
        let other = (one + 1 + (task * 3 + step) % (PEOPLE - 1)) % PEOPLE;
        let (one, other) = (id(&one.to_string()), id(&other.to_string()));
        let now = step as u64;
        match (task + step * 7) % 6 {
            0 | 1 => drop(store.befriend(&one, &other, now).await.unwrap()),
            2 | 3 => drop(store.ask(&one, &other, now).await.unwrap()),
            4 => drop(store.unfriend(one.as_str(), other.as_str()).await.unwrap()),
            _ => {
                store.block(&one, &other, false, now).await.unwrap();
                store.unblock(one.as_str(), other.as_str()).await.unwrap();
            }
        }
    }
}

pub(crate) async fn friendships_stay_symmetric_under_concurrent_writes(store: &dyn Store) {
    let tasks: Vec<_> = (0..TASKS).map(|task| meddle(store, task)).collect();
    at_once(tasks).await;
    let town = Town::new(store);
    let mut pairs = HashSet::new();
    for user in 0..PEOPLE {
        let user = user.to_string();
        let known = town.arrive(&user).await;
        let listed = town.friends(&user).await;
        assert_eq!(known.friends.len(), listed.len());
        pairs.extend(listed.into_iter().map(|friend| (user.clone(), friend)));
    }
    assert!(!pairs.is_empty());
    for (one, other) in &pairs {
        assert!(
            pairs.contains(&(other.clone(), one.clone())),
            "{one} {other}"
        );
    }
}

pub(crate) async fn concurrent_arrivals_make_one_user(store: &dyn Store) {
    let ann = id("ann");
    let arrivals: Vec<_> = (0..TASKS as u64)
        .map(|now| store.arrive(&ann, now))
        .collect();
    let known = at_once(arrivals).await;
    let first = known[0].as_ref().unwrap();
    assert!(known.iter().all(|one| one.as_ref() == Ok(first)));
}

/// Polls all until all are done.
async fn at_once<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        for (future, done) in waiting.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(context)
            {
                *done = Some(output);
            }
        }
        if done.iter().any(Option::is_none) {
            return std::task::Poll::Pending;
        }
        std::task::Poll::Ready(done.iter_mut().flat_map(Option::take).collect())
    })
    .await
}
