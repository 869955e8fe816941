//! The tester, tested: what it finds and what it does not, against a real server.
//!
//! Nothing here waits for a time to pass: a test goes by what the tool says, and gives a slow
//! machine as long as it takes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod machine;
mod proxy;
mod server;
mod tool;

mod liar;

mod ends;
mod exits;
mod lies;
mod links;
mod lists;
mod page;
mod replays;
mod runs;
mod scenarios;
