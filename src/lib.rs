//! nearcast: who is near me, live.

pub mod wire;
