//! `cargo xtask`: what a developer and the CI run, so that a fresh machine needs two commands.
//!
//! It only starts other programs and reads their verdict. It must never leave anything on the
//! machine outside the target folder but a Debian package that it names before installing it.

mod api;
mod autobahn;
mod checkout;
mod checks;
mod counts;
mod demo;
mod fuzz;
mod packages;
mod proto;
mod run;
mod server;
mod tools;

use std::process::ExitCode;

use checkout::Checkout;
use counts::Counts;

const USAGE: &str = "\
which of these?

cargo xtask test [--quick]   every check; --quick leaves out what takes long
cargo xtask soak [--worlds N] [--socket-worlds N] [--redis-worlds N] [--passes N] [--kills N] [--fuzz-runs N]
                             the long counts: model worlds, worlds over real sockets, walks past
                             each other, kills while accounts are written, requests made from
                             the OpenAPI document, fuzz executions; the conformance cases of
                             Autobahn, and the programs that nearcast-bench compares with
cargo xtask demo ...         a server with a town of simulated people; what follows is for `nearcast demo`
cargo xtask proto            writes the protobuf code anew from its .proto";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // What follows `demo` is for nearcast, also its help.
    if words
        .iter()
        .take_while(|word| **word != "demo")
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
        ["demo", arguments @ ..] => demo::run(&checkout, arguments),
        ["proto"] => proto::run(),
        ["soak", flags @ ..] => checks::soak(&checkout, &Counts::soak(flags)?),
        _ => Err(USAGE.to_owned()),
    }
}
