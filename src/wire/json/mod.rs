//! JSON: one object per text frame.

pub(super) mod frames;
mod text;
