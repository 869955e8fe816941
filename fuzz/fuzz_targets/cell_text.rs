//! Any text is a cell or an error, and a cell has one text, one word and a place.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nearcast_grid::Cell;

fuzz_target!(|text: &str| {
    let Ok(cell) = Cell::parse(text) else { return };
    assert_eq!(*cell.text(), text.to_ascii_lowercase());
    assert_eq!(Cell::from_u64(cell.to_u64()), Some(cell));
    assert_eq!(cell.grid().cell_at(cell.centre()), cell);
    assert_eq!(cell.parent(cell.grid()), cell);

    let block = cell.block();
    assert_eq!(block[0], cell);
    assert!((6..=9).contains(&block.len()));
    assert!(
        block[1..]
            .iter()
            .all(|near| near.neighbours().contains(&cell))
    );
    assert!(cell.reach_m() >= 0.0 && cell.reach_m().is_finite());
    let bounds = cell.bounds();
    assert!(bounds.south < bounds.north && bounds.west != bounds.east);
});
