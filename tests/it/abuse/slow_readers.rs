//! Clients that do not read for a while: each costs marks, not memory, and gets the present.

use std::collections::HashMap;

use serde_json::Value;

use super::backend::Backend;
use super::pair::Pair;
use super::process::Process;
use super::raw::{Frame, Raw, move_to};

const SLEEPERS: usize = 10;
const FRIENDS: usize = 40;
/// Each a move of every friend, and so a sweep at the least.
const ROUNDS: usize = 60;
/// What ten of them may cost in all, with what the kernel holds: targets.md, R4.
const MOST_KIB: i64 = 8 * 1024;
/// What a sleeper's two kernel buffers and one frame may hold of the past: its own buffer is set
/// to 4 KiB, which the kernel doubles, and the server's is bounded by `socket.notsent_lowat`.
const HELD: usize = 128 * 1024;

#[tokio::test]
async fn who_does_not_read_is_heard_and_wakes_up_to_the_present() {
    let process = Process::start(&[
        ("LIMITS_MOVES_PER_S", "1000"),
        ("LIMITS_MOVES_BURST", "100000"),
        ("LIMITS_MESSAGES_BURST", "100000"),
    ]);
    let mut backend = Backend::of(&process).await;
    befriend(&mut backend).await;
    for friend in 0..FRIENDS {
        let (lat, lon) = place(friend, 0);
        backend.place(&friend_name(friend), lat, lon).await;
    }
    let mut pair = Pair::meet(&process).await;
    let mut observer = Raw::live(&process, "observer").await;
    observer.say(&move_to(Some(1), 48.1, 16.1)).await;
    observer.until("ok").await;
    let mut sleepers = Vec::new();
    for sleeper in 0..SLEEPERS {
        let name = format!("sleeper-{sleeper}");
        let mut raw = Raw::with_buffer(&process, &name, 4096).await;
        raw.begin().await;
        raw.say(&move_to(Some(1), 48.1, 16.1)).await;
        raw.until("ok").await;
        raw.received = 0;
        sleepers.push(raw);
    }
    let before = process.memory_kib();

    for round in 1..=ROUNDS {
        for friend in 0..FRIENDS {
            let (lat, lon) = place(friend, round);
            backend.place(&friend_name(friend), lat, lon).await;
        }
        // Her own moves are taken all the time.
        let lat = 48.1 + round as f64 * 0.0002;
        sleepers[0].say(&move_to(None, lat, 16.1)).await;
        until_seen(&mut observer, "sleeper-0", lat).await;
    }
    pair.must_not_feel_it().await;
    let grown = process.memory_kib() - before;

    let mut held = 0;
    for sleeper in &mut sleepers {
        let (frames, last) = wake_up(sleeper).await;
        assert_eq!(
            last, FRIENDS,
            "the present is one frame, after {frames} frames"
        );
        assert!(
            sleeper.received < HELD,
            "{} bytes in {frames} frames",
            sleeper.received
        );
        held += sleeper.received;
    }
    let cost = grown + (held / 1024) as i64;
    assert!(cost <= MOST_KIB, "{grown} KiB, and {held} bytes were held");
}

async fn befriend(backend: &mut Backend) {
    let mut lines = String::from("{\"friends\":[\"observer\",\"sleeper-0\"]}\n");
    for friend in 0..FRIENDS {
        let friend = friend_name(friend);
        lines += &format!("{{\"user\":{{\"id\":\"{friend}\"}}}}\n");
    }
    for sleeper in 0..SLEEPERS {
        for friend in 0..FRIENDS {
            let friend = friend_name(friend);
            lines += &format!("{{\"friends\":[\"sleeper-{sleeper}\",\"{friend}\"]}}\n");
        }
    }
    let answer = backend.import(&lines).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn friend_name(friend: usize) -> String {
    format!("friend-with-a-name-as-long-as-a-uuid-{friend}")
}

/// Every round somewhere else, by more than `move_min_m`.
fn place(friend: usize, round: usize) -> (f64, f64) {
    let lat = 48.1 + round as f64 * 0.0002;
    (lat, 16.1 + friend as f64 * 0.0003)
}

/// Reads on until everybody is where they are now: how many frames that took, and how many
/// people the last one was about.
async fn wake_up(sleeper: &mut Raw) -> (usize, usize) {
    let mut seen: HashMap<String, f64> = HashMap::new();
    let (now, _) = place(0, ROUNDS);
    for frames in 1.. {
        let message = sleeper.until("changes").await;
        let people = people(&message);
        for (user, lat) in &people {
            seen.insert(user.clone(), *lat);
        }
        if seen.len() == FRIENDS && seen.values().all(|lat| (lat - now).abs() < 1e-6) {
            return (frames, people.len());
        }
    }
    unreachable!("frames are counted without end")
}

fn people(message: &Value) -> Vec<(String, f64)> {
    let lists = ["entered", "moved"].into_iter();
    let people = lists.filter_map(|list| message["changes"][list].as_array());
    people
        .flatten()
        .filter(|person| person["user"] != "observer")
        .map(|person| {
            let user = person["user"].as_str().unwrap();
            (user.to_owned(), person["lat"].as_f64().unwrap())
        })
        .collect()
}

async fn until_seen(observer: &mut Raw, user: &str, lat: f64) {
    loop {
        let Frame::Message(message) = observer.next().await else {
            continue;
        };
        let found = people(&message).into_iter();
        if found
            .filter(|(who, _)| who == user)
            .any(|(_, at)| (at - lat).abs() < 1e-6)
        {
            return;
        }
    }
}
