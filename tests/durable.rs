//! Killed at any moment, the account store has everything that it has acknowledged.
//!
//! The child is this binary again: it writes until it is killed, and prints each write that was
//! answered. `NEARCAST_KILLS` says how often (3).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use nearcast::store::{Asked, Part, Rules, Sqlite, Store};
use nearcast::wire::{Sharing, UserId};

const DIR: &str = "NEARCAST_DURABLE_DIR";
const RULES: Rules = Rules {
    default_sharing: Sharing::Exact,
    friends: 1_000_000,
    blocks: 10,
    requests: 1_000_000,
};

fn id(text: &str) -> UserId {
    UserId::new(text).unwrap()
}

/// Whoever comes befriends the hub, and asks who came before her.
async fn come(store: &Sqlite, round: usize, writer: usize) {
    let mut before = id("hub");
    for number in 0.. {
        let user = id(&format!("{round}-{writer}-{number}"));
        store.befriend(&user, &id("hub"), 5).await.unwrap();
        say(&format!("came {user}"));
        let asked = store.ask(&user, &before, 6).await.unwrap();
        if asked == Asked::Requested {
            say(&format!("asked {user} {before}"));
        }
        before = user;
    }
}

/// One write per line: a line that is whole was acknowledged.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("@{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    if let Some(dir) = std::env::var_os(DIR) {
        return write_until_killed(Path::new(&dir)).await;
    }
    let kills = std::env::var("NEARCAST_KILLS").map_or(3, |kills| kills.parse().unwrap());
    let dir = std::env::temp_dir().join(format!("nearcast-durable-{}", std::process::id()));
    let mut acknowledged = Vec::new();
    for kill in 0..kills {
        let mut bytes = [0; 2];
        getrandom::fill(&mut bytes).unwrap();
        // Somewhere in the first hundreds of writes, the first of all included.
        let lines = usize::from(u16::from_le_bytes(bytes)) % 400;
        acknowledged.extend(kill_after(&dir, lines));
        let store = Sqlite::open(&dir, RULES).await.unwrap();
        check(&store, &acknowledged).await;
        store.close().await.unwrap();
        println!("kill {kill} after {lines}: {} in all", acknowledged.len());
    }
    assert!(!acknowledged.is_empty());
    std::fs::remove_dir_all(&dir).unwrap();
}

async fn write_until_killed(dir: &Path) {
    let store = Sqlite::open(dir, RULES).await.unwrap();
    let round = std::process::id() as usize;
    // Side by side, so that some share a transaction.
    tokio::join!(
        come(&store, round, 0),
        come(&store, round, 1),
        come(&store, round, 2),
        come(&store, round, 3),
    );
}

/// What a child acknowledged that was killed after so many lines.
fn kill_after(dir: &Path, lines: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "what_was_acknowledged_survives_a_kill",
            "--nocapture",
        ])
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut said = String::new();
    for _ in 0..lines {
        assert_ne!(
            out.read_line(&mut said).unwrap(),
            0,
            "the child ended by itself"
        );
    }
    // SIGKILL; what it printed before is still in the pipe.
    child.kill().unwrap();
    out.read_to_string(&mut said).unwrap();
    child.wait().unwrap();
    let whole = said
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    let acknowledged = whole.filter_map(|line| line.trim_end().strip_prefix('@'));
    acknowledged.map(str::to_owned).collect()
}

async fn check(store: &Sqlite, acknowledged: &[String]) {
    let all = Part {
        after: None,
        limit: usize::MAX,
    };
    let friends = store.friends("hub", all).await.unwrap();
    let friends: std::collections::HashSet<_> =
        friends.iter().map(|friend| friend.user.as_str()).collect();
    for line in acknowledged {
        let words: Vec<_> = line.split(' ').collect();
        match words[..] {
            ["came", user] => assert!(friends.contains(user), "{user} is lost"),
            ["asked", user, other] => {
                let asks = store.requests(other, all).await.unwrap();
                assert!(
                    asks.iter().any(|ask| ask.user.as_str() == user),
                    "{line} is lost"
                );
            }
            _ => panic!("the child said {line}"),
        }
    }
    // Whoever is a friend of the hub has it as a friend: no write is there by half.
    for user in friends {
        let back = store.friends(user, all).await.unwrap();
        assert_eq!(back.len(), 1, "{user}");
    }
}
