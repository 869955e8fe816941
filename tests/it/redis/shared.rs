//! The index that other services read: who consented, as strangers see them.

use super::keeper::Keeper;
use super::store::{Redis, until};
use crate::abuse::backend::Backend;
use crate::abuse::process::token_in;
use crate::server::fresh_dir;

const GEO: &str = "nearcast:main:{shared}:geo";

#[tokio::test]
async fn others_read_of_who_consented_the_middle_of_a_cell_and_of_nobody_else() {
    let redis = Redis::start();
    let settings = [
        ("SNAPSHOT_SHARED_INDEX", "true"),
        ("STRANGERS_EPOCH_S", "1"),
    ];
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &settings).await;
    for user in ["ann", "bob"] {
        keeper
            .put(
                &format!("/v1/users/{user}"),
                r#"{"strangers_allowed":true}"#,
            )
            .await;
        keeper.settle(user, 37.5665, 126.978).await;
    }
    keeper
        .put("/v1/users/ann/sharing", r#"{"strangers_consent":true}"#)
        .await;
    let members = || redis.ask::<Vec<String>>("ZRANGE", &[GEO, "0", "-1"]);
    until("ann is shown", || members() == ["ann"]);
    let place = || redis.ask::<Vec<Option<(f64, f64)>>>("GEOPOS", &[GEO, "ann"])[0].unwrap();
    let score = || redis.ask::<f64>("ZSCORE", &[GEO, "ann"]);
    let (lon, lat) = place();
    let centre = nearcast_grid::Grid::geohash(5).unwrap();
    let here = nearcast_grid::Position::new(37.5665, 126.978).unwrap();
    let centre = centre.cell_at(here).centre();
    assert!((lat - centre.lat()).abs() < 1e-5 && (lon - centre.lon()).abs() < 1e-5);
    // Nothing that she does within her cell shows, when it ends neither.
    let exp = || redis.ask::<f64>("ZSCORE", &["nearcast:main:{shared}:exp", "ann"]);
    assert_eq!(exp() % 60_000.0, 0.0);
    let before = score();
    keeper.backend.place("ann", 37.5666, 126.9781).await;
    keeper.has_kept().await;
    assert_eq!(score(), before);
    // A neighbour found with the command of the README.
    let near: Vec<String> = redis.ask(
        "GEOSEARCH",
        &[
            GEO,
            "FROMLONLAT",
            "126.978",
            "37.5665",
            "BYRADIUS",
            "8",
            "km",
            "ASC",
        ],
    );
    assert_eq!(near, ["ann"]);
    keeper
        .put("/v1/users/ann/sharing", r#"{"strangers_consent":false}"#)
        .await;
    keeper.has_kept().await;
    assert!(members().is_empty());
}

#[tokio::test]
async fn an_index_that_is_shared_no_more_goes_at_once() {
    let redis = Redis::start();
    let settings = [
        ("SNAPSHOT_SHARED_INDEX", "true"),
        ("STRANGERS_EPOCH_S", "1"),
    ];
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &settings).await;
    keeper
        .put("/v1/users/ann", r#"{"strangers_allowed":true}"#)
        .await;
    keeper.settle("ann", 37.5665, 126.978).await;
    keeper
        .put("/v1/users/ann/sharing", r#"{"strangers_consent":true}"#)
        .await;
    let members = || redis.ask::<Vec<String>>("ZRANGE", &[GEO, "0", "-1"]);
    until("ann is shown", || members() == ["ann"]);
    let mut keeper = keeper.killed_and_started(&redis).await;
    assert!(members().is_empty());
    assert_eq!(keeper.around(37.5665, 126.978).await, ["ann"]);
}

#[tokio::test]
async fn who_is_not_for_all_any_more_leaves_the_shared_index() {
    let redis = Redis::start();
    let settings = [
        ("SNAPSHOT_SHARED_INDEX", "true"),
        ("STRANGERS_EPOCH_S", "1"),
        // Nothing but an erasure is written before the next round.
        ("SNAPSHOT_EVERY_MS", "1000"),
    ];
    let mut keeper = Keeper::with(&redis.url(), &fresh_dir(), &settings).await;
    let people = ["ann", "bob", "cleo", "dora"];
    for user in people {
        let path = format!("/v1/users/{user}");
        keeper.put(&path, r#"{"strangers_allowed":true}"#).await;
        keeper.settle(user, 37.5665, 126.978).await;
        keeper
            .put(&format!("{path}/sharing"), r#"{"strangers_consent":true}"#)
            .await;
    }
    let members = || {
        let mut members = redis.ask::<Vec<String>>("ZRANGE", &[GEO, "0", "-1"]);
        members.sort();
        members
    };
    until("all are shown", || members() == people);
    // Before it is answered.
    let erased = keeper.backend.ask("DELETE", "/v1/users/ann", "").await;
    assert_eq!(erased.status, 200, "{erased:?}");
    assert_eq!(members(), ["bob", "cleo", "dora"]);
    keeper
        .put("/v1/users/bob/sharing", r#"{"sharing":"off"}"#)
        .await;
    until("bob is gone", || members() == ["cleo", "dora"]);
    // Who is in a pool is for that pool alone.
    let token = token_in("cleo", "teens");
    let mut cleo = Backend::with_key(keeper.process.address, &token).await;
    let answer = cleo.ask("GET", "/v1/users/cleo", "").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    until("cleo is gone", || members() == ["dora"]);
}
