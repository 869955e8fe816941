//! The writers of the hot path take no memory while the buffer has room.
//!
//! A binary of its own: the allocator that counts is the process's.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use nearcast::wire::{
    ChangesWriter, Encoding, Friend, Mode, NearbyWriter, Person, Seen, Stranger, Who, Why,
};
use nearcast_grid::Position;

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    ALLOCATIONS.with(|allocations| allocations.set(allocations.get() + 1));
}

#[expect(unsafe_code, reason = "a global allocator is an unsafe trait")]
// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations_of(act: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    act();
    ALLOCATIONS.get() - before
}

fn friend() -> Person<'static> {
    Person::Friend(Friend {
        user: "bob \"the builder\"",
        name: Some("Bob \\ Baumeister"),
        avatar_url: Some("https://img.example.org/bob.png"),
        position: Position::new(-37.5651, -126.9895).expect("on the globe"),
        distance_m: 1033.7,
        seen_at: 1_795_000_000_000,
        approximate: false,
        accuracy_m: Some(8.0),
        heading_deg: Some(359.9),
        speed_mps: Some(1.4),
    })
}

fn stranger() -> Person<'static> {
    Person::Stranger(Stranger {
        alias: "a-5tq0",
        cell: "wydm9q",
        centre: Position::new(37.567749, 126.9744873).expect("on the globe"),
        distance_m: 967.2,
        seen: Seen::Now,
        name: Some("D."),
    })
}

fn write_both(buf: &mut Vec<u8>, encoding: Encoding, people: usize) {
    let mut changes = ChangesWriter::begin(buf, encoding, 7, 1_795_000_000_000);
    for _ in 0..people {
        changes.moved(&friend());
    }
    for _ in 0..people {
        changes.entered(&stranger());
    }
    changes.exited(Who::User("carol"), Why::Left);
    changes.cells(["wydm9", "wydmc"]);
    changes.finish();
    let mut nearby = NearbyWriter::begin(buf, encoding, Some(3), 8, true, Mode::Friends);
    for _ in 0..people {
        nearby.person(&friend());
    }
    nearby.finish(Some("c-20"), 21);
}

#[test]
fn frames_into_a_buffer_with_room_take_no_memory() {
    // One frame of a few bytes, of hundreds, and beyond the two bytes kept for a length.
    for people in [0, 1, 4, 200] {
        for encoding in Encoding::ALL {
            let mut buf = Vec::with_capacity(256 * 1024);
            assert_eq!(allocations_of(|| write_both(&mut buf, encoding, people)), 0);
            assert!(!buf.is_empty());
        }
    }
}

#[test]
fn a_buffer_that_is_used_again_stops_growing() {
    for encoding in Encoding::ALL {
        let mut buf = Vec::new();
        assert!(allocations_of(|| write_both(&mut buf, encoding, 40)) > 0);
        for _ in 0..10 {
            buf.clear();
            assert_eq!(allocations_of(|| write_both(&mut buf, encoding, 40)), 0);
        }
    }
}
