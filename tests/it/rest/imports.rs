//! Import in batches.

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::server::{As, Extras, Server};

const NDJSON: &str = "Content-Type: application/x-ndjson\r\n";

async fn small_batches() -> Server {
    Server::with(|config| config.http.import_batch = 2, Extras::default()).await
}

#[tokio::test]
async fn each_batch_is_answered_and_faulty_lines_are_named() {
    let server = small_batches().await;
    let lines = [
        r#"{"user":{"id":"ann","name":"Ann","sharing":"approximate","strangers_consent":true}}"#,
        r#"{"friends":["ann","bob"]}"#,
        "nonsense",
        r#"{"user":{"id":""}}"#,
        r#"{"friends":["ann","cid"]}"#,
    ];
    let body = lines.join("\n");
    let answer = server
        .ask_with(As::Server, "POST", "/v1/import", NDJSON, &body)
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let said = answer.lines();
    assert_eq!(said[0], json!({"batch": 1, "lines": [1, 2], "imported": 2}));
    assert_eq!(
        (&said[1]["batch"], &said[1]["imported"]),
        (&json!(2), &json!(0))
    );
    assert_eq!(said[1]["errors"][0]["line"], 3);
    assert_eq!(said[1]["errors"][1]["line"], 4);
    assert_eq!(said[2], json!({"batch": 3, "lines": [5, 5], "imported": 1}));
    let ann = server.get(As::Server, "/v1/users/ann/sharing").await.json();
    assert_eq!(ann["sharing"], "approximate");
    assert_eq!(ann["strangers_consent"], true);
    let friends = server.get(As::Server, "/v1/users/ann/friends").await.json();
    assert_eq!(friends["friends"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_batch_is_written_before_the_next_is_sent() {
    let server = small_batches().await;
    let tcp = TcpStream::connect(server.address).await.unwrap();
    let (read, mut write) = tcp.into_split();
    let head = server.head(As::Server, "POST", "/v1/import");
    let batch = "{\"friends\":[\"ann\",\"bob\"]}\n{\"friends\":[\"ann\",\"cid\"]}\n";
    let chunk = format!("{:x}\r\n{batch}\r\n", batch.len());
    let begin = format!("{head}{NDJSON}Transfer-Encoding: chunked\r\n\r\n{chunk}");
    write.write_all(begin.as_bytes()).await.unwrap();
    let mut lines = BufReader::new(read).lines();
    let answered = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.starts_with("{\"batch\":1") {
                return true;
            }
        }
        false
    };
    assert!(answered.await);
    // It goes away without the end; what was answered stays.
    drop((lines, write));
    let friends = server.get(As::Server, "/v1/users/ann/friends").await.json();
    assert_eq!(friends["friends"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_import_is_longer_than_any_other_body_and_says_what_it_is() {
    let server = Server::start().await;
    let line = "{\"user\":{\"id\":\"ann\",\"name\":\"Ann\"}}\n";
    let body = line.repeat(5_000);
    assert!(body.len() > server.site.config.http.max_body);
    let answer = server
        .ask_with(As::Server, "POST", "/v1/import", NDJSON, &body)
        .await;
    assert_eq!(answer.lines()[0]["imported"], 5_000, "{answer:?}");
    let wrong = server.ask(As::Server, "POST", "/v1/import", line).await;
    assert_eq!(wrong.status, 415);
    wrong.problem();
    let empty = server
        .ask_with(As::Server, "POST", "/v1/import", NDJSON, "")
        .await;
    assert_eq!((empty.status, empty.body.as_str()), (200, ""));
}
