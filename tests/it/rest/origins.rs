//! Web pages of other origins.

use crate::server::{As, Extras, Server};

const LISTED: &str = "https://app.example";

async fn with_origin() -> Server {
    let choose = |config: &mut nearcast::config::Config| {
        config.http.origins = vec![LISTED.to_owned()];
    };
    Server::with(choose, Extras::default()).await
}

#[tokio::test]
async fn a_listed_origin_may_read_and_any_other_may_not() {
    let server = with_origin().await;
    let ask = async |origin: &str| {
        let header = format!("Origin: {origin}\r\n");
        server
            .ask_with(As::Nobody, "GET", "/healthz", &header, "")
            .await
    };
    let allowed = ask(LISTED).await;
    assert_eq!(allowed.header("access-control-allow-origin"), LISTED);
    assert_eq!(allowed.header("vary"), "Origin");
    for other in ["https://evil.example", "null", "https://app.example.evil"] {
        let refused = ask(other).await;
        assert_eq!(refused.header("access-control-allow-origin"), "", "{other}");
        assert_eq!(refused.header("vary"), "Origin");
    }
}

#[tokio::test]
async fn of_two_origins_neither_is_believed() {
    let server = with_origin().await;
    for second in ["https://evil.example", LISTED] {
        let header = format!("Origin: {LISTED}\r\nOrigin: {second}\r\n");
        let read = server
            .ask_with(As::Nobody, "GET", "/healthz", &header, "")
            .await;
        assert_eq!(read.header("access-control-allow-origin"), "", "{second}");
    }
}

#[tokio::test]
async fn a_browser_may_ask_before_it_sends_credentials() {
    let server = with_origin().await;
    let ask = async |origin: &str| {
        let header = format!("Origin: {origin}\r\nAccess-Control-Request-Method: PUT\r\n");
        server
            .ask_with(As::Nobody, "OPTIONS", "/v1/users/ann", &header, "")
            .await
    };
    let allowed = ask(LISTED).await;
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.header("access-control-allow-origin"), LISTED);
    assert!(
        allowed
            .header("access-control-allow-methods")
            .contains("PUT")
    );
    assert!(
        allowed
            .header("access-control-allow-headers")
            .contains("authorization")
    );
    let refused = ask("https://evil.example").await;
    assert_eq!(refused.status, 405);
    assert_eq!(refused.header("access-control-allow-origin"), "");
}
