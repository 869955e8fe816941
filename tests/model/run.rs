//! Which worlds are run, and on how many cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::replay::{Count, World};

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.replace('_', "").parse().expect("a number"))
}

/// Seeds of the worlds, one behind the other from here.
const FIRST_SEED: u64 = 1;
const WORLDS: u64 = 100;

#[test]
fn what_every_client_knows_is_what_is_so_and_nobody_knows_more() {
    let (first, worlds) = match setting("NEARCAST_SEED") {
        Some(seed) => (seed, 1),
        None => (FIRST_SEED, setting("NEARCAST_WORLDS").unwrap_or(WORLDS)),
    };
    let next = AtomicU64::new(first);
    let failed = AtomicBool::new(false);
    let total = Mutex::new(Count::default());
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while !failed.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + worlds {
                        break;
                    }
                    match World::new(seed).run() {
                        Ok(count) => {
                            let mut total = total.lock().unwrap();
                            total.ops += count.ops;
                            total.frames += count.frames;
                        }
                        Err(_) => {
                            failed.store(true, Ordering::Relaxed);
                            found.lock().unwrap().push(World::new(seed).shrink());
                        }
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    assert!(found.is_empty(), "\n{}", found.join("\n\n"));
    let total = total.into_inner().unwrap();
    println!(
        "model: {worlds} worlds, {} operations, {} frames audited, seeds {first} to {}",
        total.ops,
        total.frames,
        first + worlds - 1
    );
}
