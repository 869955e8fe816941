//! What a restart brings back, and what not.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nearcast::snapshot::record;
use nearcast::wire::UserId;
use redis::Commands;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::keeper::{Keeper, SOON, names, until_kept};
use super::store::{Redis, Waiting, until};
use crate::abuse::raw::Raw;
use crate::server::fresh_dir;

const SEOUL: (f64, f64) = (37.5665, 126.978);

#[tokio::test]
async fn a_kill_loses_nobody_who_was_kept() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.settle("ann", SEOUL.0, SEOUL.1).await;
    keeper.settle("bob", SEOUL.0, SEOUL.1 + 0.001).await;
    keeper.backend.befriend("ann", "bob").await;
    // Where GEOADD refuses, where a longitude has two names, and where meridians meet.
    keeper.settle("nina", 89.999, 12.0).await;
    keeper.settle("theo", -16.5, 180.0).await;
    keeper.settle("polly", -90.0, 0.0).await;
    keeper.has_kept().await;
    assert_eq!(redis.placed(), ["ann", "bob", "theo"]);
    let mut keeper = keeper.killed_and_started(&redis).await;
    assert_eq!(keeper.around(SEOUL.0, SEOUL.1).await, ["ann", "bob"]);
    assert_eq!(keeper.around(89.999, 12.0).await, ["nina"]);
    assert_eq!(keeper.around(-16.5, -180.0).await, ["theo"]);
    assert_eq!(keeper.around(-90.0, 77.0).await, ["polly"]);
    // Exact to the seventh decimal, and friends as before.
    let seen = keeper.nearby("ann", "friends").await;
    assert_eq!(names(&seen), ["bob"]);
    assert_eq!(seen[0]["lon"].as_f64(), Some(126.979));
    assert_eq!(keeper.status().await["restored"], 5);
}

#[tokio::test]
async fn who_was_seen_long_ago_has_the_rest_of_her_time() {
    let redis = Redis::start();
    let short = [("BROKER_TTL_S", "4")];
    let data = fresh_dir();
    let mut keeper = Keeper::with(&redis.url(), &data, &short).await;
    keeper.settle("ann", SEOUL.0, SEOUL.1).await;
    let began = nearcast::clock::Clock::start().instant();
    keeper.has_kept().await;
    let data = keeper.process.kill();
    let mut keeper = Keeper::with(&redis.url(), &data, &short).await;
    assert_eq!(keeper.around(SEOUL.0, SEOUL.1).await, ["ann"]);
    let waiting = Waiting::begins();
    while !keeper.around(SEOUL.0, SEOUL.1).await.is_empty() {
        waiting.goes_on("her time is over").await;
    }
    let lived = began.elapsed().as_secs_f64();
    assert!((3.9..6.5).contains(&lived), "she was there for {lived} s");
    until_kept(&redis, &[]);
}

#[tokio::test]
async fn who_is_over_while_nobody_looks_is_gone() {
    let redis = Redis::start();
    let short = [("BROKER_TTL_S", "1")];
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &short).await;
    keeper.settle("ann", SEOUL.0, SEOUL.1).await;
    until_kept(&redis, &["ann"]);
    let group = redis.group_with("ann");
    let data = keeper.process.kill();
    let key = format!("nearcast:main:{{g{group}}}:exp");
    until("her time is over", || {
        let score: f64 = redis.ask("ZSCORE", &[key.as_str(), "ann"]);
        let time: (u64, u64) = redis.ask("TIME", &[] as &[&str]);
        (time.0 * 1000 + time.1 / 1000) as f64 > score
    });
    let life: i64 = redis.ask("PTTL", &[key.as_str()]);
    assert!((1..=61_000).contains(&life), "the key itself ends: {life}");
    let mut keeper = Keeper::with(&redis.url(), &data, &short).await;
    assert!(keeper.around(SEOUL.0, SEOUL.1).await.is_empty());
    until_kept(&redis, &[]);
}

