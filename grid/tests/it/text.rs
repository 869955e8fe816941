use nearcast_grid::{Cell, Grid, InvalidCell, Precision, Resolution};
use proptest::prelude::*;

use crate::dice::Dice;

fn grids() -> impl Iterator<Item = Grid> {
    let geohash = (1..=Precision::MOST).map(|p| Grid::geohash(p).unwrap());
    geohash.chain((0..=Resolution::MOST).map(|r| Grid::hex(r).unwrap()))
}

#[test]
fn every_cell_comes_back_from_its_text_and_its_word() {
    let mut dice = Dice::new(41);
    for _ in 0..2_000 {
        let place = dice.place();
        for grid in grids() {
            let cell = grid.cell_at(place);
            assert_eq!(Cell::parse(&cell.text()), Ok(cell));
            assert_eq!(Cell::parse(&cell.text().to_uppercase()), Ok(cell));
            assert_eq!(Cell::from_u64(cell.to_u64()), Some(cell));
            assert_eq!(format!("{:>16}", cell.text()).len(), 16);
        }
    }
}

#[test]
fn what_is_not_a_cell_is_refused_with_the_reason() {
    let why = |text: &str| Cell::parse(text).unwrap_err();
    assert_eq!(why(""), InvalidCell::Length(0));
    assert_eq!(why("0123456789bcd"), InvalidCell::Length(13));
    assert_eq!(why(&"z".repeat(1000)), InvalidCell::Length(1000));
    assert_eq!(why("wydm9a"), InvalidCell::Character('a'));
    assert_eq!(why("wy dm9"), InvalidCell::Character(' '));
    assert_eq!(why("wydm9é"), InvalidCell::Character('é'));
    assert_eq!(why("8928308280ffffg"), InvalidCell::Character('g'));
    assert_eq!(why("fffffffffffffff"), InvalidCell::Index);
    // An edge of H3, not a cell.
    assert_eq!(why("115283473fffffff"), InvalidCell::Length(16));
    assert_eq!(
        why("wydm9a").to_string(),
        "the character 'a' is not a digit of a cell"
    );
}

#[test]
fn grids_that_do_not_exist_are_refused() {
    assert_eq!(
        Grid::geohash(0).unwrap_err().to_string(),
        "geohash precision 0 is not within 1 to 12"
    );
    assert!(Grid::geohash(13).is_err());
    assert_eq!(
        Grid::hex(16).unwrap_err().to_string(),
        "H3 resolution 16 is not within 0 to 15"
    );
}

#[test]
fn words_that_are_not_cells_are_refused() {
    for word in [
        0,
        1,
        31,
        1 << 4,
        1 << 6,
        1 << 59,
        1 << 61,
        1 << 63,
        u64::MAX,
    ] {
        assert_eq!(Cell::from_u64(word), None, "{word:#x}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_cell_or_an_error(text in "\\PC{0,17}") {
        if let Ok(cell) = Cell::parse(&text) {
            prop_assert_eq!(&*cell.text(), text.to_lowercase());
        }
    }

    #[test]
    fn any_geohash_is_read_as_the_crate_reads_it(text in "[0-9b-hjkmnp-z]{1,12}") {
        let cell = Cell::parse(&text).unwrap();
        let said = ::geohash::decode_bbox(&text).unwrap();
        let bounds = cell.bounds();
        prop_assert_eq!((&*cell.text(), bounds.west, bounds.south), (&*text, said.min().x, said.min().y));
    }

    #[test]
    fn any_word_is_a_cell_that_keeps_it_or_none(word in any::<u64>(), shift in 0..64_u32) {
        if let Some(cell) = Cell::from_u64(word >> shift) {
            prop_assert_eq!(cell.to_u64(), word >> shift);
            prop_assert_eq!(Cell::parse(&cell.text()), Ok(cell));
        }
    }
}
