//! SIGKILL in the middle of writes over REST: whatever was acknowledged is there afterwards.
//!
//! `NEARCAST_KILLS` says how often.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::backend::Backend;
use super::process::Process;
use crate::server::fresh_dir;

const WRITERS: usize = 4;

#[tokio::test]
async fn what_was_answered_with_200_survives_a_kill() {
    let kills: usize = match std::env::var("NEARCAST_KILLS") {
        Ok(kills) => kills.parse().unwrap(),
        Err(_) => 3,
    };
    let mut data = fresh_dir();
    let mut acknowledged = Vec::new();
    for kill in 0..kills {
        let process = Process::at(&data, &[]);
        must_be_there(&process, &acknowledged).await;
        let mut bytes = [0; 2];
        getrandom::fill(&mut bytes).unwrap();
        let after = 1 + usize::from(u16::from_le_bytes(bytes)) % 200;
        let (left, written) = kill_after(process, kill, after).await;
        println!("kill {kill} after {after}: {} acknowledged", written.len());
        assert!(written.len() >= after);
        acknowledged.extend(written);
        data = left;
    }
    must_be_there(&Process::at(&data, &[]), &acknowledged).await;
}

/// Has several writers at work, and kills the server at so many acknowledgements. Where the data
/// are, and what was acknowledged.
async fn kill_after(
    process: Process,
    kill: usize,
    after: usize,
) -> (std::path::PathBuf, Vec<String>) {
    let (count, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..WRITERS {
        let mut backend = Backend::of(&process).await;
        let (count, enough) = (Arc::clone(&count), Arc::clone(&enough));
        writers.spawn(async move {
            let mut written = Vec::new();
            for number in 0.. {
                let user = format!("user-{kill}-{writer}-{number}");
                let path = format!("/v1/users/{user}/friends/hub-{writer}");
                match backend.try_ask("PUT", &path, "").await {
                    Ok(answer) => assert_eq!(answer.status, 200, "{answer:?}"),
                    Err(_) => break,
                }
                written.push(user);
                if count.fetch_add(1, Ordering::Relaxed) + 1 == after {
                    enough.notify_one();
                }
            }
            written
        });
    }
    enough.notified().await;
    let data = process.kill();
    (data, writers.join_all().await.concat())
}

async fn must_be_there(process: &Process, users: &[String]) {
    let mut backend = Backend::of(process).await;
    for user in users {
        let answer = backend
            .ask("GET", &format!("/v1/users/{user}/friends"), "")
            .await;
        assert_eq!(answer.status, 200, "{user}: {answer:?}");
        let friends = answer.json()["friends"].as_array().unwrap().len();
        assert_eq!(friends, 1, "{user} has lost a friend");
    }
}
