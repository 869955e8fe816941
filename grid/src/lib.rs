//! Positions, distances and cells.
