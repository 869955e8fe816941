//! Which worlds are played, and on which grounds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::ground::Ground;
use super::world::{Count, Log, World};

const WORLDS: u64 = 32;
/// Worlds that are played at once: most of the time they wait for epochs.
const AT_ONCE: usize = 32;
/// Worlds on the same servers.
const BATCH: usize = 256;
/// No world takes longer.
const LONGEST: Duration = Duration::from_secs(300);
/// Time between sweeps, and hubs: a world's ground is chosen by its seed.
const GROUNDS: [(u64, usize); 4] = [(20, 2), (0, 3), (0, 2), (20, 3)];

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.replace('_', "").parse().expect("a number"))
}

#[test]
fn what_clients_rebuilt_over_sockets_is_what_is_so_and_nobody_heard_more() {
    let (first, worlds) = match setting("NEARCAST_SEED") {
        Some(seed) => (seed, 1),
        None => (1, setting("NEARCAST_SOCKET_WORLDS").unwrap_or(WORLDS)),
    };
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let total = runtime.unwrap().block_on(async {
        let mut total = Count::default();
        let mut seeds = first..first + worlds;
        while !seeds.is_empty() {
            let batch: Vec<u64> = seeds.by_ref().take(BATCH).collect();
            let played = play(&batch).await;
            total.add(played.unwrap_or_else(|fault| panic!("\n{fault}")));
        }
        total
    });
    println!("worlds over sockets: {worlds} from seed {first}, {total:?}");
}

async fn play(seeds: &[u64]) -> Result<Count, String> {
    let mut grounds = Vec::new();
    for (flush_ms, workers) in GROUNDS {
        grounds.push(Arc::new(Ground::start(flush_ms, workers).await?));
    }
    let (mut total, mut fault) = (Count::default(), None);
    let mut waiting = seeds.iter().copied();
    let (mut playing, mut logs) = (JoinSet::new(), HashMap::<Id, (u64, Log)>::new());
    loop {
        while playing.len() < AT_ONCE && fault.is_none() {
            let Some(seed) = waiting.next() else { break };
            let ground = Arc::clone(&grounds[seed as usize % GROUNDS.len()]);
            let log = Log::default();
            let world = World::new(seed, ground, Arc::clone(&log));
            let task = playing.spawn(timeout(LONGEST, world.play()));
            logs.insert(task.id(), (seed, log));
        }
        let Some(played) = playing.join_next_with_id().await else {
            break;
        };
        match outcome(played, &logs) {
            Ok(count) => total.add(count),
            Err(why) => fault = fault.or(Some(why)),
        }
    }
    for ground in grounds {
        let ground = Arc::into_inner(ground).ok_or("a world is still there")?;
        ground.end().await;
    }
    fault.map_or(Ok(total), Err)
}

/// How a world ended; or its time was over.
type Played = Result<Result<Count, String>, Elapsed>;

/// What a world came to, or why it failed.
fn outcome(
    played: Result<(Id, Played), JoinError>,
    logs: &HashMap<Id, (u64, Log)>,
) -> Result<Count, String> {
    let (id, why) = match played {
        Ok((_, Ok(Ok(count)))) => return Ok(count),
        Ok((id, Ok(Err(why)))) => (id, why),
        Ok((id, Err(_))) => (id, format!("it does not end in {LONGEST:?}")),
        Err(panic) => (panic.id(), message(panic)),
    };
    Err(told(&logs[&id], &why))
}

/// A failure with what was done so far.
fn told((seed, log): &(u64, Log), why: &str) -> String {
    let (flush_ms, workers) = GROUNDS[*seed as usize % GROUNDS.len()];
    let done = log.lock().unwrap().join("\n  ");
    format!("{why}\n\nNEARCAST_SEED={seed}: {workers} hubs, flush_ms {flush_ms}\n  {done}\n")
}

fn message(panic: JoinError) -> String {
    let Ok(panic) = panic.try_into_panic() else {
        return "it was ended".to_owned();
    };
    let owned = panic.downcast_ref::<String>().cloned();
    let text = owned.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    format!("a panic: {}", text.unwrap_or_default())
}
