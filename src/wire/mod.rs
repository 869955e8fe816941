//! What clients and the server say to each other: one message model, in JSON and in protobuf.
//!
//! Knows no socket, no clock and no runtime; decides nothing about who may hear what.
//! `changes` and `nearby` are written without allocation into a buffer that is handed in.

pub mod client;
pub mod closes;
pub mod server;

mod codec;
mod refused;

mod changes;
mod nearby;
mod people;
mod user_id;
mod words;

pub(crate) mod bounds;
mod client_codec;
mod server_codec;

mod body;
mod digits;
mod json;
mod protobuf;

#[allow(
    unreachable_pub,
    reason = "written by prost-build, see `cargo xtask proto`"
)]
#[rustfmt::skip]
mod generated;

pub use bounds::{DEFAULT_LIMIT, DEFAULT_RADIUS_M, LIMIT, MAX_MESSAGE, RADIUS_M, SHARING_FOR_S};
pub use changes::ChangesWriter;
pub use client::{ClientMessage, Command, Modes, Move};
pub use closes::{Close, ErrorCode};
pub use codec::{decode_client, decode_server, encode_client, encode_server};
#[cfg(not(loom))]
pub(crate) use json::Object;
pub use nearby::NearbyWriter;
#[cfg(not(loom))]
pub(crate) use nearby::put_person_json;
pub use people::{Friend, Person, Stranger, Who};
#[cfg(not(loom))]
pub(crate) use refused::short;
pub use refused::{Fault, Refused, Wrong};
pub use server::{Event, ServerMessage};
pub use user_id::{InvalidUserId, MAX_USER_ID, UserId};
pub use words::{Heartbeat, Mode, Seen, Sharing, Why};

/// How messages are written; chosen by the WebSocket sub-protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// Text frames; the default when a client offers no sub-protocol.
    Json,
    /// Binary frames.
    Protobuf,
}

impl Encoding {
    pub const ALL: [Self; 2] = [Self::Json, Self::Protobuf];

    /// The WebSocket sub-protocol of this encoding.
    #[must_use]
    pub const fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "nearcast.v1.json",
            Self::Protobuf => "nearcast.v1.proto",
        }
    }

    /// The encoding of a sub-protocol that a client offers.
    #[must_use]
    pub fn of_subprotocol(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|encoding| encoding.subprotocol() == name)
    }
}

#[cfg(test)]
mod tests;
