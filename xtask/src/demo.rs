//! `cargo xtask demo`: from a fresh clone to people who move, in one command.

use std::os::unix::process::CommandExt;

use crate::checkout::Checkout;
use crate::run::obey;

/// Does not come back: nearcast takes the place of xtask, so that Ctrl-C is its own.
pub(crate) fn run(checkout: &Checkout, arguments: &[&str]) -> Result<(), String> {
    obey(&mut checkout.cargo("build --release --locked --bin nearcast"))?;
    let program = checkout.target().join("release/nearcast");
    let error = checkout.command(&program, "demo").args(arguments).exec();
    Err(format!("start {}: {error}", program.display()))
}
