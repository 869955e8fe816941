//! Two servers that are pointed at the same place.

use serde_json::Value;

use super::keeper::{Keeper, until_kept};
use super::store::{Redis, until};
use crate::server::fresh_dir;

#[tokio::test]
async fn another_server_is_refused_while_the_first_lives() {
    let redis = Redis::start();
    let usual = [("SNAPSHOT_LEASE_MS", "1500")];
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &usual).await;
    keeper.keeps(&["ann"]).await;
    let second = Keeper::started(&redis.url(), &fresh_dir(), &usual).await;
    second
        .process
        .wait_for_log("another server, of another data directory", 1);
    keeper.backend.place("ann", 1.0, 2.001).await;
    keeper.has_kept().await;
    assert_eq!(keeper.status().await["state"], "writing");
}

#[tokio::test]
async fn a_copy_of_a_data_directory_is_another_one_until_the_first_has_ended() {
    let redis = Redis::start();
    let usual = [("SNAPSHOT_LEASE_MS", "1500")];
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &usual).await;
    keeper.keeps(&["ann"]).await;
    let copy = fresh_dir();
    std::fs::create_dir_all(&copy).unwrap();
    for file in keeper.process.data.read_dir().unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.join(file.file_name())).unwrap();
    }
    let second = Keeper::started(&redis.url(), &copy, &usual).await;
    second
        .process
        .wait_for_log("another server, of another data directory", 1);
    keeper.backend.place("ann", 1.0, 2.001).await;
    keeper.has_kept().await;
    assert_eq!(keeper.status().await["state"], "writing");
    let copy = second.process.kill();
    drop(keeper.process.kill());
    // Its people are known to the copy's accounts.
    let mut second = Keeper::with(&redis.url(), &copy, &usual).await;
    assert_eq!(second.around(1.0, 2.001).await, ["ann"]);
}

#[tokio::test]
async fn what_is_no_lease_and_no_epoch_is_named() {
    for (key, wrong) in [
        ("{lease}:holder", "somebody"),
        ("{lease}:holder", "it is 7"),
        ("{lease}:epoch", "one"),
        ("{lease}:epoch", "1.5"),
        ("{lease}:epoch", "-1"),
        ("{g7}:fence", "seven"),
        ("{g7}:fence", "1750000000000000"),
        ("{g7}:fence", "99999999999999999999"),
    ] {
        let redis = Redis::start();
        let key = format!("nearcast:main:{key}");
        let () = redis.ask("SET", &[&key, wrong]);
        let soon = [("SNAPSHOT_RESTORE_WAIT_MS", "200")];
        let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &soon).await;
        let named = |why: &Value| why.as_str().is_some_and(|why| why.contains(&key));
        keeper.status_is("why", named).await;
        let () = redis.ask("DEL", &[&key]);
        keeper.status_is("state", |state| state == "writing").await;
    }
}

#[tokio::test]
async fn a_lease_or_fence_of_another_type_is_named_by_its_group() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    for (group, key) in [("{lease}", "holder"), ("{g7}", "fence")] {
        let group = format!("nearcast:main:{group}");
        let key = format!("{group}:{key}");
        let other = format!("{group}:else");
        let () = redis.ask("LPUSH", &[other.as_str(), "something"]);
        let () = redis.ask("RENAME", &[&other, &key]);
        let words = format!("{group}: WRONGTYPE");
        let named = |why: &Value| why.as_str().is_some_and(|why| why.contains(&words));
        keeper.status_is("why", named).await;
        let () = redis.ask("DEL", &[&key]);
        keeper.status_is("state", |state| state == "writing").await;
    }
}

