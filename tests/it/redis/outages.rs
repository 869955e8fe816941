//! Redis that goes away, refuses or sleeps: nobody waits for it, and nothing is forgotten.

use std::time::Duration;

use nearcast::clock::Clock;

use super::keeper::{Keeper, until_kept};
use super::store::{Redis, free_port};
use crate::server::fresh_dir;

/// How long Redis is away: so long at least, and a whole minute in the full test.
fn outage(least_s: u64) -> Duration {
    let chosen = std::env::var("NEARCAST_REDIS_OUTAGE_S");
    let chosen = chosen.map_or(0, |text| text.parse().unwrap());
    Duration::from_secs(least_s.max(chosen))
}

#[tokio::test]
async fn a_server_starts_without_a_redis_that_is_away_and_says_so() {
    let port = free_port();
    let url = format!("redis://127.0.0.1:{port}");
    let wait = [("SNAPSHOT_RESTORE_WAIT_MS", "300")];
    let mut keeper = Keeper::started(&url, &fresh_dir(), &wait).await;
    let ready = keeper.is_ready().await;
    assert!(
        ready["snapshot"]
            .as_str()
            .unwrap()
            .contains("positions are not kept"),
        "{ready}"
    );
    let metrics = keeper.backend.ask("GET", "/metrics", "").await.body;
    assert!(metrics.contains("\nnearcast_snapshot_up 0\n"), "{metrics}");
    keeper.settle("ann", 1.0, 2.0).await;
    let redis = Redis::at(port, &[]);
    until_kept(&redis, &["ann"]);
    assert!(keeper.is_ready().await["snapshot"].is_null());
}

#[tokio::test]
async fn what_a_redis_holds_that_was_away_at_the_start_is_dropped_when_it_returns() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann", "bob"]).await;
    let data = keeper.process.kill();
    redis.signal("STOP");
    let wait = [("SNAPSHOT_RESTORE_WAIT_MS", "300")];
    let mut keeper = Keeper::with(&redis.url(), &data, &wait).await;
    keeper.backend.place("bob", 1.0, 2.5).await;
    redis.signal("CONT");
    // Nobody comes back unseen: who is not here could not stop sharing there.
    until_kept(&redis, &["bob"]);
    assert!(keeper.around(1.0, 2.0).await.is_empty());
    assert_eq!(keeper.around(1.0, 2.5).await, ["bob"]);
}

#[tokio::test]
async fn a_redis_that_is_emptied_is_filled_again_though_nobody_moves() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann"]).await;
    let () = redis.ask("FLUSHALL", &[] as &[&str]);
    until_kept(&redis, &["ann"]);
}

#[tokio::test]
async fn who_moves_while_redis_is_dead_is_kept_by_the_next_one() {
    let port = free_port();
    let redis = Redis::at(port, &[]);
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann"]).await;
    let memory = keeper.process.memory_kib();
    drop(redis);
    let began = Clock::start().instant();
    keeper.status_is("state", |state| state == "away").await;
    keeper.settle("bob", 1.0, 2.0).await;
    let lag = keeper.status().await["lag_ms"].as_u64().unwrap();
    keeper
        .status_is("lag_ms", |now| now.as_u64() > Some(lag))
        .await;
    let mut north = false;
    while began.elapsed() < outage(4) {
        north = !north;
        let lat = if north { 1.002 } else { 0.998 };
        keeper.backend.place("ann", lat, 2.0).await;
        // As often as she may.
        tokio::time::sleep(Duration::from_millis(1000)).await;
    }
    keeper.backend.place("ann", 1.001, 2.0).await;
    let grown = keeper.process.memory_kib() - memory;
    assert!(grown < 8_000, "{grown} KiB more");
    // It has forgotten everything: who did not move is kept again too.
    let redis = Redis::at(port, &[]);
    until_kept(&redis, &["ann", "bob"]);
    let mut keeper = keeper.killed_and_started(&redis).await;
    assert_eq!(keeper.around(1.001, 2.0).await, ["ann", "bob"]);
}

#[tokio::test]
async fn a_redis_that_asks_for_a_password_all_at_once_says_so() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann"]).await;
    let config = |password| redis.ask::<()>("CONFIG", &["SET", "requirepass", password]);
    config("secret");
    // Who is in already stays in.
    let client = redis::Client::open(format!("redis://:secret@127.0.0.1:{}", redis.port));
    let mut inside = client.unwrap().get_connection().unwrap();
    let mut command = |words: &[&str]| {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command.query::<redis::Value>(&mut inside).unwrap()
    };
    command(&["CLIENT", "KILL", "TYPE", "normal"]);
    keeper
        .status_is("why", |why| {
            why.as_str()
                .is_some_and(|why| why.contains("NOAUTH") && why.contains("USER:PASSWORD@"))
        })
        .await;
    keeper.settle("bob", 1.0, 2.0).await;
    assert_eq!(keeper.around(1.0, 2.0).await, ["ann", "bob"]);
    command(&["CONFIG", "SET", "requirepass", ""]);
    until_kept(&redis, &["ann", "bob"]);
}

