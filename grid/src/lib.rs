//! Positions, distances and cells: the geometry of nearcast.
//!
//! Pure: no clock, no input or output, no state. What is above this crate never learns
//! whether the cells are geohashes or hexagons.

mod position;

mod disc;
mod distance;
mod ellipsoid;
mod geodesic;

mod cell;
mod grid;

mod block;
mod text;

pub mod geohash;
mod hex;
mod outline;

pub use block::{Block, Ring};
pub use cell::{Bounds, Cell};
pub use disc::{Disc, Patch};
pub use distance::{Vantage, distance_m};
pub use grid::{Grid, InvalidGrid, Precision, Resolution};
pub use position::{InvalidPosition, Position};
pub use text::{CellText, InvalidCell};
