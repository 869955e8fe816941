//! Friendships, requests, and their lists.

use serde_json::json;

use crate::server::{As, Server};

#[tokio::test]
async fn a_users_wish_is_a_request_until_the_other_side_wishes_it_too() {
    let server = Server::start().await;
    server.get(As::User("bob"), "/v1/users/bob").await;
    let asked = server
        .ask(As::User("ann"), "PUT", "/v1/users/ann/friends/bob", "")
        .await;
    assert_eq!(asked.json(), json!({"state": "requested"}));
    let requests = server
        .get(As::User("bob"), "/v1/users/bob/requests")
        .await
        .json();
    assert_eq!(requests["requests"][0]["user"], "ann");
    assert!(requests["requests"][0]["at"].is_u64());
    let agreed = server
        .ask(As::User("bob"), "PUT", "/v1/users/bob/friends/ann", "")
        .await;
    assert_eq!(agreed.json(), json!({"state": "friends"}));
    for (user, friend) in [("ann", "bob"), ("bob", "ann")] {
        let list = server
            .get(As::User(user), &format!("/v1/users/{user}/friends"))
            .await;
        assert_eq!(list.json()["friends"][0]["user"], friend);
    }
    let ended = server
        .ask(As::User("bob"), "DELETE", "/v1/users/bob/friends/ann", "")
        .await;
    assert_eq!((ended.status, ended.body.as_str()), (204, ""));
    let list = server.get(As::User("ann"), "/v1/users/ann/friends").await;
    assert_eq!(list.json(), json!({"friends": []}));
}

#[tokio::test]
async fn the_backend_makes_friends_unless_one_blocks_the_other() {
    let server = Server::start().await;
    let make = "/v1/users/ann/friends/bob";
    let made = server.ask(As::Server, "PUT", make, "").await;
    assert_eq!(made.json(), json!({"state": "friends"}));
    server
        .ask(As::User("bob"), "PUT", "/v1/users/bob/blocks/ann", "")
        .await;
    let refused = server.ask(As::Server, "PUT", make, "").await;
    assert_eq!(refused.status, 409);
    refused.problem();
    let oneself = server
        .ask(As::Server, "PUT", "/v1/users/ann/friends/ann", "")
        .await;
    assert_eq!(oneself.status, 400);
}

#[tokio::test]
async fn a_list_in_pages_has_everybody_once() {
    let server = Server::start().await;
    for friend in 0..7 {
        let path = format!("/v1/users/ann/friends/friend-{friend}");
        assert_eq!(server.ask(As::Server, "PUT", &path, "").await.status, 200);
    }
    assert_eq!(
        server
            .get(As::Server, "/v1/users/nobody/friends")
            .await
            .status,
        404
    );
    let mut found = Vec::new();
    let mut path = "/v1/users/ann/friends?limit=3".to_owned();
    loop {
        let page = server.get(As::User("ann"), &path).await.json();
        let people = page["friends"].as_array().unwrap();
        assert!((1..=3).contains(&people.len()));
        found.extend(
            people
                .iter()
                .map(|one| one["user"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else {
            break;
        };
        path = format!("/v1/users/ann/friends?limit=3&cursor={next}");
    }
    let expected: Vec<_> = (0..7).map(|friend| format!("friend-{friend}")).collect();
    assert_eq!(found, expected);
    for bad in [
        "limit=0",
        "limit=1001",
        "limit=x",
        "limit=",
        "cursor=",
        "cursor=zz",
        "cursor=00",
    ] {
        for list in ["friends", "requests", "blocks"] {
            let answer = server
                .get(As::User("ann"), &format!("/v1/users/ann/{list}?{bad}"))
                .await;
            assert_eq!(answer.status, 400, "{list}?{bad}: {answer:?}");
            answer.problem();
        }
    }
}

#[tokio::test]
async fn wishes_are_limited_and_the_answer_says_for_how_long() {
    let server = Server::with(
        |config| config.limits.requests_per_hour = 2,
        Default::default(),
    )
    .await;
    let wish = async |other: &str| {
        let path = format!("/v1/users/ann/friends/{other}");
        server.ask(As::User("ann"), "PUT", &path, "").await
    };
    assert_eq!(wish("bob").await.status, 200);
    assert_eq!(wish("cid").await.status, 200);
    let refused = wish("dan").await;
    assert_eq!(refused.status, 429);
    let after: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=3600).contains(&after), "{refused:?}");
    refused.problem();
}
