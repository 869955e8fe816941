//! What a server is measured against: loops that send one prepared frame per delivery and know
//! nothing else. Each runs as a process of its own, on the server's core.

mod answer;
mod house;
mod process;
mod send;

use clap::{Args, Subcommand};

pub(crate) use house::text;
pub(crate) use process::{MESSAGE_BYTES, Peer, REQUEST_BYTES};

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Kind {
    /// For each byte on standard input, one frame to each of a group of friends
    Send(house::House),
    /// For each request of a client, one frame to each of her friends, from an epoll loop
    Answer(house::House),
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), String> {
    let run = match arguments.kind {
        Kind::Send(house) => send::run(house),
        Kind::Answer(house) => answer::run(house),
    };
    run.map_err(|error| format!("peer: {error}"))
}
