//! Which worlds are run, and on how many cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::replay::{Count, World};
use crate::twins::Twins;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.replace('_', "").parse().expect("a number"))
}

/// Seeds of the worlds, one behind the other from here.
const FIRST_SEED: u64 = 1;
const WORLDS: u64 = 100;

/// Which seeds: one, or so many.
fn seeds(worlds: u64) -> (u64, u64) {
    match setting("NEARCAST_SEED") {
        Some(seed) => (seed, 1),
        None => (FIRST_SEED, setting("NEARCAST_WORLDS").unwrap_or(worlds)),
    }
}

/// Runs the worlds of these seeds on every core until one fails.
fn on_every_core(
    first: u64,
    worlds: u64,
    run: impl Fn(u64) -> Result<Count, String> + Sync,
) -> Count {
    let next = AtomicU64::new(first);
    let total = Mutex::new(Count::default());
    let found = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + worlds || !found.lock().unwrap().is_empty() {
                        break;
                    }
                    match run(seed) {
                        Ok(count) => total.lock().unwrap().add(&count),
                        Err(fault) => found.lock().unwrap().push(fault),
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    assert!(found.is_empty(), "\n{}", found.join("\n\n"));
    total.into_inner().unwrap()
}

#[test]
fn what_every_client_knows_is_what_is_so_and_nobody_knows_more() {
    let (first, worlds) = seeds(WORLDS);
    let total = on_every_core(first, worlds, |seed| {
        let world = World::new(seed);
        world.run().map_err(|_| world.shrink())
    });
    let (ops, frames, last) = (total.ops, total.frames, first + worlds - 1);
    println!(
        "model: {worlds} worlds, {ops} operations, {frames} frames audited, seeds {first} to {last}"
    );
}

#[test]
fn two_positions_in_one_cell_give_everybody_the_same_bytes() {
    let (first, worlds) = seeds(WORLDS);
    let total = on_every_core(first, worlds, |seed| {
        let twins = Twins::new(seed);
        twins.run().map_err(|_| twins.shrink())
    });
    let (pairs, frames, last) = (total.pairs, total.frames, first + worlds - 1);
    println!(
        "twins: {worlds} pairs of worlds, {pairs} pairs of positions, {frames} frames compared, seeds {first} to {last}"
    );
}
