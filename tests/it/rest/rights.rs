//! For every route: who may, who may not, and that refusals say nothing else.

use std::time::Duration;

use crate::server::{As, Server};

/// Method, path, body.
type Route = (&'static str, &'static str, &'static str);

/// Takes the user's token or a server key.
const OF_THE_USER: [Route; 17] = [
    ("GET", "/v1/users/ann", ""),
    ("PUT", "/v1/users/ann", "{}"),
    ("GET", "/v1/users/ann/export", ""),
    ("GET", "/v1/users/ann/sharing", ""),
    ("PUT", "/v1/users/ann/sharing", "{}"),
    ("GET", "/v1/users/ann/friends", ""),
    ("PUT", "/v1/users/ann/friends/bob", ""),
    ("DELETE", "/v1/users/ann/friends/bob", ""),
    ("GET", "/v1/users/ann/requests", ""),
    ("GET", "/v1/users/ann/blocks", ""),
    ("PUT", "/v1/users/ann/blocks/bob", ""),
    ("DELETE", "/v1/users/ann/blocks/bob", ""),
    ("GET", "/v1/users/ann/nearby", ""),
    ("POST", "/v1/users/ann/position", r#"{"lat":1,"lon":1}"#),
    ("GET", "/v1/users/ann/nearby?mode=friends", ""),
    ("GET", "/v1/users/%61nn", ""),
    ("DELETE", "/v1/users/ann", ""),
];

/// Takes a server key only.
const OF_THE_BACKEND: [Route; 8] = [
    ("POST", "/v1/import", ""),
    ("GET", "/v1/within?lat=1&lon=1&radius_m=100", ""),
    (
        "POST",
        "/v1/aliases/resolve",
        r#"{"viewer":"ann","alias":"x"}"#,
    ),
    ("GET", "/v1/reports", ""),
    ("GET", "/v1/admin/stats", ""),
    ("GET", "/v1/admin/channels/user/ann", ""),
    ("GET", "/v1/admin/why?viewer=ann&subject=ann", ""),
    ("POST", "/v1/admin/drain", ""),
];

const OF_EVERYBODY: [Route; 5] = [
    ("GET", "/healthz", ""),
    ("GET", "/readyz", ""),
    ("GET", "/openapi.json", ""),
    ("GET", "/v1/gateway", ""),
    ("GET", "/metrics", ""),
];

async fn ask(server: &Server, who: As<'_>, (method, path, body): Route) -> crate::server::Answer {
    let headers = match path {
        "/v1/import" => "Content-Type: application/x-ndjson\r\n",
        _ => "Content-Type: application/json\r\n",
    };
    server.ask_with(who, method, path, headers, body).await
}

#[tokio::test]
async fn a_users_routes_are_hers_and_the_backends() {
    let server = Server::start().await;
    for route in OF_THE_USER {
        for (who, expected) in [(As::Nobody, 401), (As::User("bob"), 403)] {
            let answer = ask(&server, who, route).await;
            assert_eq!(answer.status, expected, "{route:?} {who:?}: {answer:?}");
            answer.problem();
        }
        for who in [As::User("ann"), As::Server] {
            let answer = ask(&server, who, route).await;
            let fine = matches!(answer.status, 200 | 204);
            // A server key's friendship against the block that ann made is a conflict.
            assert!(fine, "{route:?} {who:?}: {answer:?}");
            let again = ("PUT", "/v1/users/ann", "{}");
            assert_eq!(ask(&server, As::Server, again).await.status, 200);
        }
    }
}

#[tokio::test]
async fn the_backends_routes_take_a_server_key_only() {
    let server = Server::start().await;
    server.get(As::User("ann"), "/v1/users/ann").await;
    for route in OF_THE_BACKEND {
        let answer = ask(&server, As::Nobody, route).await;
        assert_eq!(answer.status, 401, "{route:?}: {answer:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        let answer = ask(&server, As::User("ann"), route).await;
        assert_eq!(answer.status, 403, "{route:?}: {answer:?}");
        answer.problem();
        let answer = ask(&server, As::Server, route).await;
        let unknown_alias = route.1 == "/v1/aliases/resolve";
        let expected: &[u16] = if unknown_alias {
            &[403, 404]
        } else {
            &[200, 202]
        };
        assert!(expected.contains(&answer.status), "{route:?}: {answer:?}");
    }
}

#[tokio::test]
async fn what_is_everybodys_needs_no_credential() {
    let server = Server::start().await;
    for route in OF_EVERYBODY {
        let answer = ask(&server, As::Nobody, route).await;
        assert_eq!(answer.status, 200, "{route:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_credential_that_is_none_is_401_and_an_expired_one_says_so() {
    let server = Server::start().await;
    let path = "/v1/users/ann";
    for text in [
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Basic YW5uOmFubg==",
        "Bearer a.b.c",
        "\u{e9}",
    ] {
        let answer = server.get(As::Credential(text), path).await;
        assert_eq!(answer.status, 401, "{text}: {answer:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert!(!answer.problem().contains("expired"));
    }
    let long_ago = server.site.clock.now_ms() - 3_600_000;
    let token = server.token_for("ann", Duration::from_secs(60), long_ago);
    let answer = server
        .get(As::Credential(&format!("Bearer {token}")), path)
        .await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.problem(), "the token has expired");
    let token = server.token("ann");
    let twice = format!("Bearer {token}\r\nAuthorization: Bearer {token}");
    assert_eq!(server.get(As::Credential(&twice), path).await.status, 401);
    let lower = format!("bearer {token}");
    assert_eq!(server.get(As::Credential(&lower), path).await.status, 200);
}

#[tokio::test]
async fn an_id_in_a_path_is_percent_decoded_and_whole() {
    let server = Server::start().await;
    for (id, path) in [
        ("a/b", "a%2Fb"),
        ("..", "%2e%2e"),
        ("a b?#", "a%20b%3F%23"),
        ("민준", "%EB%AF%BC%EC%A4%80"),
        ("a+b", "a+b"),
        ("100%", "100%25"),
    ] {
        let path = format!("/v1/users/{path}");
        let answer = server.get(As::User(id), &path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert_eq!(answer.json()["id"], id);
    }
    for path in ["%00", "%ff", "a%0Ab", "%", "%zz", "a%2", &"x".repeat(65)] {
        let answer = server.get(As::Server, &format!("/v1/users/{path}")).await;
        assert_eq!(answer.status, 400, "{path}: {answer:?}");
        answer.problem();
    }
}

/// What a user is answered about another must be the same, whoever that is.
#[tokio::test]
async fn unknown_blocked_and_declined_are_answered_alike() {
    let server = Server::start().await;
    for user in ["ann", "bob", "cid", "dan"] {
        server
            .get(As::User(user), &format!("/v1/users/{user}"))
            .await;
    }
    // bob blocks ann, cid declined her, dan did nothing, eve does not exist.
    server
        .ask(As::User("bob"), "PUT", "/v1/users/bob/blocks/ann", "")
        .await;
    server
        .ask(As::User("ann"), "PUT", "/v1/users/ann/friends/cid", "")
        .await;
    server
        .ask(As::User("cid"), "DELETE", "/v1/users/cid/friends/ann", "")
        .await;
    for (method, path) in [
        ("PUT", "/v1/users/ann/friends/"),
        ("DELETE", "/v1/users/ann/friends/"),
        ("PUT", "/v1/users/ann/blocks/"),
        ("DELETE", "/v1/users/ann/blocks/"),
        ("GET", "/v1/users/"),
    ] {
        let mut answers = Vec::new();
        for other in ["bob", "cid", "dan", "eve"] {
            let path = format!("{path}{other}");
            let mut answer = server.ask(As::User("ann"), method, &path, "").await;
            answer.headers.remove("date");
            answers.push(answer);
        }
        assert!(
            answers.windows(2).all(|two| two[0] == two[1]),
            "{answers:#?}"
        );
    }
}
