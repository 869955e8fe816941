//! Groups that are spread over a Redis Cluster.

use super::cluster::Cluster;
use super::deployments::check;
use super::keeper::Keeper;
use super::store::{Redis, until};
use crate::server::fresh_dir;

const SETTINGS: [(&str, &str); 2] = [
    ("SNAPSHOT_DEPLOYMENT", "cluster"),
    ("SNAPSHOT_RESTORE_WAIT_MS", "60000"),
];

/// What is to be changed by who took a node of one for a single Redis.
const CLUSTER: &str = "a Redis Cluster wants snapshot.deployment \"cluster\"";

/// Thirty people over all groups.
async fn kept_by(cluster: &Cluster) -> Keeper {
    let mut keeper = Keeper::with(&cluster.urls(), &fresh_dir(), &SETTINGS).await;
    for number in 0..30 {
        let lon = 2.0 + f64::from(number) * 1e-4;
        keeper.settle(&format!("user{number}"), 1.0, lon).await;
    }
    keeper.has_kept().await;
    keeper
}

fn keys(node: &Redis) -> usize {
    node.ask("DBSIZE", &[] as &[&str])
}

#[tokio::test]
async fn a_cluster_spreads_the_groups_and_outlives_a_master() {
    let mut cluster = Cluster::start(1);
    let urls = cluster.urls();
    let mut keeper = kept_by(&cluster).await;
    for master in cluster.masters() {
        let keys = keys(master);
        assert!(keys > 10, "{keys} keys on a master");
    }
    cluster.lose_a_master();
    keeper.settle("late", 1.0, 2.0).await;
    keeper.has_kept().await;
    let data = keeper.process.kill();
    let mut keeper = Keeper::with(&urls, &data, &SETTINGS).await;
    assert_eq!(keeper.status().await["restored"], 31);
}

#[tokio::test]
async fn groups_that_are_moved_to_another_master_are_followed() {
    let cluster = Cluster::start(0);
    let mut keeper = kept_by(&cluster).await;
    // Told MOVED by the one, and asked for by nobody there again.
    cluster.move_slots(0, 1);
    assert_eq!(keys(&cluster.nodes[0]), 0);
    keeper.keeps(&["late"]).await;
    assert_eq!(keys(&cluster.nodes[0]), 0);
    let data = keeper.process.kill();
    let mut keeper = Keeper::with(&cluster.urls(), &data, &SETTINGS).await;
    assert_eq!(keeper.status().await["restored"], 31);
}

#[tokio::test]
async fn a_node_of_a_cluster_that_is_taken_for_a_single_redis_says_what_is_meant() {
    let cluster = Cluster::start(0);
    let wait = [("SNAPSHOT_RESTORE_WAIT_MS", "300")];
    let url = cluster.nodes[0].url();
    let (status, said) = check(&[("SNAPSHOT_REDIS_URL", &url)]);
    assert_eq!(status, 69, "{said}");
    assert!(said.contains("MOVED") && said.contains(CLUSTER), "{said}");
    let mut keeper = Keeper::started(&url, &fresh_dir(), &wait).await;
    keeper.is_ready().await;
    keeper.settle("ann", 1.0, 2.0).await;
    keeper
        .status_is("why", |why| {
            why.as_str()
                .is_some_and(|why| why.contains("MOVED") && why.contains(CLUSTER))
        })
        .await;
    assert_eq!(keeper.around(1.0, 2.0).await, ["ann"]);
}

#[tokio::test]
async fn a_single_redis_that_is_taken_for_a_cluster_says_what_is_meant() {
    let redis = Redis::start();
    let wait = [
        ("SNAPSHOT_DEPLOYMENT", "cluster"),
        ("SNAPSHOT_RESTORE_WAIT_MS", "300"),
    ];
    let mut keeper = Keeper::started(&redis.url(), &fresh_dir(), &wait).await;
    keeper.is_ready().await;
    let single = "one Redis wants snapshot.deployment \"single\"";
    keeper
        .status_is("why", |why| {
            why.as_str().is_some_and(|why| why.contains(single))
        })
        .await;
    assert_eq!(keeper.status().await["state"], "away");
}

#[tokio::test]
async fn a_node_that_falls_back_to_what_it_saved_brings_nobody_back() {
    let mut cluster = Cluster::start(0);
    // So rarely that nothing is said while the node is away, and nobody hears of it.
    let rare = [
        ("SNAPSHOT_EVERY_MS", "3000"),
        ("SNAPSHOT_LEASE_MS", "60000"),
    ];
    let settings = [&SETTINGS[..], &rare].concat();
    let mut keeper = Keeper::with(&cluster.urls(), &fresh_dir(), &settings).await;
    for user in ["ann", "bob"] {
        keeper.settle(user, 1.0, 2.0).await;
    }
    until("both are kept", || {
        ["ann", "bob"]
            .iter()
            .all(|user| cluster.node_with(user).is_some())
    });
    let node = cluster.node_with("ann").unwrap();
    let () = cluster.nodes[node].ask("SAVE", &[] as &[&str]);
    let answer = keeper.backend.ask("DELETE", "/v1/users/ann", "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(cluster.node_with("ann"), None);
    cluster.nodes[node].falls_back();
    cluster.is_whole();
    assert_eq!(cluster.node_with("ann"), Some(node));
    until("she is gone again", || cluster.node_with("ann").is_none());
    assert!(cluster.node_with("bob").is_some());
}
