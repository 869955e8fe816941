//! What a person or a script can ask on the command line.

mod demo;
mod serve;
mod watch;

mod operations;
mod signals;
mod source;

mod check;
mod config;
mod openapi;
mod snapshot;
mod token;
mod why;

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

/// The command line itself is wrong, or the configuration; as in sysexits.h, like the others.
const USAGE: u8 = 64;
/// Something that the configuration names cannot be reached.
const UNREACHED: u8 = 69;
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
    Serve(serve::Args),
    Demo(demo::Args),
    Watch(watch::Args),
    Check(check::Args),
    Config(config::Args),
    Openapi(openapi::Args),
    Token(token::Args),
    Why(why::Args),
    Snapshot(snapshot::Args),
    Cell(cell::Args),
    Distance(distance::Args),
}

pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse_from(std::env::args_os().map(without_exponent)) {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    let status = match cli.command {
        Command::Serve(args) => return args.run(),
        Command::Demo(args) => return args.run(),
        Command::Watch(args) => return args.run(),
        Command::Why(args) => return args.run(),
        Command::Snapshot(args) => return args.run(),
        Command::Check(args) => args.run(),
        Command::Config(args) => args.run(),
        Command::Openapi(args) => args.run(),
        Command::Token(args) => args.run(),
        Command::Cell(args) => args.run(),
        Command::Distance(args) => args.run(),
    };
    match status {
        Ok(status) => status.into(),
        Err(error) => {
            complain(&format!("write the answer: {error}"));
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

/// Text on standard output; what it returns is the exit status.
fn print(text: &str) -> io::Result<u8> {
    match io::Write::write_all(&mut io::stdout(), text.as_bytes()) {
        // The reader has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        written => written.map(|()| 0),
    }
}

fn complain(message: &str) {
    note(&format!("error: {message}"));
}

/// Beside what was asked for.
fn note(message: &str) {
    // Nobody is left to tell when this fails.
    let _ = io::Write::write_fmt(&mut io::stderr(), format_args!("{message}\n"));
}
