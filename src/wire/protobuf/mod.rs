//! Protobuf: one message per binary frame.

pub(super) mod envelope;
pub(super) mod frames;
