//! HTTP: the accept loop with its limits, and the routes of REST on top of the accounts.
//!
//! Decides nothing about who sees whom and keeps nothing between requests. A request for `/v1/ws`
//! is handed on before the routes; what a session is, is not known here.

mod serve;

mod connection;
mod door;
mod patience;
mod peer;
mod tls;
mod visit;

mod cors;
mod routes;
mod site;

mod caller;
mod problem;
mod told;

pub mod said;

mod users;

mod blocks;
mod friends;
mod lists;
mod nearby;
mod position;
mod profile;
mod sharing;

mod aliases;
mod import;
mod lines;
mod reports;

mod admin;
mod gateway;
mod health;
mod openapi;

pub use caller::bearer;
pub use door::{Door, Upgrade};
pub use openapi::DOCUMENT as OPENAPI;
pub use peer::{Peer, Seat};
pub use problem::Problem;
pub use routes::Part;
pub use serve::{serve, told};
pub use site::Site;
pub use tls::Certificate;
