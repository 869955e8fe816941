//! `cargo xtask`: what a developer and the CI run, so that a fresh machine needs two commands.
//!
//! It only starts other programs and reads their verdict. It must never leave anything on the
//! machine outside the target folder but a Debian package that it names before installing it.

mod checkout;
mod checks;
mod counts;
mod fuzz;
mod packages;
mod proto;
mod run;
mod tools;

use std::process::ExitCode;

use checkout::Checkout;
use counts::Counts;

const USAGE: &str = "\
which of these?

cargo xtask test [--quick]   every check; --quick leaves out what takes long
cargo xtask soak [--worlds N] [--passes N] [--fuzz-runs N]
                             the long counts: model worlds, walks past each other, fuzz executions
cargo xtask proto            writes the protobuf code anew from its .proto";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words
        .iter()
        .any(|word| ["help", "--help", "-h"].contains(word))
    {
        eprintln!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<(), String> {
    let checkout = Checkout::enter()?;
    match words {
        ["test"] => checks::test(&checkout, &counts::FULL),
        ["test", "--quick"] => checks::quick(&checkout, &counts::QUICK),
        ["proto"] => proto::run(),
        ["soak", flags @ ..] => checks::soak(&checkout, &Counts::soak(flags)?),
        _ => Err(USAGE.to_owned()),
    }
}
