//! What is begun and not finished: requests, frames, messages, connections without a byte.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::pair::Pair;
use super::process::{PATIENCE, Process};
use super::raw::{PING, Raw, TEXT, frame, head};
use crate::server::Answer;

/// Of one kind at a time.
const ABUSERS: usize = 300;
/// Connections without a byte.
const HALF_OPEN: usize = 1_000;
/// What one may cost while it lasts: targets.md, R5.
const MOST_KIB: i64 = 32;
/// What the allocator takes at once for the first of anything, not per abuser: pages of a
/// segment, and the worker threads' own.
const SLACK_KIB: i64 = 6 * 1024;

/// Waits for the server to end a connection; what it said before.
async fn ended(mut tcp: TcpStream) -> Vec<u8> {
    let mut said = Vec::new();
    // A reset ends it as well.
    let _ = timeout(PATIENCE, tcp.read_to_end(&mut said)).await.unwrap();
    said
}

fn must_cost_little(before: i64, after: i64, abusers: usize) {
    let cost = after - before;
    let most = MOST_KIB * abusers as i64 + SLACK_KIB;
    assert!(
        cost <= most,
        "{abusers} abusers cost {cost} KiB, {most} are allowed"
    );
}

#[tokio::test]
async fn heads_that_do_not_end_are_cut_off_in_time_however_they_drip() {
    let process = Process::start(&[("HTTP_HEAD_S", "2")]);
    let mut pair = Pair::meet(&process).await;
    let before = process.memory_kib();
    let mut dripping = Vec::new();
    for _ in 0..ABUSERS {
        let mut tcp = TcpStream::connect(process.address).await.unwrap();
        tcp.write_all(b"GET /v1/ws HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            .await
            .unwrap();
        dripping.push(tcp);
    }
    for tcp in &mut dripping {
        tcp.write_all(b"y").await.unwrap();
    }
    pair.must_not_feel_it().await;
    must_cost_little(before, process.memory_kib(), ABUSERS);
    for mut tcp in dripping {
        let _ = tcp.write_all(b"y").await;
        let said = ended(tcp).await;
        assert!(said.is_empty(), "{}", String::from_utf8_lossy(&said));
    }
}

#[tokio::test]
async fn half_frames_and_parked_fragments_cost_little_and_end_with_3008() {
    let process = Process::start(&[
        ("SOCKET_UNFINISHED_S", "2"),
        ("LIMITS_SESSIONS_PER_USER", "1000"),
    ]);
    let mut pair = Pair::meet(&process).await;
    let mut other = Raw::live(&process, "other").await;
    let kinds: [(&str, Vec<u8>); 5] = [
        ("half a head", head(TEXT, 200)[..3].to_vec()),
        ("a promise of 16 KiB", head(TEXT, 16_384)),
        ("all of 16 KiB but one", {
            let mut whole = frame(TEXT, &[b' '; 16_384]);
            whole.pop();
            whole
        }),
        ("a fragment", frame(0x01, &[b' '; 1_000])),
        ("a fragment and half a ping", {
            let ping = frame(PING, &[b'?'; 100]);
            [frame(0x01, &[b' '; 1_000]), ping[..50].to_vec()].concat()
        }),
    ];
    for (what, bytes) in kinds {
        let mut parked = Vec::new();
        for _ in 0..ABUSERS {
            parked.push(Raw::live(&process, "parker").await);
        }
        let before = process.memory_kib();
        for raw in &mut parked {
            raw.send(&bytes).await;
        }
        // Answered twice behind them by the same worker: by then it has read them all.
        for id in 1..=2 {
            other.say(&json!({"id": id, "nearby": {}})).await;
            other.until("nearby").await;
        }
        must_cost_little(before, process.memory_kib(), ABUSERS);
        for raw in parked {
            assert_eq!(raw.ending().await.close, 3008, "{what}");
        }
    }
    pair.must_not_feel_it().await;
}

#[tokio::test]
async fn a_message_that_grows_byte_by_byte_has_the_deadline_of_its_first() {
    let process = Process::start(&[("SOCKET_UNFINISHED_S", "1")]);
    let mut raw = Raw::live(&process, "dripping").await;
    let clock = nearcast::clock::Clock::start();
    let began = clock.instant();
    raw.send(&frame(0x01, b" ")).await;
    while began.elapsed() < PATIENCE && raw.tcp.write_all(&frame(0x00, b" ")).await.is_ok() {
        if raw.is_over().await {
            break;
        }
    }
    assert!(began.elapsed() < PATIENCE / 2, "{:?}", began.elapsed());
}

#[tokio::test]
async fn who_says_no_hello_is_sent_away_with_whatever_half_said() {
    let process = Process::start(&[("SOCKET_HELLO_S", "1")]);
    let mut mute = Raw::open(&process, "mute").await;
    mute.send(&frame(PING, b"there")).await;
    let mut half = Raw::open(&process, "half").await;
    half.send(&frame(0x01, br#"{"hello":"#)).await;
    assert_eq!(mute.ending().await.close, 3502);
    assert_eq!(half.ending().await.close, 3502);
}

#[tokio::test]
async fn a_thousand_connections_without_a_byte_are_cut_off_and_cost_little() {
    let process = Process::start(&[("HTTP_HEAD_S", "3")]);
    let mut pair = Pair::meet(&process).await;
    let before = process.memory_kib();
    let mut silent = Vec::new();
    for _ in 0..HALF_OPEN {
        silent.push(TcpStream::connect(process.address).await.unwrap());
    }
    pair.must_not_feel_it().await;
    must_cost_little(before, process.memory_kib(), HALF_OPEN);
    for tcp in silent {
        assert!(ended(tcp).await.is_empty());
    }
}

#[tokio::test]
async fn of_a_thousand_from_one_address_all_but_its_share_hear_429_or_are_closed() {
    let process = Process::start(&[
        ("HTTP_HEAD_S", "3"),
        ("LIMITS_LOOPBACK", "true"),
        ("LIMITS_CONNECTIONS_PER_ADDRESS", "10"),
    ]);
    let mut silent = Vec::new();
    for _ in 0..HALF_OPEN {
        silent.push(TcpStream::connect(process.address).await.unwrap());
    }
    let mut late = silent.pop().unwrap();
    let _ = late
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        .await;
    let answer = Answer::read(&ended(late).await);
    assert!(matches!(answer.status, 0 | 429), "{answer:?}");
    for tcp in silent {
        assert!(ended(tcp).await.is_empty());
    }
    let mut tcp = TcpStream::connect(process.address).await.unwrap();
    tcp.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(Answer::read(&ended(tcp).await).status, 200);
}
