//! Positions in a real Redis: what a restart brings back, what an outage and an erasure leave,
//! who may write, and what others can read there.

mod cluster;
mod house;
mod keeper;
mod store;

mod malformed;
mod restarts;

mod erasures;
mod outages;

mod leases;
mod shared;

mod clocks;
mod deployments;
mod spread;

mod crashes;
mod life;
