//! What somebody else has written into Redis.

use redis::Commands;

use super::keeper::{Keeper, until_kept};
use super::store::{Redis, until};
use crate::server::fresh_dir;

#[tokio::test]
async fn what_is_no_record_costs_only_itself_and_goes() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann"]).await;
    let data = keeper.process.kill();
    let mut connection = redis.connect();
    let group = redis.group_with("ann");
    let rec = format!("nearcast:main:{{g{group}}}:rec");
    let good: Vec<u8> = connection.hget(&rec, "ann").unwrap();
    let mut lying = good.clone();
    lying[1] = 0x7f;
    let odd: [(&[u8], &[u8]); 5] = [
        (b"short", b"\x01"),
        (b"later", b"\x09 of a later version of nearcast"),
        (b"nowhere", &lying),
        (b"\xff\xfe", &good),
        (b"nobody", &good),
    ];
    for (field, value) in odd {
        let _: () = connection.hset(&rec, field, value).unwrap();
    }
    // And members without records, of all kinds.
    let geo = format!("nearcast:main:{{g{group}}}:geo");
    let exp = format!("nearcast:main:{{g{group}}}:exp");
    let _: () = redis::cmd("GEOADD")
        .arg(&geo)
        .arg(1)
        .arg(1)
        .arg("ghost")
        .query(&mut connection)
        .unwrap();
    let _: () = connection.zadd(&exp, "ghost", 1).unwrap();
    let mut keeper = Keeper::again(&redis, &data).await;
    assert_eq!(keeper.around(1.0, 2.0).await, ["ann"]);
    assert_eq!(keeper.status().await["malformed"], 4);
    keeper.has_kept().await;
    // Who goes back to this version may go forward again.
    until_kept(&redis, &["ann", "later"]);
}

#[tokio::test]
async fn a_group_that_refuses_holds_up_only_its_own() {
    let redis = Redis::start();
    // Rounds are rarer than looks at the lease.
    let slow = [
        ("SNAPSHOT_EVERY_MS", "600"),
        ("SNAPSHOT_ERASE_WAIT_MS", "1000"),
    ];
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &slow).await;
    keeper.keeps(&["ann", "bob"]).await;
    let (anns, bobs) = (redis.group_with("ann"), redis.group_with("bob"));
    assert_ne!(anns, bobs);
    let exp = format!("nearcast:main:{{g{anns}}}:exp");
    let () = redis.ask("SET", &[exp.as_str(), "not a set"]);
    keeper
        .status_is("why", |why| {
            why.as_str().is_some_and(|why| why.contains("WRONGTYPE"))
        })
        .await;
    assert_eq!(keeper.status().await["state"], "refused");
    let placed = || {
        let geo = format!("nearcast:main:{{g{bobs}}}:geo");
        redis.ask::<Vec<Option<(f64, f64)>>>("GEOPOS", &[geo.as_str(), "bob"])
    };
    let before = placed();
    keeper.backend.place("bob", 1.5, 2.5).await;
    until("bob's move is kept", || placed() != before);
    // Nor does her erasure hold up his moves, or his.
    let erased = keeper.backend.ask("DELETE", "/v1/users/ann", "").await;
    assert_eq!(erased.status, 202, "{erased:?}");
    let before = placed();
    keeper.backend.place("bob", 1.5, 3.5).await;
    until("bob's next move is kept", || placed() != before);
    let erased = keeper.backend.ask("DELETE", "/v1/users/bob", "").await;
    assert_eq!(erased.status, 200, "{erased:?}");
    let () = redis.ask("DEL", &[exp.as_str()]);
    keeper
        .status_is("pending_erasures", |pending| pending == 0)
        .await;
    until_kept(&redis, &[]);
}

#[tokio::test]
async fn a_key_of_another_kind_is_an_outage_with_a_reason() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    let mut connection = redis.connect();
    for group in 0..64 {
        let key = format!("nearcast:main:{{g{group}}}:exp");
        let _: () = connection.set(key, "not a set").unwrap();
    }
    keeper.settle("ann", 1.0, 2.0).await;
    keeper
        .status_is("why", |why| {
            why.as_str().is_some_and(|why| why.contains("WRONGTYPE"))
        })
        .await;
    // A start names the first few of what it cannot read, not all.
    let _: () = redis::cmd("FLUSHALL").query(&mut connection).unwrap();
    for group in 0..64 {
        let key = format!("nearcast:main:{{g{group}}}:rec");
        let _: () = connection.set(key, "no records").unwrap();
    }
    let mut keeper = keeper.killed_and_started(&redis).await;
    let few = "refuse to be read: nearcast:main:{g0}:rec, nearcast:main:{g1}:rec, \
               nearcast:main:{g2}:rec and 61 more";
    keeper.status_is("why", |why| why == few).await;
    keeper.settle("ann", 1.0, 2.0).await;
    // Nothing is lost, and all is well when the keys are.
    let _: () = redis::cmd("FLUSHALL").query(&mut connection).unwrap();
    until_kept(&redis, &["ann"]);
}

#[tokio::test]
async fn a_group_that_cannot_be_read_is_the_only_one_that_is_read_again() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann"]).await;
    let data = keeper.process.kill();
    let other = (redis.group_with("ann") + 1) % 64;
    let rec = format!("nearcast:main:{{g{other}}}:rec");
    let () = redis.ask("SET", &[rec.as_str(), "no records"]);
    let mut keeper = Keeper::again(&redis, &data).await;
    assert_eq!(keeper.around(1.0, 2.0).await, ["ann"]);
    let refuses = |why: &serde_json::Value| {
        why.as_str()
            .is_some_and(|why| why == format!("refuse to be read: {rec}"))
    };
    keeper.status_is("why", refuses).await;
    let scans = || {
        let said: String = redis.ask("INFO", &["commandstats"]);
        let calls = said.split("cmdstat_hscan:calls=").nth(1).unwrap();
        calls.split(',').next().unwrap().parse::<u64>().unwrap()
    };
    let rounds = |status: serde_json::Value| status["rounds"].as_u64().unwrap();
    let before = rounds(keeper.status().await);
    let read = scans();
    keeper.has_kept().await;
    keeper.has_kept().await;
    let (read, rounds) = (scans() - read, rounds(keeper.status().await) - before);
    assert!(read <= rounds + 1, "{read} readings in {rounds} rounds");
    assert!(refuses(&keeper.status().await["why"]));
    let ready = keeper.backend.ask("GET", "/readyz", "").await;
    assert_eq!(ready.status, 200);
    assert_eq!(ready.json()["snapshot"], "Redis refuses to keep positions");
    let () = redis.ask("DEL", &[rec.as_str()]);
    keeper.status_is("state", |state| state == "writing").await;
}
