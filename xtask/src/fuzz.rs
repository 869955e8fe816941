//! Fuzz targets: found in `fuzz/`, run with a fixed seed, their executions counted.
//!
//! cargo-fuzz wants a nightly compiler; `RUSTC_BOOTSTRAP=1` lets the stable one do it. Without the
//! address sanitizer a target tries four times as many inputs, and no parser here has unsafe code for
//! it to watch.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::checkout::Checkout;
use crate::counts::{Counts, grouped};
use crate::run::{Run, last_said, obey};
use crate::tools::CARGO_FUZZ;

/// The line with which libFuzzer ends, asked for by `-print_final_stats=1`.
const EXECUTED: &str = "stat::number_of_executed_units:";

/// The targets at once, the runs shared evenly.
pub(crate) fn steps(run: &mut Run, checkout: &Checkout, counts: &Counts) -> Result<(), String> {
    let targets = targets(&checkout.root().join("fuzz/fuzz_targets"))?;
    let runs = counts.fuzz_runs.div_ceil(targets.len() as u64);
    let mut tool = PathBuf::new();
    run.step("fuzz: build", || {
        tool = CARGO_FUZZ.ensure(checkout)?;
        let mut build = checkout.command(&tool, "build --sanitizer none");
        obey(build.env("RUSTC_BOOTSTRAP", "1")).map(|()| String::new())
    })?;
    let total = AtomicU64::new(0);
    run.at_once("fuzz", &targets, |target| {
        let executed = execute(target, &mut command(checkout, &tool, target, runs, counts))?;
        total.fetch_add(executed, Ordering::Relaxed);
        Ok(format!("{} executions", grouped(executed)))
    })?;
    let total = grouped(total.into_inner());
    eprintln!("   fuzz: {total} executions in all");
    Ok(())
}

/// The names of the targets, in order.
fn targets(folder: &Path) -> Result<Vec<String>, String> {
    let failed = |error| format!("list the fuzz targets in {}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_some_and(|extension| extension == "rs")
            && let Some(name) = path.file_stem().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    if names.is_empty() {
        return Err(format!("there is no fuzz target in {}", folder.display()));
    }
    Ok(names)
}

fn command(checkout: &Checkout, tool: &Path, target: &str, runs: u64, counts: &Counts) -> Command {
    let mut command = checkout.command(tool, &format!("run --sanitizer none {target}"));
    let seconds = counts.fuzz_seconds_per_target;
    command
        .arg("--")
        .arg(format!("-runs={runs}"))
        .arg(format!("-max_total_time={seconds}"))
        .args(["-seed=1", "-print_final_stats=1"])
        .env("RUSTC_BOOTSTRAP", "1");
    command
}

/// Runs it, shows what it says, and reads how many inputs it tried.
fn execute(target: &str, command: &mut Command) -> Result<u64, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let label = format!("{target}: ");
    let executed = last_said(
        command.stderr(Stdio::piped()),
        |child| child.stderr.take(),
        &label,
        executions,
    )?;
    executed.ok_or_else(|| format!("{program} did not say how many inputs it tried"))
}

fn executions(line: &str) -> Option<u64> {
    line.strip_prefix(EXECUTED)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executions_are_read_from_the_final_statistics() {
        assert_eq!(
            executions("stat::number_of_executed_units: 200000"),
            Some(200_000)
        );
        assert_eq!(executions("stat::average_exec_per_sec:     66666"), None);
    }

    #[test]
    fn a_fuzzer_that_counts_nothing_has_failed() {
        let why = execute("none", &mut Command::new("true")).unwrap_err();
        assert_eq!(why, "true did not say how many inputs it tried");
    }

    #[test]
    fn a_fuzzer_that_counts_is_believed() {
        let script = format!("echo {EXECUTED} 12 >&2");
        let counted = execute("some", Command::new("sh").args(["-c", &script]));
        assert_eq!(counted, Ok(12));
    }

    #[test]
    fn a_fuzzer_that_found_something_has_failed() {
        let script = format!("echo {EXECUTED} 12 >&2; exit 77");
        let counted = execute("some", Command::new("sh").args(["-c", &script]));
        assert!(counted.is_err_and(|why| why.ends_with("exit status: 77")));
    }
}
