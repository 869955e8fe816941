//! How much anybody may do: rates and counts, per user, per session, per address and in all.
//!
//! Time is an argument. What is counted by user is kept by a keyed hash, never by the id, and
//! every table here has an end and an answer for when it is reached.

mod rate;

mod users;

mod addresses;
mod client;

pub use addresses::{AddressRules, Addresses, Connection, Full};
pub use client::client_address;
pub use rate::{Gcra, Rate};
pub use users::{Kind, Rates, UserRules};
