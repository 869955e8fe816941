//! nearcast: who is near me, live.
