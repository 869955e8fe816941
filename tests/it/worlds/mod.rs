//! Random worlds played over real sockets and REST against the whole server: what every client
//! rebuilt from its frames is compared with brute force, and every frame is audited for who may
//! hear what.
//!
//! The model test does the same with the core alone. Dice apart, nothing here shares code with
//! it, and nothing at all with the broker.
//!
//! `NEARCAST_SOCKET_WORLDS`: how many. `NEARCAST_SEED`: one of them again.

#[path = "../../model/dice.rs"]
mod dice;
mod globe;

mod setup;

mod truth;

mod chance;
mod op;

mod seat;

mod ground;
mod world;

mod accounts;
mod sessions;

mod audit;
mod compare;
mod leaks;
mod person;

mod run;