/// How long moves over REST take: all but the slowest of a hundred, and the slowest.
async fn times(keeper: &mut Keeper, moves: u32) -> (Duration, Duration) {
    let clock = Clock::start();
    let mut times = Vec::new();
    for step in 0..moves {
        let began = clock.instant();
        keeper
            .backend
            .place("ann", 1.0, 2.0 + f64::from(step) * 1e-4)
            .await;
        times.push(began.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    times.sort_unstable();
    (times[times.len() * 99 / 100], times[times.len() - 1])
}

#[tokio::test]
async fn a_redis_that_sleeps_holds_up_nobody() {
    let redis = Redis::start();
    let burst = [("LIMITS_MOVES_BURST", "1000000")];
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &burst).await;
    keeper.settle("ann", 1.0, 2.0).await;
    let (before, _) = times(&mut keeper, 300).await;
    let memory = keeper.process.memory_kib();
    redis.signal("STOP");
    let began = Clock::start().instant();
    let (mut during, mut slowest) = (Duration::ZERO, Duration::ZERO);
    // Longer than one answer is waited for.
    while began.elapsed() < outage(11) {
        let (p99, most) = times(&mut keeper, 300).await;
        (during, slowest) = (during.max(p99), slowest.max(most));
    }
    let grown = keeper.process.memory_kib() - memory;
    redis.signal("CONT");
    assert!(
        during < 3 * before + Duration::from_millis(50),
        "{before:?}, then {during:?}"
    );
    // Redis is waited for ten seconds at a time: no move is.
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
    assert!(grown < 8_000, "{grown} KiB more");
    keeper.backend.place("ann", 1.0, 2.5).await;
    keeper.has_kept().await;
    let data = keeper.process.kill();
    let mut keeper = Keeper::with(&redis.url(), &data, &burst).await;
    assert_eq!(keeper.around(1.0, 2.5).await, ["ann"]);
}

#[tokio::test]
async fn a_redis_that_loads_is_waited_for() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann", "bob", "cleo"]).await;
    let data = keeper.process.kill();
    let (port, dump) = (redis.port, redis.dump());
    drop(redis);
    // A moment for each key, and answers meanwhile.
    let slow = [
        "--key-load-delay",
        "30000",
        "--loading-process-events-interval-bytes",
        "1024",
    ];
    let redis = Redis::with_dump(port, &dump, &slow);
    let wait = [("SNAPSHOT_RESTORE_WAIT_MS", "60000")];
    let mut keeper = Keeper::with(&redis.url(), &data, &wait).await;
    assert_eq!(keeper.around(1.0, 2.0).await.len(), 3);
}

#[tokio::test]
async fn a_full_redis_is_said_and_healed() {
    let redis = Redis::with(&["--maxmemory", "1mb", "--maxmemory-policy", "noeviction"]);
    let wait = [("SNAPSHOT_RESTORE_WAIT_MS", "300")];
    let mut keeper = Keeper::started(&redis.url(), &fresh_dir(), &wait).await;
    keeper.is_ready().await;
    keeper.settle("ann", 1.0, 2.0).await;
    keeper
        .status_is("why", |why| {
            why.as_str().is_some_and(|why| why.contains("OOM"))
        })
        .await;
    let _: () = redis.ask("CONFIG", &["SET", "maxmemory", "100mb"]);
    until_kept(&redis, &["ann"]);
}

#[tokio::test]
async fn a_replica_does_not_take_writes_and_says_so() {
    let master = Redis::start();
    let replica = Redis::with(&["--replicaof", "127.0.0.1", &master.port.to_string()]);
    let wait = [("SNAPSHOT_RESTORE_WAIT_MS", "300")];
    let mut keeper = Keeper::started(&replica.url(), &fresh_dir(), &wait).await;
    keeper.is_ready().await;
    keeper
        .status_is("why", |why| {
            why.as_str().is_some_and(|why| why.contains("READONLY"))
        })
        .await;
    keeper.settle("ann", 1.0, 2.0).await;
    let _: () = replica.ask("REPLICAOF", &["NO", "ONE"]);
    until_kept(&replica, &["ann"]);
}
