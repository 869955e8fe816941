//! Drives people against a nearcast server, or any other behind the same contract, and says the
//! truth about it.
//!
//! People live by their own clock, whatever the server does: how long something took is counted
//! from when it was to be said. The tool knows where everybody is, and who may know it; what
//! clients see is held against that. It measures itself too, and a run with which it could not
//! keep up says nothing.

pub mod scenario;
pub mod town;
pub mod tracks;

pub mod report;
pub mod screen;
pub mod slo;
pub mod tally;

mod drive;
mod lead;
mod phone;
mod target;
mod truth;

mod cli;
mod durations;
mod files;
mod hall;
mod run;
mod setup;
mod stop;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;

use cli::{Cli, Command};
use report::Run;
use run::{Fault, Piece};
use scenario::Scenario;
use stop::Stop;

/// The tool could not keep up: the run says nothing.
const INVALID: u8 = 2;
/// As in sysexits: what was asked is wrong; the server is not to be had.
const USAGE: u8 = 64;
const UNREACHED: u8 = 69;

/// What is typed is done; how that ended is the exit status.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return ends(UNREACHED, &format!("start the runtime: {error}")),
    };
    match cli.command {
        Command::Run {
            scenario,
            people,
            wishes,
        } => {
            let read = Scenario::named(&scenario).and_then(|mut read| {
                read.people = people.unwrap_or(read.people);
                let faults = read.faults();
                faults.is_empty().then_some(read).ok_or(faults)
            });
            let read = match read {
                Ok(read) => read,
                Err(faults) => return ends(USAGE, &faults.join("\n")),
            };
            let piece = Piece {
                name: scenario,
                scenario: read,
                tracks: None,
                faster: 1.0,
            };
            judged(runtime.block_on(played(piece, &wishes)))
        }
        Command::Replay { wishes, .. } if wishes.processes > 1 => ends(
            USAGE,
            "people out of files are one town: it is played by one process",
        ),
        Command::Replay {
            dir,
            faster,
            wishes,
        } => {
            let piece = Piece {
                name: dir.display().to_string(),
                scenario: Scenario {
                    title: "People who really went".to_owned(),
                    ..Scenario::default()
                },
                tracks: Some(dir),
                faster,
            };
            judged(runtime.block_on(played(piece, &wishes)))
        }
        Command::Compare { before, after } => {
            let read = |dir: &std::path::Path| report::read(dir);
            match read(&before).and_then(|before| Ok((before, read(&after)?))) {
                Ok((before, after)) => tells(&report::compare(&before, &after)),
                Err(why) => ends(USAGE, &why),
            }
        }
        Command::Scenarios { name: None } => {
            let lines = Scenario::NAMES.map(|name| {
                let title = Scenario::named(name).map(|scenario| scenario.title);
                format!("{name:<20} {}\n", title.unwrap_or_default())
            });
            tells(&lines.concat())
        }
        Command::Scenarios { name: Some(name) } => match Scenario::built_in(&name) {
            Some(text) => tells(text),
            None => ends(
                USAGE,
                &Scenario::named(&name).err().unwrap_or_default().join("\n"),
            ),
        },
        Command::Play => match runtime.block_on(lead::follow()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(why) => ends(UNREACHED, &why),
        },
    }
}

fn explain(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell where this fails.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => USAGE.into(),
    }
}

async fn played(piece: Piece, wishes: &cli::Wishes) -> Result<Run, Fault> {
    let stop = Stop::watch().map_err(Fault::Unreached)?;
    run::run(piece, wishes, &stop).await
}

/// Says how it went; the two numbers come last.
fn judged(run: Result<Run, Fault>) -> ExitCode {
    let run = match run {
        Ok(run) => run,
        Err(Fault::Usage(why)) => return ends(USAGE, &why),
        Err(Fault::Unreached(why)) => return ends(UNREACHED, &why),
        Err(Fault::Stopped) => return ends(UNREACHED, "ended before it began"),
    };
    let told = tells(&report::summary(&run));
    match (&run.verdict.invalid, run.verdict.ok) {
        (Some(_), _) => INVALID.into(),
        (None, false) => ExitCode::FAILURE,
        (None, true) => told,
    }
}

fn tells(text: &str) -> ExitCode {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// On standard error: standard output is for what was asked.
fn say(line: &str) {
    // Nobody is left to tell where this fails.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

fn ends(status: u8, why: &str) -> ExitCode {
    for line in why.lines() {
        say(&format!("nearcast-loadgen: {line}"));
    }
    status.into()
}
