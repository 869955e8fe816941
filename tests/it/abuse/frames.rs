//! Frames that no client may send, and frames in the smallest of pieces.

use serde_json::json;

use super::pair::Pair;
use super::process::Process;
use super::raw::{PING, Raw, TEXT, frame, head, move_to};

#[tokio::test]
async fn what_rfc_6455_forbids_ends_its_own_session_with_its_code_and_nobody_elses() {
    let process = Process::start(&[]);
    let mut pair = Pair::meet(&process).await;
    let long = [head(TEXT, 16_385), vec![0; 100]].concat();
    let in_pieces = [frame(0x01, &[b' '; 9_000]), frame(0x00, &[b' '; 9_000])].concat();
    let cases: [(&str, Vec<u8>, u16); 12] = [
        ("longer than a message may be", long, 1009),
        ("longer in two pieces", in_pieces, 1009),
        (
            "the longest length there is",
            head(TEXT, usize::MAX >> 1),
            1009,
        ),
        ("no UTF-8", frame(TEXT, b"\xc3\x28"), 1007),
        ("no UTF-8 in a first piece", frame(0x01, b"\xff"), 1007),
        ("not masked", vec![TEXT, 2, b'{', b'}'], 1002),
        ("the first reserved bit", frame(0xc1, b"{}"), 1002),
        ("the last reserved bit", frame(0x91, b"{}"), 1002),
        ("an unknown opcode", frame(0x83, b"{}"), 1002),
        ("a ping in pieces", frame(0x09, b"?"), 1002),
        ("a ping too long", frame(PING, &[0; 126]), 1002),
        ("a continuation of nothing", frame(0x80, b"{}"), 1002),
    ];
    for (number, (what, bytes, code)) in cases.into_iter().enumerate() {
        let mut raw = Raw::live(&process, &format!("abuser-{number}")).await;
        raw.send(&bytes).await;
        assert_eq!(raw.ending().await.close, code, "{what}");
    }
    pair.must_not_feel_it().await;
}

#[tokio::test]
async fn a_binary_frame_in_a_session_of_texts_is_1003() {
    let process = Process::start(&[]);
    let mut raw = Raw::live(&process, "ann").await;
    raw.send(&frame(0x82, b"{}")).await;
    assert_eq!(raw.ending().await.close, 1003);
}

#[tokio::test]
async fn a_whole_session_may_be_said_one_byte_at_a_time() {
    let process = Process::start(&[]);
    let mut pair = Pair::meet(&process).await;
    let mut raw = Raw::open_bytewise(&process, "slow").await;
    let hello = json!({"id": 7, "hello": {"position": {"lat": 48.2, "lon": 16.3}}});
    raw.send_bytewise(&frame(TEXT, hello.to_string().as_bytes()))
        .await;
    assert_eq!(raw.until("welcome").await["id"], 7);
    raw.until("nearby").await;
    let to = move_to(Some(8), 48.201, 16.3).to_string();
    let (first, second) = to.as_bytes().split_at(20);
    raw.send_bytewise(&frame(0x01, first)).await;
    raw.send_bytewise(&frame(PING, b"between")).await;
    raw.send_bytewise(&frame(0x80, second)).await;
    assert_eq!(raw.until("ok").await["id"], 8);
    raw.send_bytewise(&frame(TEXT, br#"{"bye":{}}"#)).await;
    let ending = raw.ending().await;
    assert_eq!(ending.close, 1000);
    assert_eq!(ending.messages.last().unwrap()["goodbye"]["code"], 1000);
    pair.must_not_feel_it().await;
}
