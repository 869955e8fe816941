//! More than the limits allow: answered with 111, and 3013 for who goes on.

use std::collections::HashMap;
use std::time::Duration;

use nearcast::clock::Clock;
use serde_json::json;
use tokio::io::AsyncReadExt;

use super::backend::Backend;
use super::pair::Pair;
use super::process::{PATIENCE, Process};
use super::raw::{Frame, PING, Raw, TEXT, frame, move_to};

/// Within which a flood is cut: targets.md, R5.
const CUT: Duration = Duration::from_secs(10);
/// What an abuser may cost while it lasts, and the allocator's share: see `unfinished`.
const MOST_KIB: i64 = 32;
const SLACK_KIB: i64 = 6 * 1024;

/// Floods with these bytes until it is sent away, and nobody else feels it.
async fn flood(first: &[u8], bytes: Vec<u8>) {
    let process = Process::start(&[]);
    let mut pair = Pair::meet(&process).await;
    let mut raw = Raw::live(&process, "flood").await;
    let before = process.memory_kib();
    let clock = Clock::start();
    let began = clock.instant();
    let flooding = async {
        raw.send(first).await;
        raw.flood(&bytes, 20_000).await;
        raw.ending().await
    };
    let (ending, ()) = tokio::join!(flooding, pair.must_not_feel_it());
    let cost = process.memory_kib() - before;
    assert!(began.elapsed() < CUT, "{:?}", began.elapsed());
    assert!(cost <= MOST_KIB + SLACK_KIB, "{cost} KiB");
    // A close frame may be lost behind what the server did not read any more.
    assert!(matches!(ending.close, 3013 | 0), "{}", ending.close);
    pair.must_not_feel_it().await;
}

#[tokio::test]
async fn a_flood_of_pings_ends() {
    flood(&[], frame(PING, b"ping")).await;
}

