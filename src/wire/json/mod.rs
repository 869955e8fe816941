//! JSON: one object per text frame.

pub(super) mod envelope;
pub(super) mod frames;
pub(super) mod object;
mod text;
pub(super) mod time;
pub(super) mod word;

pub(crate) use object::Object;
