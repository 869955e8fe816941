//! Blocks by name.

use serde_json::json;

use crate::server::{As, Server};

#[tokio::test]
async fn a_block_ends_a_friendship_is_listed_and_can_be_taken_back() {
    let server = Server::start().await;
    server
        .ask(As::Server, "PUT", "/v1/users/ann/friends/bob", "")
        .await;
    let path = "/v1/users/ann/blocks/bob";
    for _ in 0..2 {
        let made = server.ask(As::User("ann"), "PUT", path, "").await;
        assert_eq!((made.status, made.body.as_str()), (204, ""));
    }
    let friends = server
        .get(As::User("bob"), "/v1/users/bob/friends")
        .await
        .json();
    assert_eq!(friends, json!({"friends": []}));
    let blocks = server
        .get(As::User("ann"), "/v1/users/ann/blocks")
        .await
        .json();
    assert_eq!(blocks["blocks"].as_array().unwrap().len(), 1);
    assert_eq!(blocks["blocks"][0]["user"], "bob");
    let theirs = server
        .get(As::User("bob"), "/v1/users/bob/blocks")
        .await
        .json();
    assert_eq!(theirs, json!({"blocks": []}));
    for _ in 0..2 {
        assert_eq!(
            server.ask(As::User("ann"), "DELETE", path, "").await.status,
            204
        );
    }
    let blocks = server
        .get(As::User("ann"), "/v1/users/ann/blocks")
        .await
        .json();
    assert_eq!(blocks, json!({"blocks": []}));
    let oneself = server
        .ask(As::User("ann"), "PUT", "/v1/users/ann/blocks/ann", "")
        .await;
    assert_eq!(oneself.status, 400);
}
