//! What grid promises, held against the crates and tables that know.

mod dice;

mod position;

mod distance;

mod geohash;
mod hex;
mod reach;
mod text;