#[tokio::test]
async fn the_accounts_win_over_what_was_kept() {
    let redis = Redis::start();
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &[SOON]).await;
    for user in ["ann", "bob", "cleo"] {
        keeper.settle(user, SEOUL.0, SEOUL.1).await;
    }
    keeper.has_kept().await;
    redis.signal("STOP");
    keeper
        .put("/v1/users/bob/sharing", r#"{"sharing":"off"}"#)
        .await;
    let erased = keeper.backend.ask("DELETE", "/v1/users/cleo", "").await;
    assert_eq!(
        (erased.status, &erased.json()["pending"][0]),
        (202, &"redis".into())
    );
    let data = keeper.process.kill();
    redis.signal("CONT");
    let mut keeper = Keeper::again(&redis, &data).await;
    assert_eq!(keeper.around(SEOUL.0, SEOUL.1).await, ["ann"]);
    keeper.has_kept().await;
    assert_eq!(
        (redis.placed(), redis.kept()),
        (
            vec!["ann".to_owned()],
            vec!["ann".to_owned(), "bob".to_owned()]
        )
    );
}

#[tokio::test]
async fn nobody_is_served_before_all_are_back() {
    let redis = Redis::start();
    redis.signal("STOP");
    let wait = [("SNAPSHOT_RESTORE_WAIT_MS", "60000")];
    let mut keeper = Keeper::started(&redis.url(), &fresh_dir(), &wait).await;
    for (path, status) in [
        ("/healthz", 200),
        ("/metrics", 200),
        ("/readyz", 503),
        ("/v1/within?lat=1&lon=1&radius_m=100", 503),
        ("/v1/gateway", 503),
        ("/v1/ws", 503),
    ] {
        let answer = keeper.backend.ask("GET", path, "").await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert_eq!(
            answer.header("retry-after").is_empty(),
            status == 200,
            "{path}"
        );
        if path == "/v1/ws" {
            keeper.backend = crate::abuse::backend::Backend::of(&keeper.process).await;
        }
    }
    redis.signal("CONT");
    keeper.is_ready().await;
    assert!(keeper.around(1.0, 1.0).await.is_empty());
}

#[tokio::test]
async fn a_restored_stranger_is_shown_as_her_consent_and_her_cell_allow() {
    let redis = Redis::start();
    let data = fresh_dir();
    let fast = [("STRANGERS_EPOCH_S", "1")];
    let mut keeper = Keeper::with(&redis.url(), &data, &fast).await;
    for user in ["ann", "bob", "cleo"] {
        keeper
            .put(
                &format!("/v1/users/{user}"),
                r#"{"strangers_allowed":true}"#,
            )
            .await;
        keeper.settle(user, SEOUL.0, SEOUL.1).await;
    }
    for user in ["ann", "bob"] {
        let path = format!("/v1/users/{user}/sharing");
        keeper.put(&path, r#"{"strangers_consent":true}"#).await;
    }
    let waiting = Waiting::begins();
    let strangers = |people: &Value| people.as_array().unwrap().len();
    while strangers(&keeper.nearby("ann", "strangers").await) != 1 {
        waiting.goes_on("bob is shown").await;
    }
    keeper.has_kept().await;
    let data = keeper.process.kill();
    let mut keeper = Keeper::with(&redis.url(), &data, &fast).await;
    // Bob by his cell again, cleo never.
    let waiting = Waiting::begins();
    let shown = loop {
        let shown = keeper.nearby("ann", "strangers").await;
        assert!(strangers(&shown) <= 1, "{shown}");
        if shown[0].is_object() {
            break shown;
        }
        waiting.goes_on("bob is shown again").await;
    };
    assert!(shown[0]["alias"].is_string() && shown[0]["user"].is_null());
    assert_ne!(shown[0]["lat"].as_f64(), Some(SEOUL.0));
}

#[tokio::test]
async fn a_phone_that_comes_back_after_a_crash_has_a_complete_list_at_once() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.settle("bob", SEOUL.0, SEOUL.1 + 0.001).await;
    keeper.backend.befriend("ann", "bob").await;
    keeper.backend.place("ann", SEOUL.0, SEOUL.1).await;
    let mut phone = Raw::open(&keeper.process, "ann").await;
    phone.say(&json!({"hello": {}})).await;
    let resume = phone.until("welcome").await["welcome"]["resume"].clone();
    keeper.has_kept().await;
    let mut keeper = keeper.killed_and_started(&redis).await;
    let mut phone = Raw::open(&keeper.process, "ann").await;
    phone
        .say(&json!({"hello": {"resume": resume, "seq": 1}}))
        .await;
    let welcome = phone.until("welcome").await;
    assert_eq!(welcome["welcome"]["resumed"], false);
    let nearby = phone.until("nearby").await;
    assert_eq!(names(&nearby["nearby"]["people"]), ["bob"]);
    // And hears of bob's next move.
    keeper.backend.place("bob", SEOUL.0, SEOUL.1 + 0.002).await;
    let changes = phone.until("changes").await;
    assert_eq!(names(&changes["changes"]["moved"]), ["bob"]);
}

