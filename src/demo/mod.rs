//! A town of simulated people, for who looks at nearcast for the first time.
//!
//! [`Town`] is pure and the same for the same seed: time is an argument. [`Feed`] brings it into
//! a server through the doors that a product uses: import, and moves. Nothing else in the server
//! may know that these people are not real.

mod dice;
mod ground;

mod names;
mod route;
mod streets;

mod friends;
mod people;
mod town;

mod feed;

pub use feed::{Feed, Tally};
pub use ground::{BadGround, Ground};
pub use people::Pace;
pub use town::{BadTown, Resident, Town, Whereabouts};

/// The id of who is looking: befriended with a dozen people of the town.
pub const NEWCOMER: &str = "you";
