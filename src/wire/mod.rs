//! What clients and the server say to each other: one message model, in JSON and in protobuf.
//!
//! Knows no socket, no clock and no runtime; decides nothing about who may hear what.
//! `changes` and `nearby` are written without allocation into a buffer that is handed in.

mod changes;
mod digits;
mod json;
mod nearby;
mod people;
mod protobuf;
mod user_id;
mod words;

pub use changes::ChangesWriter;
pub use nearby::NearbyWriter;
pub use people::{Friend, Person, Stranger, Who};
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
