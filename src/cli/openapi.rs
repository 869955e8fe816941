//! `nearcast openapi`: the description of the REST routes.

use std::io;

use nearcast::http::OPENAPI;

/// Prints the OpenAPI description of the REST routes
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    #[expect(clippy::unused_self, reason = "like every other command")]
    pub(crate) fn run(&self) -> io::Result<u8> {
        super::print(OPENAPI)
    }
}
