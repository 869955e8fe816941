//! A gateway of the textbook's design, built well: a WebSocket per user, a channel per user in
//! Redis, and one connection to it over which this gateway publishes for its users and hears for
//! them, once per channel however many of them watch it.
//!
//! It is measured, not used. The socket work is nearcast's own (`socket::upgrade`,
//! `socket::frame`, one epoll loop, one write for all that waits for a socket): only who is told,
//! and how, differs. Two connections of a user, leaving channels and reconnecting to Redis are
//! left out; they cost nothing in what is measured.
//!
//! A user's first message is `join GROUP PLACE PEOPLE`: she watches everybody in the group but
//! herself. What she says later is published as it is.

mod door;
mod gateway;
mod lines;
mod resp;

use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Arguments {
    /// The Redis server that the gateways share
    #[arg(long)]
    redis: SocketAddr,
}

fn main() -> io::Result<()> {
    let Arguments { redis } = Arguments::parse();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let (guests, arrivals) = door::open(listener)?;
    writeln!(io::stdout(), "listening on ws://{address}")?;
    gateway::run(redis, &guests, &arrivals)
}
