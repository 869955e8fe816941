//! Chunks: the pieces that channels are made of. One flat table; a channel is a chain.
//!
//! A chunk that was given back is not handed out again before every worker has been at rest
//! since, so who followed a chain a moment ago never reads somebody else's edges.

use super::memory;
use super::pulse::{Boundary, Pulses};
use super::sync::{AtomicU32, Mutex, Ordering, lock, zeroed};

/// Edges in a chunk: the forty friends of the textbook, online and near, fill two.
pub(super) const EDGES: usize = if cfg!(loom) { 2 } else { 20 };

#[repr(C)]
#[cfg_attr(not(loom), derive(zerocopy::FromZeros))]
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) edges: [AtomicU32; EDGES],
    /// The next of the chain; 0 for none.
    pub(super) next: AtomicU32,
}

pub(super) struct Chunks {
    table: Box<[Chunk]>,
    books: Mutex<Books>,
}

#[derive(Default)]
struct Books {
    /// Chunks ever handed out, chunk 0 excepted, which nobody has.
    fresh: u32,
    free: Vec<u32>,
    /// Given back, perhaps still read.
    limbo: Vec<u32>,
    /// Given back before the boundary.
    sealed: Option<(Boundary, Vec<u32>)>,
}

impl Chunks {
    pub(super) fn new(edges: usize) -> Self {
        let table = zeroed(edges.div_ceil(EDGES) + 1);
        memory::huge(&table);
        Self {
            table,
            books: Mutex::default(),
        }
    }

    #[inline]
    pub(super) fn at(&self, place: u32) -> &Chunk {
        &self.table[place as usize]
    }

    /// Fetches a chunk that will be read soon.
    #[inline]
    pub(super) fn expect(&self, place: u32) {
        let chunk = self.at(place);
        memory::prefetch(chunk);
        // A chunk lies on two lines.
        memory::prefetch(&chunk.next);
    }

    /// An empty chunk; none when the table is full.
    pub(super) fn take(&self, pulses: &Pulses) -> Option<u32> {
        let mut books = lock(&self.books);
        books.settle(pulses);
        let place = match books.free.pop() {
            Some(place) => place,
            None if (books.fresh as usize) < self.table.len() - 1 => {
                books.fresh += 1;
                books.fresh
            }
            None => return None,
        };
        let chunk = self.at(place);
        for word in &chunk.edges {
            word.store(0, Ordering::Relaxed);
        }
        chunk.next.store(0, Ordering::Relaxed);
        Some(place)
    }

    /// Gives a chain back, from its first chunk on.
    pub(super) fn give(&self, first: u32, pulses: &Pulses) {
        let mut books = lock(&self.books);
        let mut place = first;
        while place != 0 {
            books.limbo.push(place);
            place = self.at(place).next.load(Ordering::Acquire);
        }
        books.settle(pulses);
    }

    /// Chunks handed out and not given back.
    pub(super) fn used(&self) -> usize {
        let books = lock(&self.books);
        let sealed = books.sealed.as_ref().map_or(0, |sealed| sealed.1.len());
        books.fresh as usize - books.free.len() - books.limbo.len() - sealed
    }
}

impl Books {
    /// Frees what nobody can read any more, and seals what was given back since.
    fn settle(&mut self, pulses: &Pulses) {
        if let Some((boundary, _)) = &self.sealed
            && !pulses.passed(boundary)
        {
            return;
        }
        if let Some((_, mut places)) = self.sealed.take() {
            self.free.append(&mut places);
        }
        if !self.limbo.is_empty() {
            self.sealed = Some((pulses.boundary(), std::mem::take(&mut self.limbo)));
        }
    }
}
