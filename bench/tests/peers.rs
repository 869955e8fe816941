//! Each peer of `nearcast-bench peers`, with a few clients: everything that is published is
//! delivered, and nothing is left running. It needs the release binaries of the workspace and
//! installs what the peers need: `cargo test --release -p nearcast-bench --test peers`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![allow(
    clippy::disallowed_methods,
    reason = "a test that waits for processes reads the clock"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

const BENCH: &str = env!("CARGO_BIN_EXE_nearcast-bench");
const NAIVE: &str = env!("CARGO_BIN_EXE_nearcast-peer-naive");

/// They share the two cores that a run takes for itself.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn bench(only: &str, seconds: &str) -> Command {
    let mut command = Command::new(BENCH);
    command.args(["peers", "--clients", "90", "--settle-s", "0"]);
    command.args(["--rates", "800", "--seconds", seconds, "--only", only]);
    command
}

/// Runs one peer and answers its figures: name, rate, value.
fn figures(only: &str) -> Vec<(String, Option<u64>, f64)> {
    // Of what is held a second, a few rounds.
    let seconds = if only.ends_with("-held") { "4" } else { "1" };
    let output = bench(only, seconds).arg("--json").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let figure = |line: &str| {
        let figure: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = figure["figure"].as_str().unwrap().to_owned();
        assert_ne!(name, "skipped", "{said}");
        let rate = figure["deliveries_per_s"].as_u64();
        (name, rate, figure["value"].as_f64().unwrap())
    };
    lines.lines().map(figure).collect()
}

/// What every peer must do. Answers updates per write, saturated.
fn delivers_what_is_published(only: &str) -> f64 {
    let _alone = alone();
    let figures = figures(only);
    let value = |name: &str, rate: Option<u64>| {
        let found = figures.iter().find(|one| one.0 == name && one.1 == rate);
        found
            .unwrap_or_else(|| panic!("no {name} at {rate:?} in {figures:?}"))
            .2
    };
    let (published, delivered) = (value("published", None), value("delivered", None));
    assert!(published >= 1_000.0, "{published}");
    assert_eq!(published, delivered);
    // Of what is held there may be less than the kernel's clock can tell.
    assert!(value("cpu_per_delivery", None) > 0.0 || only.ends_with("-held"));
    let (half, most) = (value("p50", Some(800)), value("p99", Some(800)));
    assert!(half > 0.0 && half <= most, "{half} {most}");
    value("updates_per_write", None)
}

fn tells_at_once(only: &str) {
    let per_write = delivers_what_is_published(only);
    assert!((0.8..=1.3).contains(&per_write), "{per_write}");
}

#[test]
fn the_floor_delivers_what_is_published() {
    tells_at_once("floor");
}

#[test]
fn nearcast_delivers_what_is_published_in_both_encodings() {
    tells_at_once("json");
    tells_at_once("protobuf");
}

#[test]
fn nearcast_that_holds_puts_ten_updates_in_a_write() {
    for only in ["json-held", "protobuf-held"] {
        let per_write = delivers_what_is_published(only);
        assert!((8.0..=10.5).contains(&per_write), "{per_write}");
    }
}

#[test]
fn the_textbook_delivers_what_is_published() {
    // It coalesces when it can.
    assert!(delivers_what_is_published("textbook") >= 0.9);
}

#[test]
fn naive_rust_delivers_what_is_published() {
    tells_at_once("naive");
}

#[test]
fn erlang_delivers_what_is_published() {
    tells_at_once("erlang");
}

#[test]
fn redis_delivers_what_is_published_over_many_and_over_few_connections() {
    assert!(delivers_what_is_published("redis") >= 0.8);
    assert!(delivers_what_is_published("redis-multiplexed") >= 0.8);
}

#[test]
fn ws_on_node_delivers_what_is_published() {
    assert!(delivers_what_is_published("ws") >= 0.9);
}

#[test]
fn uwebsockets_deliver_what_is_published_where_there_are_any() {
    let _alone = alone();
    let output = bench("uws", "1").output().unwrap();
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{table}");
    let row = table.lines().find(|line| line.contains("uWebSockets.js"));
    let row = row.unwrap_or_else(|| panic!("no row in {table}"));
    assert!(row.contains("| all ") || row.contains("skipped: "), "{row}");
}

#[test]
fn the_book_is_judged_and_the_results_are_written() {
    let _alone = alone();
    let path = std::env::temp_dir().join(format!("nearcast-results-{}", std::process::id()));
    let mut command = bench("json,textbook", "1");
    let output = command.arg("--results").arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let results = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let verdicts = results.lines().filter(|line| line.starts_with("- P13 "));
    assert_eq!(verdicts.count(), 2, "{results}");
    for part in ["## Versions", "## Not claimed", "Redis 7", "2 gateways"] {
        assert!(results.contains(part), "{part} is not in {results}");
    }
}

#[test]
fn a_peer_that_does_not_exist_is_refused() {
    let output = bench("nats", "1").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("--only nats"), "{said}");
}

/// Processes of a program.
fn running(program: &Path) -> Vec<PathBuf> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let exe = |path: &PathBuf| fs::read_link(path.join("exe")).ok();
    processes
        .map(|process| process.path())
        .filter(|path| exe(path).is_some_and(|exe| exe == program))
        .collect()
}

#[test]
fn when_the_bench_is_killed_its_peers_go_with_it() {
    let _alone = alone();
    let naive = fs::canonicalize(NAIVE).unwrap();
    let mut bench = bench("naive", "60").stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(bench.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.unwrap().contains("saturated")));
    assert_eq!(running(&naive).len(), 1);
    bench.kill().unwrap();
    bench.wait().unwrap();
    let until = Instant::now() + Duration::from_secs(10);
    while !running(&naive).is_empty() {
        assert!(Instant::now() < until, "{:?} still runs", running(&naive));
        sleep(Duration::from_millis(20));
    }
}
