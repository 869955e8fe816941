//! The server's side of RFC 6455: bytes to messages, and messages to frames.
//!
//! Strict: what the RFC forbids ends the connection with its code, as soon as the byte that is
//! wrong has arrived. Pure: no I/O, no clock. It must never keep more than what has arrived of one
//! unfinished message and one unfinished control frame, whatever a head announces.

mod head;
mod message;
mod reader;
mod violation;
mod writer;

#[cfg(test)]
mod tests;

pub use fastwebsockets::OpCode;

pub use message::Message;
pub use reader::{Reader, Rest};
pub use violation::Violation;
pub use writer::{Place, begin, close, write};
