//! What the built product promises, one file per promise.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cli;
mod cli_config;
mod demo;

mod live;
mod rest;
mod server;

mod abuse;
mod redis;

mod places;
mod town;

mod scenes;

mod worlds;
