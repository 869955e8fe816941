//! What a person or a script can ask on the command line.

mod cell;
mod distance;

mod answer;
mod lines;
mod query;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

/// The command line itself is wrong; as in sysexits.h, like the others.
const USAGE: u8 = 64;
/// What was asked about is wrong: a coordinate, or a line of standard input.
const BAD_QUERY: u8 = 65;
/// Standard input or output failed.
const IO: u8 = 74;

/// Who is near me, live.
#[derive(Parser)]
#[command(name = "nearcast", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Cell(cell::Args),
    Distance(distance::Args),
}

pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse_from(std::env::args_os().map(without_exponent)) {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    let status = match cli.command {
        Command::Cell(args) => args.run(),
        Command::Distance(args) => args.run(),
    };
    match status {
        Ok(status) => status.into(),
        Err(error) => {
            complain(&format!("answer the queries: {error}"));
            IO.into()
        }
    }
}

/// A negative number with an exponent looks like a flag to clap; its plain form does not.
fn without_exponent(argument: OsString) -> OsString {
    match argument.to_str().map(str::parse::<f64>) {
        Some(Ok(number)) if number < 0.0 => number.to_string().into(),
        _ => argument,
    }
}

/// Help and version are answers; everything else is a fault of the command line.
fn explain(error: &clap::Error) -> ExitCode {
    // Nobody is left to tell when this fails.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => USAGE.into(),
    }
}

fn complain(message: &str) {
    // Nobody is left to tell when this fails.
    let _ = io::Write::write_fmt(&mut io::stderr(), format_args!("error: {message}\n"));
}
