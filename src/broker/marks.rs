//! Marks: "look at this pair again". A mark carries no data, so losing one is mended by looking
//! at everybody, and nothing old can be delivered.
//!
//! One bounded queue per worker. Any worker puts, only the owner takes. Never blocks, never grows.

use super::slot::Slot;
use super::sync::{AtomicBool, AtomicU64, Ordering, zeroed};

/// What should be looked at again, in one word; never 0.
#[cfg_attr(not(loom), derive(zerocopy::FromZeros))]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Mark(u64);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Look {
    /// Whether `viewer` sees `subject`, and where.
    Pair { viewer: Slot, subject: Slot },
    /// The same, and `subject` has a new name or picture.
    Anew { viewer: Slot, subject: Slot },
    /// Whether `viewer`, who moved, has passed the border of her view of somebody: that she sees
    /// her where she saw her is no news.
    Passage { viewer: Slot },
    /// Who enters and who leaves the views of `viewer`.
    Round { viewer: Slot },
    /// Whether a stranger whom `viewer` sees may still be shown.
    Strangers { viewer: Slot },
}

const SLOT_BITS: u32 = Slot::BITS;
const KIND: u32 = 60;
const PAIR: u64 = 1;
const ROUND: u64 = 2;
const STRANGERS: u64 = 3;
const ANEW: u64 = 4;
/// Of a pair: a passage. The lowest bit, so that a pair's two marks stand together when sorted, the
/// one that is news first.
const PASSAGE: u64 = 1;
const SUBJECT: u32 = 1;
const VIEWER: u32 = SUBJECT + SLOT_BITS;
const _: () = assert!(VIEWER + SLOT_BITS <= KIND);

impl Mark {
    #[inline]
    const fn new(kind: u64, viewer: Slot, subject: u32) -> Self {
        Self(kind << KIND | (viewer.get() as u64) << VIEWER | (subject as u64) << SUBJECT)
    }

    #[inline]
    pub(crate) fn pair(viewer: Slot, subject: Slot) -> Self {
        Self::new(PAIR, viewer, subject.get())
    }

    /// `viewer` has moved, and `subject` is to enter her view or to leave it.
    pub(crate) fn passage(viewer: Slot, subject: Slot) -> Self {
        Self(Self::pair(viewer, subject).0 | PASSAGE)
    }

    pub(crate) fn anew(viewer: Slot, subject: Slot) -> Self {
        Self::new(ANEW, viewer, subject.get())
    }

    pub(crate) fn round(viewer: Slot) -> Self {
        Self::new(ROUND, viewer, 0)
    }

    pub(crate) fn strangers(viewer: Slot) -> Self {
        Self::new(STRANGERS, viewer, 0)
    }

    #[inline]
    pub(crate) fn viewer(self) -> Slot {
        slot((self.0 >> VIEWER) as u32)
    }

    /// Of a mark of a pair.
    #[inline]
    pub(crate) fn subject(self) -> Slot {
        slot((self.0 >> SUBJECT) as u32)
    }

    /// Whether two marks of pairs are of the same one.
    #[inline]
    pub(crate) fn is_of(self, other: Self) -> bool {
        self.0 | PASSAGE == other.0 | PASSAGE
    }

    #[inline]
    pub(crate) fn is_passage(self) -> bool {
        self.0 & PASSAGE != 0
    }

    #[inline]
    pub(crate) fn is_pair(self) -> bool {
        self.0 >> KIND == PAIR
    }

    #[inline]
    pub(crate) fn look(self) -> Look {
        let viewer = self.viewer();
        match self.0 >> KIND {
            PAIR if self.is_passage() => Look::Passage { viewer },
            PAIR => Look::Pair {
                viewer,
                subject: self.subject(),
            },
            ANEW => Look::Anew {
                viewer,
                subject: self.subject(),
            },
            ROUND => Look::Round { viewer },
            _ => Look::Strangers { viewer },
        }
    }
}

#[inline]
fn slot(bits: u32) -> Slot {
    Slot::from_bits(bits).expect("a mark is made of slots")
}

/// Marks of one operation for the other workers.
pub(crate) struct Outboxes(Box<[Vec<Mark>]>);

impl Outboxes {
    pub(crate) fn new(workers: usize, capacity: usize) -> Self {
        Self((0..workers).map(|_| Vec::with_capacity(capacity)).collect())
    }

    /// How many workers there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    #[inline]
    pub(crate) fn put(&mut self, worker: usize, mark: Mark) {
        self.0[worker].push(mark);
    }

    #[inline]
    pub(crate) fn send(&mut self, queues: &[Queue]) {
        for (outbox, queue) in self.0.iter_mut().zip(queues) {
            if !outbox.is_empty() {
                queue.put(outbox);
                outbox.clear();
            }
        }
    }
}

/// A ring of marks: places are reserved with one exchange per batch, then filled; the owner takes
/// up to the first place not yet filled.
pub(crate) struct Queue {
    ring: Box<[AtomicU64]>,
    /// Marks ever taken; written by the owner.
    head: AtomicU64,
    /// Places ever reserved.
    tail: AtomicU64,
    /// A batch did not fit: the owner looks at everybody.
    lost: AtomicBool,
    /// How many marks did not fit, for the metric.
    dropped: AtomicU64,
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            ring: zeroed(capacity.max(1)),
            head: AtomicU64::new(0),
            tail: AtomicU64::new(0),
            lost: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
        }
    }

    /// Puts a batch; all of it or, when it does not fit, the order to look at everybody.
    #[inline]
    pub(crate) fn put(&self, batch: &[Mark]) {
        let capacity = self.ring.len() as u64;
        let mut start = self.tail.load(Ordering::Relaxed);
        loop {
            // Saturating: the head may have passed a tail that was read long ago.
            let waiting = start.saturating_sub(self.head.load(Ordering::Acquire));
            if waiting + batch.len() as u64 > capacity {
                self.dropped
                    .fetch_add(batch.len() as u64, Ordering::Relaxed);
                self.lost.store(true, Ordering::SeqCst);
                return;
            }
            let end = start + batch.len() as u64;
            match self
                .tail
                .compare_exchange_weak(start, end, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => break,
                Err(now) => start = now,
            }
        }
        let mut place = (start % capacity) as usize;
        for mark in batch {
            self.ring[place].store(mark.0, Ordering::Release);
            place += 1;
            if place == self.ring.len() {
                place = 0;
            }
        }
    }

    /// Takes what is there, at most `most`; only the owner calls this.
    #[inline]
    pub(crate) fn take(&self, most: usize, mut each: impl FnMut(Mark)) -> usize {
        let head = self.head.load(Ordering::Relaxed);
        let mut place = (head % self.ring.len() as u64) as usize;
        let mut taken = 0;
        while taken < most {
            let word = self.ring[place].load(Ordering::Acquire);
            if word == 0 {
                break;
            }
            self.ring[place].store(0, Ordering::Relaxed);
            each(Mark(word));
            taken += 1;
            place += 1;
            if place == self.ring.len() {
                place = 0;
            }
        }
        // Release: a producer that sees the new head sees the places emptied.
        self.head.store(head + taken as u64, Ordering::Release);
        taken
    }

    /// Whether marks were lost since the last call.
    pub(crate) fn take_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed) && self.lost.swap(false, Ordering::SeqCst)
    }

    /// Counts marks that were lost behind the queue.
    pub(crate) fn count_dropped(&self, marks: u64) {
        self.dropped.fetch_add(marks, Ordering::Relaxed);
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}
