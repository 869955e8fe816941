//! One run of named steps: the runner's own output goes through untouched, each step is timed,
//! and the first that fails ends the run with a sentence that names it.

#![allow(
    clippy::disallowed_methods,
    reason = "the time of each step is part of what a run reports"
)]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::num::NonZero;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

pub(crate) struct Run {
    started: Instant,
    done: Vec<Done>,
}

struct Done {
    name: String,
    /// What the step counted, where it counts.
    figure: String,
    took: Duration,
}

impl Run {
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            done: Vec::new(),
        }
    }

    /// A step that is one command.
    pub(crate) fn command(&mut self, name: &str, command: Command) -> Result<(), String> {
        self.counted(name, "", command)
    }

    /// A step that is one command told to do this much.
    pub(crate) fn counted(
        &mut self,
        name: &str,
        figure: &str,
        mut command: Command,
    ) -> Result<(), String> {
        self.step(name, || obey(&mut command).map(|()| figure.to_owned()))
    }

    /// Any other step; what it returns is its figure in the summary.
    pub(crate) fn step(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<String, String>,
    ) -> Result<(), String> {
        let done = timed(name, work).map_err(|why| self.after_others(&why))?;
        self.done.push(done);
        Ok(())
    }

    /// One step of this kind for each name, as many at once as there are cores.
    pub(crate) fn at_once(
        &mut self,
        kind: &str,
        names: &[String],
        work: impl Fn(&str) -> Result<String, String> + Sync,
    ) -> Result<(), String> {
        let next = AtomicUsize::new(0);
        let lane = || {
            let mut done = Vec::new();
            loop {
                let place = next.fetch_add(1, Ordering::Relaxed);
                let Some(name) = names.get(place) else {
                    return Ok(done);
                };
                let step = timed(&format!("{kind} {name}"), || work(name))?;
                done.push((place, step));
            }
        };
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let lanes: Result<Vec<Vec<(usize, Done)>>, String> = thread::scope(|scope| {
            let lanes: Vec<_> = (0..cores).map(|_| scope.spawn(lane)).collect();
            let ended = lanes
                .into_iter()
                .map(|lane| lane.join().expect("no step panics"));
            ended.collect()
        });
        let lanes = lanes.map_err(|why| self.after_others(&why))?;
        let mut done: Vec<_> = lanes.into_iter().flatten().collect();
        done.sort_by_key(|(place, _)| *place);
        self.done.extend(done.into_iter().map(|(_, step)| step));
        Ok(())
    }

    fn after_others(&self, why: &str) -> String {
        format!("{why} ({} passed before it)", self.done.len())
    }

    /// The table that ends a run in which everything passed.
    pub(crate) fn summary(&self) -> String {
        let width = self.done.iter().map(|done| done.name.len()).max();
        let mut text = String::from("\n");
        for Done { name, figure, took } in &self.done {
            let width = width.unwrap_or(0);
            let row = format!("{name:width$}  {:>12}  {figure}", clock(*took));
            text.push_str(row.trim_end());
            text.push('\n');
        }
        let steps = self.done.len();
        let took = clock(self.started.elapsed());
        let _ = write!(text, "all {steps} steps passed in {took}");
        text
    }
}

fn timed(name: &str, work: impl FnOnce() -> Result<String, String>) -> Result<Done, String> {
    eprintln!("\n== {name}");
    let started = Instant::now();
    let outcome = work();
    let took = started.elapsed();
    let figure =
        outcome.map_err(|why| format!("step \"{name}\" failed after {}: {why}", clock(took)))?;
    eprintln!("   {name}: passed in {}", clock(took));
    Ok(Done {
        name: name.to_owned(),
        figure,
        took,
    })
}

/// Shows a command, runs it to its end and says why it failed.
pub(crate) fn obey(command: &mut Command) -> Result<(), String> {
    eprintln!("   $ {}", line(command));
    let status = command.status();
    verdict(command, status)
}

