//! Protobuf: one message per binary frame.

pub(super) mod frames;