#[tokio::test]
async fn a_flood_of_messages_ends() {
    flood(&[], frame(TEXT, br#"{"id":1,"nearby":{}}"#)).await;
}

#[tokio::test]
async fn a_flood_of_nonsense_ends() {
    flood(&[], frame(TEXT, b"nonsense")).await;
}

#[tokio::test]
async fn a_flood_of_empty_fragments_ends() {
    flood(&frame(0x01, b""), frame(0x00, b"").repeat(1_000)).await;
}

#[tokio::test]
async fn pings_beyond_the_limit_hear_111_and_then_3013() {
    let process = Process::start(&[
        ("LIMITS_MESSAGES_BURST", "20"),
        ("LIMITS_MESSAGES_PER_S", "1"),
    ]);
    let mut raw = Raw::live(&process, "pinging").await;
    raw.send(&frame(PING, b"?").repeat(200)).await;
    let ending = raw.ending().await;
    assert!((15..=25).contains(&ending.pongs), "{}", ending.pongs);
    assert!(ending.errors(111) >= 90, "{ending:?}");
    assert_eq!(ending.close, 3013);
    assert_eq!(
        ending.messages.last().unwrap()["goodbye"]["reconnect"],
        true
    );
}

#[tokio::test]
async fn moves_beyond_the_limit_hear_111_with_their_id_are_not_taken_and_then_3013() {
    let process = Process::start(&[("LIMITS_MOVES_BURST", "5"), ("LIMITS_MOVES_PER_S", "0.01")]);
    let mut raw = Raw::live(&process, "running").await;
    for id in 1..=8 {
        raw.say(&move_to(Some(id), 48.0 + f64::from(id) * 0.001, 16.0))
            .await;
    }
    // Refusals do not wait for the moves that are taken.
    let mut answers = HashMap::new();
    while answers.len() < 8 {
        if let Frame::Message(answer) = raw.next().await {
            answers.insert(answer["id"].as_u64(), answer);
        }
    }
    for id in 1..=8 {
        let answer = &answers[&Some(id)];
        if id <= 5 {
            assert!(answer.get("ok").is_some(), "{answer}");
        } else {
            assert_eq!(answer["error"]["code"], 111, "{answer}");
            assert_eq!(answer["error"]["temporary"], true, "{answer}");
        }
    }
    for id in 9..=140 {
        raw.say(&move_to(Some(id), 48.1, 16.0)).await;
    }
    assert_eq!(raw.ending().await.close, 3013);
}

/// Ten clients of one user, with a hundred friends beside her, who will not read on.
async fn ten_who_do_not_read(backend: &mut Backend, process: &Process) -> Vec<Raw> {
    const FRIENDS: usize = 100;
    let mut lines = String::new();
    for friend in 0..FRIENDS {
        lines += &format!("{{\"user\":{{\"id\":\"a-friend-with-a-long-name-{friend}\"}}}}\n");
        lines += &format!("{{\"friends\":[\"greedy\",\"a-friend-with-a-long-name-{friend}\"]}}\n");
    }
    assert_eq!(backend.import(&lines).await.status, 200);
    for friend in 0..FRIENDS {
        backend
            .place(&format!("a-friend-with-a-long-name-{friend}"), 48.0, 16.0)
            .await;
    }
    let mut greedy = Vec::new();
    for _ in 0..10 {
        let mut raw = Raw::with_buffer(process, "greedy", 4096).await;
        raw.begin().await;
        raw.say(&move_to(Some(1), 48.0, 16.0)).await;
        raw.until("ok").await;
        greedy.push(raw);
    }
    greedy
}

fn asks_for_pages() -> Vec<u8> {
    let asked = json!({"nearby": {"limit": 100}}).to_string();
    frame(TEXT, asked.as_bytes()).repeat(190)
}

#[tokio::test]
async fn who_asks_for_pages_and_does_not_read_them_costs_little() {
    let process = Process::start(&[]);
    let mut backend = Backend::of(&process).await;
    let mut greedy = ten_who_do_not_read(&mut backend, &process).await;
    let mut other = Raw::live(&process, "other").await;
    let before = process.memory_kib();
    for raw in &mut greedy {
        raw.send(&asks_for_pages()).await;
    }
    // Answered behind them by the same worker, twice: by then all of them have had their turn.
    for id in 1..=2 {
        other.say(&move_to(Some(id), 47.0, 15.0)).await;
        other.until("ok").await;
    }
    let cost = process.memory_kib() - before;
    // What ten who do not read may cost: targets.md, R4.
    assert!(cost <= 8 * 1024, "{cost} KiB");
}

#[tokio::test]
async fn of_who_hardly_reads_few_bytes_of_commands_are_kept() {
    // Not their number, and not the bytes of a second.
    let process = Process::start(&[
        ("LIMITS_BYTES_PER_S", "100000000"),
        ("LIMITS_MESSAGES_BURST", "10000"),
    ]);
    let mut backend = Backend::of(&process).await;
    let mut greedy = ten_who_do_not_read(&mut backend, &process).await;
    let long = json!({"refresh": {"token": "x".repeat(15_000)}}).to_string();
    let long = frame(TEXT, long.as_bytes()).repeat(10);
    for raw in &mut greedy {
        raw.send(&asks_for_pages()).await;
        raw.send(&long).await;
    }
    let clock = Clock::start();
    let began = clock.instant();
    let refused = "nearcast_limit_reached_count{limit=\"messages_per_s\"}";
    loop {
        let told = backend.ask("GET", "/metrics", "").await.body;
        let count = told.lines().find_map(|line| line.strip_prefix(refused));
        if count.is_some_and(|count| count.trim().parse::<u64>().unwrap() >= 10) {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{count:?} were refused");
        // A little: then there is a look at what they said next.
        for raw in &mut greedy {
            raw.tcp.read_exact(&mut [0; 512]).await.unwrap();
        }
    }
}
