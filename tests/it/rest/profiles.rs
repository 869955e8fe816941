//! Profiles, all that is stored about a user, and her end.

use serde_json::json;

use crate::server::{As, Server};

const ANN: &str = "/v1/users/ann";

#[tokio::test]
async fn a_profile_is_made_read_and_changed_field_by_field() {
    let server = Server::start().await;
    assert_eq!(server.get(As::Server, ANN).await.status, 404);
    let texts = r#"{"name":"Ann","avatar_url":"https://cdn.example.com/a.png"}"#;
    let made = server.ask(As::User("ann"), "PUT", ANN, texts).await;
    assert_eq!(made.status, 200, "{made:?}");
    assert_eq!(made.json()["name"], "Ann");
    let change = r#"{"avatar_url":null,"stranger_name":"A."}"#;
    let changed = server.ask(As::Server, "PUT", ANN, change).await.json();
    assert_eq!(changed["name"], "Ann");
    assert_eq!(changed["stranger_name"], "A.");
    assert_eq!(changed.get("avatar_url"), None);
    assert_eq!(server.get(As::User("ann"), ANN).await.json(), changed);
}

#[tokio::test]
async fn a_user_exists_from_her_first_token() {
    let server = Server::start().await;
    let shown = server.get(As::User("ann"), ANN).await;
    assert_eq!(shown.status, 200, "{shown:?}");
    assert_eq!(server.get(As::Server, ANN).await.json(), shown.json());
    let sharing = server.get(As::Server, "/v1/users/ann/sharing").await.json();
    let expected =
        json!({"sharing": "exact", "strangers_consent": false, "history": sharing["history"]});
    assert_eq!(sharing, expected);
}

#[tokio::test]
async fn only_the_backend_says_whether_a_user_may_meet_strangers() {
    let server = Server::start().await;
    let allowed = r#"{"strangers_allowed":true}"#;
    let refused = server.ask(As::User("ann"), "PUT", ANN, allowed).await;
    assert_eq!(refused.status, 403);
    refused.problem();
    let granted = server.ask(As::Server, "PUT", ANN, allowed).await.json();
    assert_eq!(granted["strangers_allowed"], true);
    let other = server
        .ask(As::User("ann"), "PUT", ANN, r#"{"name":"A"}"#)
        .await;
    assert_eq!(other.json()["strangers_allowed"], true);
}

#[tokio::test]
async fn an_export_has_everything_and_after_the_end_there_is_nothing() {
    let server = Server::start().await;
    server
        .ask(As::Server, "PUT", ANN, r#"{"name":"Ann"}"#)
        .await;
    server
        .ask(As::Server, "PUT", "/v1/users/ann/friends/bob", "")
        .await;
    server
        .ask(As::User("ann"), "PUT", "/v1/users/ann/blocks/cid", "")
        .await;
    let here = r#"{"lat":37.5665,"lon":126.978,"accuracy_m":4.5,"heading_deg":90,"speed_mps":1.4}"#;
    server
        .ask(As::User("ann"), "POST", "/v1/users/ann/position", here)
        .await;
    let export = server
        .get(As::User("ann"), "/v1/users/ann/export")
        .await
        .json();
    assert_eq!(export["user"]["id"], "ann");
    assert_eq!(export["user"]["sharing"], "exact");
    assert_eq!(export["friends"][0]["user"], "bob");
    assert_eq!(export["blocks"][0]["user"], "cid");
    let mut position = export["position"].clone();
    position["seen_at"].take();
    let said = json!({"lat": 37.5665, "lon": 126.978, "accuracy_m": 4.5, "heading_deg": 90.0,
        "speed_mps": 1.4, "seen_at": null});
    assert_eq!(position.to_string(), said.to_string());
    assert!(export["position"]["seen_at"].as_u64() > Some(1_700_000_000_000));
    let ended = server.ask(As::Server, "DELETE", ANN, "").await;
    assert_eq!((ended.status, ended.json()), (200, json!({"erased": true})));
    let again = server.ask(As::Server, "DELETE", ANN, "").await;
    assert_eq!(
        (again.status, again.json()),
        (200, json!({"erased": false}))
    );
    assert_eq!(
        server.get(As::Server, "/v1/users/ann/export").await.status,
        404
    );
    let friends = server.get(As::Server, "/v1/users/bob/friends").await.json();
    assert_eq!(friends, json!({"friends": []}));
}
