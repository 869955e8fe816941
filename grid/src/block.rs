//! A handful of cells on the stack: the neighbours of a cell, or the cell with its neighbours.

use std::array;
use std::iter::Take;
use std::ops::Deref;

use crate::Cell;

const MOST: usize = 9;

/// A cell first, then its neighbours: at most nine, each once.
#[derive(Clone, Copy)]
pub struct Block {
    /// From `len` on they are padding.
    cells: [Cell; MOST],
    len: usize,
}

/// The neighbours alone.
pub type Ring = Block;

impl Block {
    pub(crate) const EMPTY: Self = Self {
        cells: [Cell::PADDING; MOST],
        len: 0,
    };

    pub(crate) fn push(&mut self, cell: Cell) {
        self.cells[self.len] = cell;
        self.len += 1;
    }
}

impl Deref for Block {
    type Target = [Cell];

    fn deref(&self) -> &[Cell] {
        &self.cells[..self.len]
    }
}

impl IntoIterator for Block {
    type Item = Cell;
    type IntoIter = Take<array::IntoIter<Cell, MOST>>;

    fn into_iter(self) -> Self::IntoIter {
        self.cells.into_iter().take(self.len)
    }
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Block {}
