//! Sockets: the only module that knows them.
//!
//! hyper accepts and upgrades; from there on a connection is a line of one hub: a thread
//! with one epoll descriptor, a slab of lines and a worker of the broker. No connection has a task
//! of its own. Nothing here decides who may hear what.

pub mod frame;
pub mod upgrade;

mod line;
mod lines;
mod poll;
mod shared;
mod ticket;

mod asked;
mod closing;
mod commands;
mod hello;
mod hub;
mod reading;
mod returning;

mod door;

use crate::wire::client::Hello;

use asked::Answer;
use line::Line;

pub use door::{Door, Parts, posts};
pub use line::{Believed, Visitor};

/// What comes to a hub from outside, beside orders.
enum Inbound {
    Visitor(Visitor),
    Moved(Box<Moved>),
    Answer(Box<Answer>),
    /// No more sessions; those that are, are sent away.
    Drain,
    End,
}

/// A line whose client takes up a session of this hub, and came to another one.
struct Moved {
    line: Line,
    id: Option<u32>,
    hello: Hello,
}
