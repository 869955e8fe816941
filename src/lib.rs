//! nearcast: who is near me, live.

pub mod broker;
pub mod wire;
