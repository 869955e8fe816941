//! What is nobody's business is not in the log.

use serde_json::json;

use super::backend::Backend;
use super::process::{Process, SECRET, SERVER_KEY, token};
use super::raw::{Raw, frame, move_to};
use crate::server::converse;

const USER: &str = "recognisable-user-4711";
const FRIEND: &str = "unmistakable-friend-4712";
const LAT: f64 = 48.123_456_7;
const LON: f64 = 16.765_432_1;

#[tokio::test]
async fn the_log_of_good_and_bad_days_has_no_position_token_key_or_user() {
    let process = Process::start(&[]);
    let mut backend = Backend::of(&process).await;
    backend.befriend(USER, FRIEND).await;
    backend.place(FRIEND, LAT, LON).await;
    let mut raw = Raw::live(&process, USER).await;
    raw.say(&move_to(Some(1), LAT, LON)).await;
    raw.until("ok").await;
    raw.say(&json!({"id": 2, "settings": {"sharing": "approximate"}}))
        .await;
    raw.until("ok").await;
    raw.say(&json!({"id": 3, "report": {"user": FRIEND, "reason": "a secret reason"}}))
        .await;
    raw.say(&json!({"id": 4, "follow": {"user": "nobody-in-particular"}}))
        .await;
    raw.until("error").await;
    raw.say(&json!({"id": 5, "move": {"lat": LAT, "lon": 1e9}}))
        .await;
    raw.until("error").await;
    let credential = token(USER);
    let spoiled = &credential[..credential.len() - 3];
    for request in [
        format!("GET /v1/users/{USER} HTTP/1.1\r\nAuthorization: Bearer {spoiled}\r\n"),
        format!("GET /v1/ws HTTP/1.1\r\nAuthorization: Bearer {spoiled}\r\n"),
        format!("GET /v1/within?lat={LAT}&lon={LON} HTTP/1.1\r\nAuthorization: {SERVER_KEY}\r\n"),
        format!("{USER} {credential}\r\n"),
    ] {
        let tcp = tokio::net::TcpStream::connect(process.address)
            .await
            .unwrap();
        let request = format!("{request}Host: x\r\nConnection: close\r\n\r\n");
        converse(tcp, request.as_bytes()).await;
    }
    let path = format!("/v1/aliases/resolve?viewer={USER}");
    backend
        .ask(
            "POST",
            &path,
            &json!({"viewer": USER, "alias": "x"}).to_string(),
        )
        .await;
    raw.send(&frame(0x81, b"\xff")).await;
    assert_eq!(raw.ending().await.close, 1007);
    process.signal("HUP");
    process.wait_for_log("reloaded", 1);
    let erased = backend
        .ask("DELETE", &format!("/v1/users/{USER}"), "")
        .await;
    assert!(matches!(erased.status, 200 | 202), "{erased:?}");
    drop(backend);

    let log = process.end();
    assert!(log.contains("ending"), "{log}");
    let head = credential.split('.').nth(1).unwrap();
    for secret in [
        USER,
        FRIEND,
        "nobody-in-particular",
        "a secret reason",
        SECRET,
        SERVER_KEY,
        head,
        "48.12",
        "16.76",
    ] {
        assert!(!log.contains(secret), "{secret:?} is in the log: {log}");
    }
}
