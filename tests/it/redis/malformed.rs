//! What somebody else has written into Redis.

use redis::Commands;

use super::keeper::{Keeper, until_kept};
use super::store::Redis;

#[tokio::test]
async fn what_is_no_record_costs_only_itself_and_goes() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.settle("ann", 1.0, 2.0).await;
    keeper.has_kept().await;
    let data = keeper.process.kill();
    let mut connection = redis.connect();
    let group = redis.group_with("ann");
    let rec = format!("nearcast:main:{{g{group}}}:rec");
    let good: Vec<u8> = connection.hget(&rec, "ann").unwrap();
    let mut lying = good.clone();
    lying[1] = 0x7f;
    let odd: [(&[u8], &[u8]); 5] = [
        (b"short", b"\x01"),
        (b"version", b"\x09aaaaaaaaaaaaaaaaaaaaaaaa"),
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
    until_kept(&redis, &["ann"]);
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
    // Nothing is lost, and all is well when the keys are.
    let _: () = redis::cmd("FLUSHALL").query(&mut connection).unwrap();
    until_kept(&redis, &["ann"]);
}
