//! What grid promises, held against the crates and tables that know.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod dice;

mod position;

mod disc;
mod distance;

mod geohash;
mod hex;
mod reach;
mod text;
