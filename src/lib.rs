//! nearcast: who is near me, live.

pub mod broker;
pub mod wire;

pub mod accounts;
pub mod auth;
pub mod client;
pub mod clock;
pub mod config;
pub mod demo;
pub mod http;
pub mod limits;
pub mod log;
pub mod metrics;
pub mod server;
pub mod socket;
pub mod store;
