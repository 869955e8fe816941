//! The people of a run: who there is, who knows whom, and when each one intends to do what.
//!
//! Pure, and the same for the same scenario and seed, whichever districts a process plays: no
//! clock, nothing random but the dice. Nothing here knows a server, or what became of an act.

mod dice;

mod ground;
mod streets;
mod walk;

mod friends;
mod person;

mod course;
mod route;

#[allow(
    clippy::module_inception,
    reason = "the town itself, among what it is made of"
)]
mod town;

pub use course::{Act, Course};
pub(crate) use dice::Dice;
pub(crate) use ground::MOST_DISTRICTS;
pub use person::{Person, Reads};
pub use town::Town;

#[cfg(test)]
mod tests;
