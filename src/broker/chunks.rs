//! Chunks: the pieces that channels are made of. One flat table; a channel is a chain.
//!
//! A chunk that was given back is not handed out again before every worker has been at rest
//! since, so who followed a chain a moment ago never reads somebody else's edges.
//!
//! Neighbours in the world take their chunks from the same runs: a sweep, which goes through its
//! viewers by slot, finds their chunks on few pages.

use super::memory;
use super::pulse::{Boundary, Pulses};
use super::slot::Slot;
use super::sync::{AtomicU32, Mutex, Ordering, lock, zeroed};

/// Edges in a chunk: the forty friends of the textbook, online and near, fill two.
pub(super) const EDGES: usize = if cfg!(loom) { 2 } else { 20 };

/// Chunks in a run; a group of neighbours leaves less than one unused.
const RUN: u32 = if cfg!(loom) { 1 } else { 16 };
/// Slots whose chunks come from the same runs.
const GROUP: usize = 64;

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

struct Books {
    /// Chunks that may be handed out at once.
    most: usize,
    used: usize,
    /// Chunks from here on are in no run yet. Chunk 0 is nobody's.
    fresh: u32,
    /// By group, the next chunk of its newest run; at the end of one there is none.
    runs: Box<[u32]>,
    free: Vec<u32>,
    /// Given back, perhaps still read.
    limbo: Vec<u32>,
    /// Given back before the boundary.
    sealed: Option<(Boundary, Vec<u32>)>,
}

impl Chunks {
    /// For the edges of `users`.
    pub(super) fn new(edges: usize, users: usize) -> Self {
        let most = edges.div_ceil(EDGES);
        let groups = users / GROUP + 1;
        let table = zeroed(most.next_multiple_of(RUN as usize) + (groups + 1) * RUN as usize);
        memory::huge(&table, 3 * memory::FEW);
        Self {
            table,
            books: Mutex::new(Books {
                most,
                used: 0,
                fresh: RUN,
                runs: vec![0; groups].into(),
                free: Vec::new(),
                limbo: Vec::new(),
                sealed: None,
            }),
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
        // A chunk lies on two lines, or on three.
        memory::prefetch(&chunk.edges[EDGES * 3 / 4]);
        memory::prefetch(&chunk.next);
    }

    /// An empty chunk for somebody's edges; none when as many as may be are in use.
    pub(super) fn take(&self, owner: Slot, pulses: &Pulses) -> Option<u32> {
        let mut books = lock(&self.books);
        books.settle(pulses);
        let place = books.take(owner)?;
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
        books.used - books.limbo.len() - sealed
    }
}

impl Books {
    fn take(&mut self, owner: Slot) -> Option<u32> {
        if self.used == self.most {
            return None;
        }
        self.used += 1;
        let run = &mut self.runs[owner.index() / GROUP];
        if run.is_multiple_of(RUN) {
            if let Some(place) = self.free.pop() {
                return Some(place);
            }
            *run = self.fresh;
            self.fresh += RUN;
        }
        let place = *run;
        *run += 1;
        Some(place)
    }

    /// Frees what nobody can read any more, and seals what was given back since.
    fn settle(&mut self, pulses: &Pulses) {
        if let Some((boundary, _)) = &self.sealed
            && !pulses.passed(boundary)
        {
            return;
        }
        if let Some((_, mut places)) = self.sealed.take() {
            self.used -= places.len();
            self.free.append(&mut places);
        }
        if !self.limbo.is_empty() {
            self.sealed = Some((pulses.boundary(), std::mem::take(&mut self.limbo)));
        }
    }
}
