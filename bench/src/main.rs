//! `nearcast-bench`: the figures that the README shows, each with the goal it is held to.
//!
//! A bench uses the real broker and skips nothing that the real path does. It must never print a
//! figure without the machine, the commit and the parameters it was measured with.

#![allow(
    clippy::disallowed_methods,
    reason = "a bench reads the clock; that is what it is for"
)]

mod book;
mod cores;
mod crowd;
mod idle;
mod latency;
mod peers;
mod snapshot;
mod socket;
mod storm;
mod within;

mod clients;
mod peer;
mod server;

mod flags;
mod groups;
mod http;
mod kept;
mod load;
mod machine;
mod people;
mod placement;
mod process;
mod redis;
mod report;
mod rss;
mod sample;
mod seed;
mod towns;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures nearcast's core and prints figure, value, goal, and whether it was reached.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// The textbook's whole population on one machine: moves, marks, sweeps, frames.
    Book(book::Arguments),
    /// A stadium that fills: what a move costs among strangers.
    Crowd(crowd::Arguments),
    /// Who is within 8 km: nearest 40 and all, sorted, beside a Redis of its own.
    Within(within::Arguments),
    /// What a delivery over WebSocket costs the server, beside a bare `send()` loop.
    Socket(socket::Arguments),
    /// What an idle connection costs in memory.
    Idle(idle::Arguments),
    /// From a move to the friend's readable socket, beside a bare epoll loop.
    Latency(latency::Arguments),
    /// Everybody comes back at once.
    Storm(storm::Arguments),
    /// Positions into a Redis of its own and back, beside bare GEOADD.
    Redis(snapshot::Arguments),
    /// The cores that the textbook's load needs, from what `book` and `socket` printed.
    Cores(cores::Arguments),
    /// The same work for nearcast and for what one would otherwise pick.
    Peers(peers::Arguments),
    #[command(hide = true, about = "A bare loop, started by the other benches")]
    Peer(peer::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().bench {
        Bench::Book(arguments) => book::run(&arguments),
        Bench::Crowd(arguments) => crowd::run(&arguments),
        Bench::Within(arguments) => within::run(&arguments),
        Bench::Socket(arguments) => socket::run(&arguments),
        Bench::Idle(arguments) => idle::run(&arguments),
        Bench::Latency(arguments) => latency::run(&arguments),
        Bench::Storm(arguments) => storm::run(&arguments),
        Bench::Redis(arguments) => snapshot::run(&arguments),
        Bench::Cores(arguments) => cores::run(&arguments),
        Bench::Peers(arguments) => peers::run(&arguments),
        Bench::Peer(arguments) => peer::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("nearcast-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
