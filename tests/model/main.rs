//! The model test: random worlds, operations of every kind, and after each sweep what every
//! client knows from its frames alone against brute force; and every frame audited for who may
//! hear what.
//!
//! `NEARCAST_WORLDS`: how many. `NEARCAST_SEED`: one of them again, made small.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod dice;
mod globe;

mod op;
mod setup;

mod chance;

mod seat;
mod truth;

mod strangers;

mod asks;
mod ends;
mod people;
mod sessions;
mod town;

mod audit;
mod person;
mod sweep;

mod replay;
mod stroll;
mod twins;

mod run;