#[tokio::test]
async fn a_kill_at_any_moment_loses_only_what_came_since_the_last_round() {
    let redis = Redis::start();
    let burst = [("LIMITS_MOVES_BURST", "1000000")];
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &burst).await;
    keeper.settle("ann", 0.0, 10.0).await;
    let mut step = 0;
    for kill in 0..5 {
        keeper.has_kept().await;
        let kept = step;
        let mut bytes = [0; 2];
        getrandom::fill(&mut bytes).unwrap();
        for _ in 0..usize::from(u16::from_le_bytes(bytes)) % 300 {
            step += 1;
            keeper
                .backend
                .place("ann", 0.0, 10.0 + f64::from(step) * 0.0001)
                .await;
        }
        let data = keeper.process.kill();
        keeper = Keeper::with(&redis.url(), &data, &burst).await;
        let near = keeper
            .backend
            .ask("GET", "/v1/within?lat=0&lon=10&radius_m=50000", "")
            .await;
        let lon = near.json()["people"][0]["lon"].as_f64().unwrap();
        let back = ((lon - 10.0) / 0.0001).round() as i32;
        assert!(
            (kept..=step).contains(&back),
            "kill {kill}: {back} of {kept} to {step}"
        );
        step = back;
    }
}

#[tokio::test]
async fn who_was_seen_later_than_the_clock_says_by_now_was_seen_just_now() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann", "bob"]).await;
    let data = keeper.process.kill();
    // As a machine leaves it whose clock was ahead of the one that takes over.
    let later = |user: &str, by_ms: u64| {
        let rec = format!("nearcast:main:{{g{}}}:rec", redis.group_with(user));
        let record: Vec<u8> = redis.ask("HGET", &[rec.as_str(), user]);
        let kept = record::decode(UserId::new(user).unwrap(), &record).unwrap();
        let record = record::encode(&kept, kept.seen_at + by_ms);
        let mut connection = redis.connect();
        let () = connection.hset(rec, user, record).unwrap();
    };
    later("ann", 120_000);
    later("bob", 3_600_000);
    let mut keeper = Keeper::again(&redis, &data).await;
    assert_eq!(keeper.around(1.0, 2.0).await, ["ann"]);
    until_kept(&redis, &["ann"]);
}

/// Breaks off the first connection on which records are asked for, later than a server waits.
async fn slow_and_broken(redis: u16) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let has_broken = Arc::new(AtomicBool::new(false));
    tokio::spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, redis))
                .await
                .unwrap();
            let has_broken = Arc::clone(&has_broken);
            tokio::spawn(async move {
                let (mut asked, mut bytes, mut answer) = (Vec::new(), [0; 4096], [0; 4096]);
                while !has_broken.load(Ordering::Relaxed) {
                    tokio::select! {
                        read = client.read(&mut bytes) => {
                            let Some(read) = read.ok().filter(|read| *read > 0) else { return };
                            asked.extend_from_slice(&bytes[..read]);
                            if asked.windows(5).any(|word| word == b"HSCAN") {
                                tokio::time::sleep(Duration::from_millis(800)).await;
                                has_broken.store(true, Ordering::Relaxed);
                                return;
                            }
                            server.write_all(&bytes[..read]).await.unwrap();
                        }
                        read = server.read(&mut answer) => {
                            let Some(read) = read.ok().filter(|read| *read > 0) else { return };
                            client.write_all(&answer[..read]).await.unwrap();
                        }
                    }
                }
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    address
}

#[tokio::test]
async fn a_reading_that_breaks_off_is_begun_again_however_long_it_took() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann", "bob"]).await;
    let data = keeper.process.kill();
    let url = format!("redis://{}", slow_and_broken(redis.port).await);
    let wait = [("SNAPSHOT_RESTORE_WAIT_MS", "400")];
    let mut keeper = Keeper::with(&url, &data, &wait).await;
    assert_eq!(keeper.status().await["restored"], 2);
}
