//! Who is erased is erased in Redis too.

use super::keeper::{Keeper, SOON, until_kept};
use super::store::Redis;
use crate::abuse::backend::Backend;
use crate::server::fresh_dir;

#[tokio::test]
async fn an_erasure_is_answered_when_redis_has_nothing_of_her() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann", "bob"]).await;
    let answer = keeper.backend.ask("DELETE", "/v1/users/ann", "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.json()["pending"].is_null());
    assert_eq!(keeper.pending_erasures().await, 0);
    assert_eq!(redis.kept(), ["bob"]);
    keeper.has_kept().await;
    assert_eq!(redis.kept(), ["bob"]);
}

#[tokio::test]
async fn an_erasure_during_an_outage_is_pending_and_done_first() {
    let redis = Redis::start();
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &[SOON]).await;
    keeper.keeps(&["ann", "bob"]).await;
    assert_eq!(keeper.pending_erasures().await, 0);
    redis.signal("STOP");
    // From when it is asked for, not only when it has been waited for in vain.
    let mut other = Backend::of(&keeper.process).await;
    let erasing = other.ask("DELETE", "/v1/users/ann", "");
    tokio::pin!(erasing);
    tokio::select! {
        answer = &mut erasing => panic!("not counted before {answer:?}"),
        () = keeper.status_is("pending_erasures", |pending| pending == 1) => {}
    }
    let answer = erasing.await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(answer.json()["pending"][0], "redis");
    assert_eq!(keeper.pending_erasures().await, 1);
    keeper.settle("cleo", 1.0, 2.0).await;
    redis.signal("CONT");
    until_kept(&redis, &["bob", "cleo"]);
    keeper
        .status_is("pending_erasures", |pending| pending == 0)
        .await;
    let mut keeper = keeper.killed_and_started(&redis).await;
    assert_eq!(keeper.around(1.0, 2.0).await.len(), 2);
}

#[tokio::test]
async fn an_erasure_that_waits_over_a_restart_is_counted_until_it_is_done() {
    let redis = Redis::start();
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &[SOON]).await;
    keeper.keeps(&["ann", "bob"]).await;
    redis.signal("STOP");
    let answer = keeper.backend.ask("DELETE", "/v1/users/ann", "").await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let data = keeper.process.kill();
    // Redis is away at the start, and the server goes on without.
    let wait = [("SNAPSHOT_RESTORE_WAIT_MS", "300")];
    let mut keeper = Keeper::started(&redis.url(), &data, &wait).await;
    assert_eq!(keeper.pending_metric().await, 1);
    keeper.is_ready().await;
    assert_eq!(keeper.pending_erasures().await, 1);
    redis.signal("CONT");
    keeper
        .status_is("pending_erasures", |pending| pending == 0)
        .await;
    assert!(!redis.kept().contains(&"ann".to_owned()));
    // Nor is it owed any more by the next one.
    redis.signal("STOP");
    let data = keeper.process.kill();
    let mut keeper = Keeper::started(&redis.url(), &data, &wait).await;
    assert_eq!(keeper.pending_metric().await, 0);
}

#[tokio::test]
async fn who_was_erased_is_taken_out_of_a_redis_that_comes_back_as_it_was_before() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann", "bob"]).await;
    let dump = redis.dump();
    let answer = keeper.backend.ask("DELETE", "/v1/users/ann", "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let port = redis.port;
    drop(redis);
    let redis = Redis::with_dump(port, &dump, &[]);
    until_kept(&redis, &["bob"]);
}

#[tokio::test]
async fn who_stops_sharing_leaves_the_index_within_a_round() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann"]).await;
    assert_eq!(redis.placed(), ["ann"]);
    keeper
        .put("/v1/users/ann/sharing", r#"{"sharing":"off"}"#)
        .await;
    keeper.has_kept().await;
    assert!(redis.placed().is_empty());
    // She herself still sees from where she is.
    keeper.settle("bob", 1.0, 2.001).await;
    keeper.backend.befriend("ann", "bob").await;
    keeper.has_kept().await;
    let mut keeper = keeper.killed_and_started(&redis).await;
    assert_eq!(
        super::keeper::names(&keeper.nearby("ann", "friends").await),
        ["bob"]
    );
    assert_eq!(keeper.around(1.0, 2.0).await, ["bob"]);
}
