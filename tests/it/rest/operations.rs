//! What operators ask.

use nearcast::http::Part;
use serde_json::{Value, json};

use crate::server::{As, Extras, Server};

#[tokio::test]
async fn draining_is_told_to_balancers_and_rest_goes_on() {
    let server = Server::start().await;
    let mut draining = server.site.draining.subscribe();
    assert_eq!(server.get(As::Nobody, "/readyz").await.status, 200);
    let asked = server.ask(As::Server, "POST", "/v1/admin/drain", "").await;
    assert_eq!(
        (asked.status, asked.json()),
        (202, json!({"draining": true}))
    );
    assert!(*draining.borrow_and_update());
    let ready = server.get(As::Nobody, "/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.problem().contains("draining"));
    assert_ne!(ready.header("retry-after"), "");
    assert_eq!(server.get(As::Nobody, "/healthz").await.status, 200);
    assert_eq!(
        server.get(As::User("ann"), "/v1/users/ann").await.status,
        200
    );
}

#[tokio::test]
async fn why_has_every_condition_with_its_value() {
    let server = Server::start().await;
    server
        .ask(As::Server, "PUT", "/v1/users/ann/friends/bob", "")
        .await;
    let at = r#"{"lat":37.5665,"lon":126.978}"#;
    server
        .ask(As::Server, "POST", "/v1/users/bob/position", at)
        .await;
    let why = server
        .get(As::Server, "/v1/admin/why?viewer=ann&subject=bob")
        .await
        .json();
    assert_eq!(why["friends"], true);
    assert_eq!(why["blocked"], false);
    assert_eq!(why["viewer_located"], false);
    assert_eq!(why["subject_active"], true);
    assert_eq!(why["viewer_sessions"], 0);
    for (query, status) in [
        ("viewer=ann", 400),
        ("viewer=&subject=ann", 400),
        ("viewer=ann&subject=nobody", 404),
    ] {
        let answer = server
            .get(As::Server, &format!("/v1/admin/why?{query}"))
            .await;
        assert_eq!(answer.status, status, "{query}: {answer:?}");
        answer.problem();
    }
}

#[tokio::test]
async fn why_tells_permission_and_consent_apart() {
    let server = Server::start().await;
    server.get(As::User("ann"), "/v1/users/ann").await;
    let consents = r#"{"strangers_consent":true}"#;
    server
        .ask(As::User("bob"), "PUT", "/v1/users/bob/sharing", consents)
        .await;
    let path = "/v1/admin/why?viewer=bob&subject=ann";
    let conditions = |why: &Value| {
        let names = ["permitted", "consents"].map(|name| format!("viewer_{name}"));
        names.map(|name| why[name].as_bool())
    };
    let why = server.get(As::Server, path).await.json();
    assert_eq!(conditions(&why), [Some(false), Some(true)], "{why}");
    let allowed = r#"{"strangers_allowed":true}"#;
    server
        .ask(As::Server, "PUT", "/v1/users/bob", allowed)
        .await;
    let why = server.get(As::Server, path).await.json();
    assert_eq!(conditions(&why), [Some(true), Some(true)], "{why}");
    assert_eq!(why["viewer_open"], true);
    assert_eq!(why["subject_permitted"], false);
}

#[tokio::test]
async fn channels_and_stats_say_how_the_world_is() {
    let server = Server::start().await;
    let at = r#"{"lat":37.5665,"lon":126.978}"#;
    server
        .ask(As::User("ann"), "POST", "/v1/users/ann/position", at)
        .await;
    let ann = server
        .get(As::Server, "/v1/admin/channels/user/ann")
        .await
        .json();
    assert_eq!(
        (&ann["user"], &ann["active"]),
        (&json!("ann"), &json!(true))
    );
    let cell = server
        .get(As::Server, "/v1/admin/channels/cell/wydm9q")
        .await
        .json();
    assert_eq!(cell, json!({"cell": "wydm9q", "people": 1, "more": false}));
    let next = server
        .get(As::Server, "/v1/admin/channels/cell/wydm9r")
        .await
        .json();
    assert_eq!(next["people"], 0);
    for (path, status) in [("cell/aaaa", 400), ("user/nobody", 404), ("room/1", 404)] {
        let answer = server
            .get(As::Server, &format!("/v1/admin/channels/{path}"))
            .await;
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        answer.problem();
    }
    let stats = server.get(As::Server, "/v1/admin/stats").await.json();
    assert_eq!(stats["node"], "test");
    assert_eq!(stats["residents"], 1);
    assert_eq!(stats["draining"], false);
}

#[tokio::test]
async fn metrics_behind_a_proxy_need_a_key() {
    let server = Server::start().await;
    server.get(As::User("ann"), "/v1/users/ann").await;
    let counted = server.get(As::Nobody, "/metrics").await;
    assert_eq!(counted.status, 200);
    assert!(counted.body.contains("/v1/users/{id}"), "{}", counted.body);
    assert!(!counted.body.contains("ann\""), "{}", counted.body);
    let passed_on = "X-Forwarded-For: 203.0.113.9\r\n";
    for (who, status) in [(As::Nobody, 401), (As::User("ann"), 403), (As::Server, 200)] {
        let answer = server.ask_with(who, "GET", "/metrics", passed_on, "").await;
        assert_eq!(answer.status, status, "{who:?}");
    }
}

#[tokio::test]
async fn operations_have_a_listener_of_their_own_if_one_is_wanted() {
    let with = async |part| {
        let choose = |config: &mut nearcast::config::Config| {
            config.admin.listen = "127.0.0.1:0".to_owned();
        };
        let extras = Extras {
            part: Some(part),
            ..Extras::default()
        };
        Server::with(choose, extras).await
    };
    let (public, operations) = (with(Part::Public).await, with(Part::Operations).await);
    for path in ["/metrics", "/v1/admin/stats"] {
        assert_eq!(public.get(As::Server, path).await.status, 404, "{path}");
        assert_eq!(operations.get(As::Server, path).await.status, 200, "{path}");
    }
    assert_eq!(
        operations.get(As::Nobody, "/v1/admin/stats").await.status,
        401
    );
    assert_eq!(
        operations.get(As::Server, "/v1/users/ann").await.status,
        404
    );
    for server in [&public, &operations] {
        assert_eq!(server.get(As::Nobody, "/healthz").await.status, 200);
    }
}

#[tokio::test]
async fn the_gateway_names_the_address_that_was_used() {
    let server = Server::start().await;
    let gateway = server.get(As::Nobody, "/v1/gateway").await.json();
    assert_eq!(gateway["url"], "ws://near.example/v1/ws");
    assert_eq!(
        gateway["protocols"],
        json!(["nearcast.v1.json", "nearcast.v1.proto"])
    );
    assert_eq!(gateway["limits"]["sessions_per_user"], 10);
    let fixed = Server::with(
        |config| config.server.public_url = "wss://live.example/v1/ws".to_owned(),
        Extras::default(),
    )
    .await;
    let gateway = fixed.get(As::Nobody, "/v1/gateway").await.json();
    assert_eq!(gateway["url"], "wss://live.example/v1/ws");
    let nowhere = server.say("GET /v1/gateway HTTP/1.0\r\n\r\n").await;
    assert_eq!(nowhere.status, 400);
}
