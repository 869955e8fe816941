//! JSON: one object per text frame.

pub(super) mod envelope;
pub(super) mod frames;
mod text;
pub(super) mod word;
