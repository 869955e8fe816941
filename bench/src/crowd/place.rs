//! Where the people of `crowd` are: which privacy cells of one block.

use nearcast_grid::geohash::GeoCell;
use nearcast_grid::{Cell, Grid, Position, Precision};

/// Where the people are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// Over all nine reach cells.
    Block,
    /// In eight privacy cells across the border of two reach cells; the others are empty.
    Stadium,
}

impl Place {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Stadium => "stadium",
        }
    }

    /// Columns of privacy cells, of the twelve of a block.
    pub(super) fn columns(self) -> std::ops::Range<i64> {
        match self {
            Self::Block => 0..12,
            Self::Stadium => 6..10,
        }
    }

    /// Rows of them, of the twenty-four.
    pub(super) fn rows(self) -> std::ops::Range<i64> {
        match self {
            Self::Block => 0..24,
            Self::Stadium => 11..13,
        }
    }
}

const PRIVACY: Precision = match Precision::new(6) {
    Ok(precision) => precision,
    Err(_) => panic!("6 is a precision"),
};

/// The row and column of the first privacy cell of the block around a town.
pub(super) fn corner(reach: Grid) -> Result<(i64, i64), String> {
    let town = Position::new(48.2082, 16.3738).map_err(|error| error.to_string())?;
    let cell = reach.cell_at(town).as_geohash();
    let cell = cell.ok_or("the default grid is not geohash")?;
    Ok((
        (i64::from(cell.row()) - 1) * 8,
        (i64::from(cell.column()) - 1) * 4,
    ))
}

/// The centre of a privacy cell.
pub(super) fn centre(row: i64, column: i64) -> Result<Position, String> {
    let cell = GeoCell::from_row_column(row, column, PRIVACY);
    Ok(Cell::from(cell.ok_or("a block without a cell")?).centre())
}
