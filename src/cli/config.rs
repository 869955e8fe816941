//! `nearcast config`: the file with every key.

use std::io;

/// The full configuration file: every key, its default and why
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(&self) -> io::Result<u8> {
        super::print(nearcast::config::FILE)
    }
}
