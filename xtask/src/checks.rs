//! What is checked, in the order from fast to slow. Each list stops at its first failing step.
//!
//! Tests run in the profile `checked` (optimised, with assertions), so that the workspace is
//! compiled once for them; only xtask's own tests use the profile that xtask itself was built in.

use crate::api;
use crate::autobahn;
use crate::checkout::Checkout;
use crate::counts::{Counts, grouped};
use crate::fuzz;
use crate::packages;
use crate::run::{Run, obey};
use crate::server;
use crate::tools::CARGO_DENY;

/// What fits in five minutes: no fuzzing, no tool to build, small counts.
pub(crate) fn quick(checkout: &Checkout, counts: &Counts) -> Result<(), String> {
    let mut run = Run::start();
    common(&mut run, checkout, counts)?;
    eprintln!("{}", run.summary());
    Ok(())
}

/// Everything, a tenth of the long counts.
pub(crate) fn test(checkout: &Checkout, counts: &Counts) -> Result<(), String> {
    let mut run = Run::start();
    common(&mut run, checkout, counts)?;
    run.step("schemathesis", || {
        api::conform(checkout, counts.api_examples)
    })?;
    run.step("load tester", || load_tester(checkout))?;
    dependencies(&mut run, checkout)?;
    fuzzing(&mut run, checkout, counts)?;
    eprintln!("{}", run.summary());
    Ok(())
}

/// The long counts, Autobahn and the benches' peers alone; the summary is what the README shows.
pub(crate) fn soak(checkout: &Checkout, counts: &Counts) -> Result<(), String> {
    let commit = checkout.commit();
    let mut run = Run::start();
    counted(&mut run, checkout, counts)?;
    run.step("schemathesis", || {
        api::conform(checkout, counts.api_examples)
    })?;
    run.step("autobahn", || autobahn::conform(checkout))?;
    run.step("peers", || peers(checkout))?;
    fuzzing(&mut run, checkout, counts)?;
    eprintln!("{}\ncommit {commit}", run.summary());
    Ok(())
}

fn common(run: &mut Run, checkout: &Checkout, counts: &Counts) -> Result<(), String> {
    run.command("format", checkout.cargo("fmt --all --check"))?;
    run.command(
        "format of fuzz",
        checkout.cargo("fmt --manifest-path fuzz/Cargo.toml --check"),
    )?;
    run.command(
        "clippy",
        checkout.cargo("clippy --workspace --all-targets --locked -- -D warnings"),
    )?;
    // Not among all targets, since it is no part of `cargo test`.
    run.command(
        "clippy of the load tester's runs",
        checkout.cargo("clippy -p nearcast-loadgen --test tool --locked -- -D warnings"),
    )?;
    let mut docs = checkout.cargo("doc --workspace --no-deps --locked");
    docs.env("RUSTDOCFLAGS", "-D warnings");
    run.command("docs", docs)?;
    run.step("redis-server", || {
        packages::ensure("redis-server", "redis-server")
    })?;
    run.command(
        "tests of xtask",
        checkout.cargo("test --package xtask --locked"),
    )?;
    run.command("tests", checkout.tests(""))?;
    counted(run, checkout, counts)
}

/// How long Redis is away where that is long by count.
const OUTAGE_S: u64 = 60;

/// The tests that take a count or a depth from their environment.
fn counted(run: &mut Run, checkout: &Checkout, counts: &Counts) -> Result<(), String> {
    let worlds = counts.worlds;
    let mut model = checkout.tests("--test model");
    model.env("NEARCAST_WORLDS", worlds.to_string());
    run.counted("model", &format!("{} worlds", grouped(worlds)), model)?;

    let worlds = counts.socket_worlds;
    if worlds > 0 {
        let mut sockets = checkout.tests("--test it worlds::");
        sockets.env("NEARCAST_SOCKET_WORLDS", worlds.to_string());
        let figure = format!("{} worlds", grouped(worlds));
        run.counted("worlds over sockets", &figure, sockets)?;
    }

    let worlds = counts.redis_worlds;
    if worlds > 0 {
        let filter = "-- redis::crashes redis::outages";
        let mut crashes = checkout.tests(&format!("--test it {filter}"));
        crashes
            .env("NEARCAST_REDIS_WORLDS", worlds.to_string())
            .env("NEARCAST_REDIS_OUTAGE_S", OUTAGE_S.to_string());
        let figure = format!("{} worlds, {OUTAGE_S} s without it", grouped(worlds));
        run.counted("worlds over Redis", &figure, crashes)?;
    }

    let passes = counts.passes;
    let mut stress = checkout.tests("--test stress");
    stress.env("NEARCAST_PASSES", passes.to_string());
    run.counted("stress", &format!("{} passes", grouped(passes)), stress)?;

    let kills = counts.kills;
    let mut durable = checkout.tests("--test durable");
    durable.env("NEARCAST_KILLS", kills.to_string());
    run.counted("durable", &format!("{} kills", grouped(kills)), durable)?;

    let preemptions = counts.preemptions;
    let mut loom = checkout.cargo("test --profile checked --locked --lib broker::explored");
    // A target folder of its own: the flag would make every other build start again.
    loom.env("CARGO_TARGET_DIR", checkout.target().join("loom"))
        .env("RUSTFLAGS", "--cfg loom")
        .env("LOOM_MAX_PREEMPTIONS", preemptions.to_string());
    run.counted("loom", &format!("{preemptions} preemptions"), loom)
}

/// Its runs against real servers, and of its report in a browser.
fn load_tester(checkout: &Checkout) -> Result<String, String> {
    packages::ensure("chromium", "chromium")?;
    server::program(checkout)?;
    obey(&mut checkout.tests("--test tool -- --test-threads 10"))?;
    Ok(String::new())
}

/// Each peer of `nearcast-bench` delivers what is published. It installs what they need itself.
fn peers(checkout: &Checkout) -> Result<String, String> {
    obey(&mut checkout.cargo("build --release --workspace --exclude xtask --locked"))?;
    obey(&mut checkout.cargo("test --release --locked -p nearcast-bench --test peers"))?;
    Ok(String::new())
}

fn dependencies(run: &mut Run, checkout: &Checkout) -> Result<(), String> {
    run.step("dependencies", || {
        let tool = CARGO_DENY.ensure(checkout)?;
        let words = "--locked check bans licenses sources";
        obey(&mut checkout.command(&tool, words))?;
        Ok(String::new())
    })
}

fn fuzzing(run: &mut Run, checkout: &Checkout, counts: &Counts) -> Result<(), String> {
    run.step("fuzz: compiler", || packages::ensure("c++", "g++"))?;
    fuzz::steps(run, checkout, counts)
}
