//! nearcast: who is near me, live.

pub mod broker;
pub mod wire;

// The server around the core, which loom explores alone.
#[cfg(not(loom))]
pub mod accounts;
#[cfg(not(loom))]
pub mod auth;
#[cfg(not(loom))]
pub mod client;
#[cfg(not(loom))]
pub mod clock;
#[cfg(not(loom))]
pub mod config;
#[cfg(not(loom))]
pub mod demo;
#[cfg(not(loom))]
mod folder;
#[cfg(not(loom))]
pub mod http;
#[cfg(not(loom))]
pub mod limits;
#[cfg(not(loom))]
pub mod log;
#[cfg(not(loom))]
pub mod metrics;
#[cfg(not(loom))]
mod port;
#[cfg(not(loom))]
pub mod server;
#[cfg(not(loom))]
pub mod snapshot;
#[cfg(not(loom))]
pub mod socket;
#[cfg(not(loom))]
pub mod store;
