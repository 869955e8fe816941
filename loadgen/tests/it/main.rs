//! The tester, tested: what it finds and what it does not, against a real server.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod proxy;
mod tool;

mod lies;
mod runs;
