//! The bodies that the two envelopes can hold, by JSON name and by field number.
//!
//! The one place where a new message is added to both encodings.

use prost::{DecodeError, Message};
use serde::de::MapAccess;
use serde::ser::SerializeMap;

use super::generated::{ClientMessage, ServerMessage, client_message, server_message};
use super::json::object::Object;

/// What an envelope holds exactly one of.
pub(super) trait Body: Sized {
    /// `ClientMessage` or `ServerMessage`.
    type Envelope: Message;

    fn envelope(id: Option<u32>, body: Self) -> Self::Envelope;

    /// The JSON key of the body with this key, as a constant.
    fn known(key: &str) -> Option<&'static str>;

    /// The JSON key of the body with this field number.
    fn name_of(tag: u32) -> Option<&'static str>;

    /// Reads the value behind a known key.
    fn read_json<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Self, A::Error>;

    /// Reads the field with a known name.
    fn read_protobuf(name: &str, bytes: &[u8]) -> Result<Self, DecodeError>;

    /// Writes key and value.
    fn write_json<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
}

macro_rules! body {
    ($envelope:ident, $field:ident, $body:ty { $($variant:ident = $tag:literal $key:literal,)+ }) => {
        impl Body for $body {
            type Envelope = $envelope;

            fn envelope(id: Option<u32>, body: Self) -> $envelope {
                $envelope { id, $field: Some(body) }
            }

            fn known(key: &str) -> Option<&'static str> {
                match key {
                    $($key => Some($key),)+
                    _ => None,
                }
            }

            fn name_of(tag: u32) -> Option<&'static str> {
                match tag {
                    $($tag => Some($key),)+
                    _ => None,
                }
            }

            fn read_json<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Self, A::Error> {
                match key {
                    $($key => map.next_value().map(|Object(body)| Self::$variant(body)),)+
                    _ => unreachable!("{key} was found by `known`"),
                }
            }

            fn read_protobuf(name: &str, bytes: &[u8]) -> Result<Self, DecodeError> {
                match name {
                    $($key => Message::decode(bytes).map(Self::$variant),)+
                    _ => unreachable!("{name} was found by `name_of`"),
                }
            }

            fn write_json<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                match self {
                    $(Self::$variant(body) => map.serialize_entry($key, body),)+
                }
            }
        }
    };
}

body!(ClientMessage, command, client_message::Command {
    Hello = 2 "hello",
    Move = 3 "move",
    Nearby = 4 "nearby",
    Follow = 5 "follow",
    Unfollow = 6 "unfollow",
    Settings = 7 "settings",
    Refresh = 8 "refresh",
    Wave = 9 "wave",
    Block = 10 "block",
    Report = 11 "report",
    Pong = 12 "pong",
    Bye = 13 "bye",
});

body!(ServerMessage, event, server_message::Event {
    Welcome = 2 "welcome",
    Nearby = 3 "nearby",
    Changes = 4 "changes",
    Met = 5 "met",
    Request = 6 "request",
    Ping = 7 "ping",
    Ok = 8 "ok",
    Error = 9 "error",
    Goodbye = 10 "goodbye",
});
