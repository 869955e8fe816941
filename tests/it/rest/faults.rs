//! Requests that are wrong, and what every answer has.

use crate::server::{As, Server};

#[tokio::test]
async fn what_is_not_there_is_404_and_what_is_not_done_there_405() {
    let server = Server::start().await;
    for path in [
        "/v1/nothing",
        "/v1/users",
        "/v1/users/",
        "/v1/users/ann/",
        "//v1/users/ann",
        "/../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/v1/ws",
    ] {
        let answer = server.get(As::Server, path).await;
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        answer.problem();
    }
    for (method, path, allow) in [
        ("POST", "/v1/users/ann", "DELETE,GET,HEAD,PUT"),
        ("DELETE", "/v1/within", "GET,HEAD"),
        ("GET", "/v1/import", "POST"),
        ("TRACE", "/healthz", "GET,HEAD"),
        ("OPTIONS", "/healthz", "GET,HEAD"),
    ] {
        let answer = server.ask(As::Server, method, path, "").await;
        assert_eq!(answer.status, 405, "{method} {path}: {answer:?}");
        let mut methods: Vec<_> = answer.header("allow").split(',').collect();
        methods.sort_unstable();
        assert_eq!(methods.join(","), allow);
        answer.problem();
    }
}

#[tokio::test]
async fn a_body_is_json_says_so_and_is_not_too_large() {
    let server = Server::start().await;
    let put = "/v1/users/ann";
    let typed = async |content_type: &str, body: &str| {
        let header = format!("Content-Type: {content_type}\r\n");
        server.ask_with(As::Server, "PUT", put, &header, body).await
    };
    assert_eq!(
        typed("application/json; charset=utf-8", "{}").await.status,
        200
    );
    assert_eq!(typed("Application/JSON", "{}").await.status, 200);
    for wrong in ["text/plain", "application/x-www-form-urlencoded", "json"] {
        let answer = typed(wrong, "{}").await;
        assert_eq!(answer.status, 415, "{wrong}");
        answer.problem();
    }
    for malformed in [
        "",
        "{",
        "nonsense",
        "[]",
        "7",
        "null",
        "{}{}",
        "{\"name\":\"\u{7}\"}",
    ] {
        let answer = typed("application/json", malformed).await;
        assert_eq!(answer.status, 400, "{malformed}");
        answer.problem();
    }
    let large = format!("{{\"x\":\"{}\"}}", "y".repeat(70_000));
    let answer = typed("application/json", &large).await;
    assert_eq!(answer.status, 413);
    answer.problem();
    let head = server.head(As::Server, "PUT", put);
    let chunks = format!("{:x}\r\n{large}\r\n0\r\n\r\n", large.len());
    let chunked = format!("{head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
    assert_eq!(server.say(&chunked).await.status, 413);
}

#[tokio::test]
async fn heads_have_an_end() {
    let server = Server::start().await;
    let long = "x".repeat(9_000);
    let answer = server
        .get(As::Server, &format!("/v1/reports?cursor={long}"))
        .await;
    assert_eq!(answer.status, 414);
    answer.problem();
    let header = format!("X-Long: {}\r\n", "y".repeat(17_000));
    let answer = server
        .ask_with(As::Server, "GET", "/healthz", &header, "")
        .await;
    assert_eq!(answer.status, 431);
    answer.problem();
    let header = format!("X-Long: {}\r\n", "y".repeat(60_000));
    let answer = server
        .ask_with(As::Server, "GET", "/healthz", &header, "")
        .await;
    assert_eq!(answer.status, 431);
    let many = "X-Many: 1\r\n".repeat(200);
    let answer = server
        .ask_with(As::Server, "GET", "/healthz", &many, "")
        .await;
    assert_eq!(answer.status, 431);
}

#[tokio::test]
async fn what_is_no_http_is_400_and_closed() {
    let server = Server::start().await;
    for nonsense in [
        "nonsense\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nBad Header: x\r\n\r\n",
        "PUT /v1/users/a HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "PUT /v1/users/a HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "\u{16}\u{3}\u{1}\r\n\r\n",
    ] {
        let answer = server.say(nonsense).await;
        assert_eq!(answer.status, 400, "{nonsense:?}: {answer:?}");
    }
    assert_eq!(server.get(As::Nobody, "/healthz").await.status, 200);
}

#[tokio::test]
async fn head_is_get_without_its_body() {
    let server = Server::start().await;
    let get = server.get(As::Nobody, "/healthz").await;
    let head = server.ask(As::Nobody, "HEAD", "/healthz", "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
}

#[tokio::test]
async fn every_answer_tells_browsers_to_trust_it_with_nothing() {
    let server = Server::start().await;
    for path in ["/healthz", "/v1/nothing", "/v1/users/ann"] {
        let answer = server.get(As::Nobody, path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(
            answer
                .header("content-security-policy")
                .starts_with("default-src 'none'")
        );
        assert_eq!(answer.header("server"), "");
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(answer.header("vary"), "");
    }
}
