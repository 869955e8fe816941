//! Blocks of words for channels: one flat table, cut into pages that each hold blocks of one size.
//!
//! A block that was given back is not handed out again before every worker has been at rest since,
//! so who read a block's place a moment ago still reads its words and never somebody else's.

use super::memory;
use super::pulse::{Boundary, Pulses};
use super::sync::{AtomicU32, Mutex, Ordering, lock, zeroed};

/// Words in a page, and so in the largest block.
const PAGE: u32 = if cfg!(loom) { 64 } else { 16 * 1024 };
/// Blocks begin at multiples of this many words.
const UNIT: u32 = 8;
/// The largest block that may be asked for.
pub(crate) const LARGEST: u32 = PAGE / 2;

pub(crate) struct Arena {
    words: Box<[AtomicU32]>,
    books: Mutex<Books>,
}

/// Where a block is and how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

#[derive(Default)]
struct Books {
    pages: Vec<Page>,
    /// Pages with a free block, by size class; an entry may be out of date.
    open: Vec<Vec<u32>>,
    /// Pages of no class.
    empty: Vec<u32>,
    /// Given back, not yet known to be unread.
    limbo: Vec<Place>,
    /// Given back before the boundary.
    sealed: Option<(Boundary, Vec<Place>)>,
    used: u64,
}

#[derive(Clone, Copy, Default)]
struct Page {
    /// Words in each of its blocks; 0 for a page of no class.
    size: u32,
    /// Blocks handed out.
    taken: u32,
    /// Blocks ever cut from it since it has its class.
    cut: u32,
    /// First free block plus one, threaded through the blocks' first words; 0 for none.
    free: u32,
    /// It stands in `open`.
    listed: bool,
}

/// Block sizes: steps of eight words up to 64, then four steps to each doubling.
fn size_for(words: u32) -> u32 {
    if words <= 64 {
        return words.max(UNIT).next_multiple_of(UNIT);
    }
    let step = (words - 1).ilog2() - 2;
    words.next_multiple_of(1 << step)
}

impl Arena {
    pub(crate) fn new(words: usize) -> Self {
        let words = zeroed(words.next_multiple_of(PAGE as usize));
        memory::huge(&words);
        Self {
            words,
            books: Mutex::default(),
        }
    }

    #[inline]
    pub(crate) fn words(&self, place: Place) -> &[AtomicU32] {
        &self.words[place.start as usize..(place.start + place.len) as usize]
    }

    /// A zeroed block of at least this many words; none when the table is full.
    pub(crate) fn take(&self, words: u32, pulses: &Pulses) -> Option<Place> {
        let size = size_for(words);
        if size > LARGEST {
            return None;
        }
        let mut books = lock(&self.books);
        books.settle(&self.words, pulses);
        let number = match books.page_with_room(size) {
            Some(number) => number,
            None => books.open_page(size, self.words.len() as u32 / PAGE)?,
        };
        let page = &mut books.pages[number as usize];
        let start = if page.free > 0 {
            let start = page.free - 1;
            page.free = self.words[start as usize].swap(0, Ordering::Relaxed);
            start
        } else {
            page.cut += 1;
            number * PAGE + (page.cut - 1) * size
        };
        page.taken += 1;
        books.used += u64::from(size);
        let place = Place { start, len: size };
        debug_assert!(
            self.words(place)
                .iter()
                .all(|word| word.load(Ordering::Relaxed) == 0)
        );
        Some(place)
    }

    /// Gives a block back; it may still be read by who began before.
    pub(crate) fn give(&self, place: Place, pulses: &Pulses) {
        let mut books = lock(&self.books);
        books.used -= u64::from(place.len);
        books.limbo.push(place);
        books.settle(&self.words, pulses);
    }

    /// Words handed out.
    pub(crate) fn used(&self) -> u64 {
        lock(&self.books).used
    }
}

impl Books {
    /// Frees what nobody can read any more, and seals what was given back since.
    fn settle(&mut self, words: &[AtomicU32], pulses: &Pulses) {
        if let Some((boundary, _)) = &self.sealed
            && !pulses.passed(boundary)
        {
            return;
        }
        if let Some((_, places)) = self.sealed.take() {
            for place in places {
                self.free(words, place);
            }
        }
        if !self.limbo.is_empty() {
            self.sealed = Some((pulses.boundary(), std::mem::take(&mut self.limbo)));
        }
    }

    fn free(&mut self, words: &[AtomicU32], place: Place) {
        let number = place.start / PAGE;
        let page = &mut self.pages[number as usize];
        page.taken -= 1;
        for word in &words[place.start as usize..(place.start + place.len) as usize] {
            word.store(0, Ordering::Relaxed);
        }
        if page.taken == 0 {
            // The threads through its blocks are cut before another class uses the page.
            let mut next = page.free;
            while next > 0 {
                next = words[next as usize - 1].swap(0, Ordering::Relaxed);
            }
            *page = Page::default();
            self.empty.push(number);
            return;
        }
        words[place.start as usize].store(page.free, Ordering::Relaxed);
        page.free = place.start + 1;
        if !page.listed {
            page.listed = true;
            self.open_of(place.len).push(number);
        }
    }

    fn open_of(&mut self, size: u32) -> &mut Vec<u32> {
        let class = (size / UNIT) as usize;
        if self.open.len() <= class {
            self.open.resize_with(class + 1, Vec::new);
        }
        &mut self.open[class]
    }

    fn page_with_room(&mut self, size: u32) -> Option<u32> {
        while let Some(&number) = self.open_of(size).last() {
            let page = &mut self.pages[number as usize];
            if page.size == size && page.listed && (page.free > 0 || page.cut < PAGE / size) {
                return Some(number);
            }
            if page.size == size {
                page.listed = false;
            }
            self.open_of(size).pop();
        }
        None
    }

    fn open_page(&mut self, size: u32, most: u32) -> Option<u32> {
        let number = match self.empty.pop() {
            Some(number) => number,
            None if (self.pages.len() as u32) < most => {
                self.pages.push(Page::default());
                self.pages.len() as u32 - 1
            }
            None => return None,
        };
        self.pages[number as usize] = Page {
            size,
            listed: true,
            ..Page::default()
        };
        self.open_of(size).push(number);
        Some(number)
    }
}