/// Runs a command whose `output` is piped, shows what it says there, and answers the last line that
/// `read` makes something of.
pub(crate) fn last_said<T, R: Read>(
    command: &mut Command,
    output: impl FnOnce(&mut Child) -> Option<R>,
    label: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .spawn()
        .map_err(|error| format!("start {program}: {error}"))?;
    let mut last = None;
    let output = output(&mut child).into_iter().map(BufReader::new);
    for line in output.flat_map(|output| output.split(b'\n')) {
        let line = line.map_err(|error| format!("read what {program} says: {error}"))?;
        let line = String::from_utf8_lossy(&line);
        eprintln!("{label}{line}");
        last = read(&line).or(last);
    }
    let status = child.wait();
    verdict(command, status)?;
    Ok(last)
}

/// A command as one would type it, with the variables that were set for it.
fn line(command: &Command) -> String {
    let variables = command.get_envs().filter_map(|(name, value)| {
        let value = value?.to_string_lossy();
        let quote = if value.contains(' ') { "\"" } else { "" };
        Some(format!("{}={quote}{value}{quote}", name.to_string_lossy()))
    });
    let program = command.get_program().to_string_lossy();
    let program = program.rsplit('/').next().unwrap_or(&program).to_owned();
    let words = command
        .get_args()
        .map(|word| word.to_string_lossy().into_owned());
    let all: Vec<String> = variables.chain([program]).chain(words).collect();
    all.join(" ")
}

/// The sentence for a command that could not start or did not succeed.
pub(crate) fn verdict(
    command: &Command,
    status: std::io::Result<ExitStatus>,
) -> Result<(), String> {
    let program = command.get_program().to_string_lossy();
    let status = status.map_err(|error| format!("start {program}: {error}"))?;
    if status.success() {
        return Ok(());
    }
    Err(format!("`{}` ended with {status}", line(command)))
}

fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_failing_step_ends_the_run_and_is_named() {
        let mut run = Run::start();
        run.command("good", Command::new("true")).unwrap();
        let why = run.command("bad", Command::new("false")).unwrap_err();
        assert!(why.starts_with("step \"bad\" failed after 0."), "{why}");
        assert!(why.contains("`false` ended with exit status: 1"), "{why}");
        assert!(why.ends_with("(1 passed before it)"), "{why}");
    }

    #[test]
    fn steps_at_once_are_shown_in_their_order_and_one_that_fails_is_named() {
        let names = ["one", "two", "three"].map(str::to_owned);
        let mut run = Run::start();
        run.at_once("step", &names, |name| Ok(format!("{name} counted")))
            .unwrap();
        let summary = run.summary();
        for (row, name) in summary.lines().skip(1).zip(&names) {
            assert!(row.starts_with(&format!("step {name} ")), "{summary}");
            assert!(row.ends_with(&format!("{name} counted")), "{summary}");
        }
        let bad = |name: &str| match name {
            "two" => Err("because".to_owned()),
            _ => Ok(String::new()),
        };
        let why = run.at_once("step", &names, bad).unwrap_err();
        assert!(
            why.starts_with("step \"step two\" failed after 0."),
            "{why}"
        );
        assert!(why.ends_with("because (3 passed before it)"), "{why}");
    }

    #[test]
    fn a_program_that_is_missing_is_a_failure() {
        let missing = Command::new("nearcast-no-such-program");
        let why = Run::start().command("tool", missing).unwrap_err();
        assert!(why.contains("start nearcast-no-such-program:"), "{why}");
    }

    #[test]
    fn the_summary_shows_what_was_counted() {
        let mut run = Run::start();
        run.counted("model", "1,000 worlds", Command::new("true"))
            .unwrap();
        let summary = run.summary();
        assert!(summary.contains("1,000 worlds\n"), "{summary}");
        assert!(summary.contains("all 1 steps passed in 0."), "{summary}");
    }

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/usr/bin/env");
        command.arg("true").env("RUSTFLAGS", "--cfg loom");
        assert_eq!(line(&command), "RUSTFLAGS=\"--cfg loom\" env true");
    }

    #[test]
    fn times_read_like_times() {
        assert_eq!(clock(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(clock(Duration::from_secs(185)), "3 min 05 s");
    }
}
