//! What the wire promises, beyond what single files test about themselves.

mod equality;
mod examples;
mod golden;
mod people;
mod refusals;
mod tolerance;
mod writers;