#[tokio::test]
async fn another_server_takes_over_when_the_first_is_silent() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann"]).await;
    keeper.process.signal("STOP");
    // Another data directory: it knows nobody, shows nobody, and takes nobody out whom the first
    // may know.
    let mut second = Keeper::with(&redis.url(), &fresh_dir(), &[]).await;
    assert!(second.around(1.0, 2.0).await.is_empty());
    second.settle("bob", 5.0, 5.0).await;
    until_kept(&redis, &["ann", "bob"]);
    let record = || -> Vec<u8> {
        let group = redis.group_with("ann");
        redis.ask(
            "HGET",
            &[format!("nearcast:main:{{g{group}}}:rec").as_str(), "ann"],
        )
    };
    // What is there is the second's too, when the first one's is over.
    let owner = || -> Option<String> { redis.ask("GET", &["nearcast:main:{lease}:owner"]) };
    let first = owner();
    let () = redis.ask("DEL", &["nearcast:main:{lease}:owner"]);
    until("the second owns it", || {
        owner().is_some_and(|owner| Some(owner) != first)
    });
    let before = record();
    // What the first wakes up with is refused.
    keeper.process.signal("CONT");
    keeper.status_is("state", |state| state == "waiting").await;
    keeper.backend.place("ann", 1.0, 2.001).await;
    second.has_kept().await;
    assert_eq!(record(), before);
    // When the second has ended the first goes on.
    second.process.end();
    keeper.status_is("state", |state| state == "writing").await;
    until("ann is where she is", || record() != before);
}

#[tokio::test]
async fn a_restart_on_the_same_data_takes_over_at_once() {
    let redis = Redis::start();
    let long = [("SNAPSHOT_LEASE_MS", "60000")];
    let data = fresh_dir();
    let mut keeper = Keeper::with(&redis.url(), &data, &long).await;
    keeper.keeps(&["ann"]).await;
    let data = keeper.process.kill();
    let began = nearcast::clock::Clock::start().instant();
    let mut keeper = Keeper::with(&redis.url(), &data, &long).await;
    assert!(began.elapsed().as_secs() < 10);
    assert_eq!(keeper.around(1.0, 2.0).await, ["ann"]);
}

#[tokio::test]
async fn a_clean_end_keeps_the_last_move_and_lets_the_lease_go() {
    let redis = Redis::start();
    let slow = [
        ("SNAPSHOT_EVERY_MS", "60000"),
        ("SNAPSHOT_LEASE_MS", "60000"),
    ];
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &slow).await;
    keeper.settle("ann", 1.0, 2.0).await;
    let log = keeper.process.end();
    assert_eq!(redis.kept(), ["ann"], "{log}");
    let holders: usize = redis.ask("EXISTS", &["nearcast:main:{lease}:holder"]);
    assert_eq!(holders, 0);
}

#[tokio::test]
async fn a_redis_that_forgot_an_epoch_does_not_give_it_twice() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann"]).await;
    let epoch: u64 = redis.ask("GET", &["nearcast:main:{lease}:epoch"]);
    let fence = format!("nearcast:main:{{g{}}}:fence", redis.group_with("ann"));
    // As the node of the lease has it that fell back to before it was taken; the group's did not.
    let before = (epoch - 1).to_string();
    let script = "redis.call('DEL', KEYS[1]) redis.call('SET', KEYS[2], ARGV[1])";
    let keys = ["{lease}:holder", "{lease}:epoch"].map(|key| format!("nearcast:main:{key}"));
    let () = redis.ask("EVAL", &[script, "2", &keys[0], &keys[1], &before]);
    until("the group is fenced anew", || {
        let fence: u64 = redis.ask("GET", &[&fence]);
        fence > epoch
    });
    keeper.keeps(&["bob"]).await;
    until_kept(&redis, &["ann", "bob"]);
}

#[tokio::test]
async fn who_finds_that_another_has_written_writes_nothing_until_the_lease_is_taken_anew() {
    let redis = Redis::start();
    let mut keeper = Keeper::of(&redis).await;
    keeper.keeps(&["ann", "bob"]).await;
    let epoch: u64 = redis.ask("GET", &["nearcast:main:{lease}:epoch"]);
    let tag = format!("nearcast:main:{{g{}}}", redis.group_with("ann"));
    let (fence, rec) = (format!("{tag}:fence"), format!("{tag}:rec"));
    // As one would leave it who was awake while this one slept; the lease itself says nothing.
    let later = (epoch + 100).to_string();
    let () = redis.ask("SET", &[&fence, &later]);
    let record = || redis.ask::<Vec<u8>>("HGET", &[rec.as_str(), "ann"]);
    let before = record();
    keeper.backend.place("ann", 1.0, 2.001).await;
    until("ann is where she is", || {
        let (now, fence): (Vec<u8>, u64) = (record(), redis.ask("GET", &[&fence]));
        assert!(
            now == before || fence > epoch + 100,
            "written with epoch {fence}"
        );
        now != before
    });
    until_kept(&redis, &["ann", "bob"]);
}
