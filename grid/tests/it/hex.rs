use h3o::{CellIndex, LatLng};
use nearcast_grid::{Cell, Grid, Resolution};

use crate::dice::Dice;

fn hexagon(index: CellIndex) -> Cell {
    Cell::from_u64(index.into()).unwrap()
}

fn resolutions() -> impl Iterator<Item = u8> {
    0..=Resolution::MOST
}

/// All twelve pentagons of a resolution, and the cells around them up to two rings.
pub(crate) fn around_the_pentagons(resolution: u8) -> Vec<CellIndex> {
    let resolution = h3o::Resolution::try_from(resolution).unwrap();
    let pentagons = resolution.pentagons();
    pentagons
        .flat_map(|pentagon| pentagon.grid_disk_safe(2))
        .collect()
}

#[test]
fn a_hexagon_is_what_h3_says() {
    let mut dice = Dice::new(21);
    for _ in 0..2_000 {
        let place = dice.place();
        for resolution in resolutions() {
            let cell = Grid::hex(resolution).unwrap().cell_at(place);
            let said = LatLng::new(place.lat(), place.lon()).unwrap();
            let said = said.to_cell(resolution.try_into().unwrap());
            assert_eq!(
                (cell.to_u64(), &*cell.text()),
                (said.into(), said.to_string().as_str())
            );
            assert_eq!(cell.grid(), Grid::hex(resolution).unwrap());
        }
    }
}

#[test]
fn the_neighbours_of_hexagons_and_pentagons_are_what_h3_says() {
    let mut dice = Dice::new(22);
    for resolution in resolutions() {
        let grid = Grid::hex(resolution).unwrap();
        let anywhere =
            (0..500).map(|_| CellIndex::try_from(grid.cell_at(dice.place()).to_u64()).unwrap());
        for index in anywhere
            .collect::<Vec<_>>()
            .into_iter()
            .chain(around_the_pentagons(resolution))
        {
            let mut found = hexagon(index).neighbours().to_vec();
            let mut said: Vec<Cell> = index
                .grid_disk_safe(1)
                .map(hexagon)
                .filter(|&cell| cell != hexagon(index))
                .collect();
            found.sort();
            said.sort();
            assert_eq!(found, said, "around {index}");
            assert_eq!(found.len(), if index.is_pentagon() { 5 } else { 6 });
        }
    }
}

#[test]
fn the_whole_globe_of_coarse_hexagons_agrees_on_who_is_next_to_whom() {
    for resolution in 0..=2 {
        let resolution = h3o::Resolution::try_from(resolution).unwrap();
        for index in CellIndex::base_cells().flat_map(|base| base.children(resolution)) {
            let cell = hexagon(index);
            assert!(
                cell.neighbours()
                    .iter()
                    .all(|near| near.neighbours().contains(&cell))
            );
            assert!(
                cell.neighbours()
                    .iter()
                    .all(|near| cell.rings_to(*near) == 1)
            );
            assert_eq!((cell.block()[0], cell.rings_to(cell)), (cell, 0));
        }
    }
}

#[test]
fn rings_between_hexagons_are_the_grid_distance() {
    let cell = Grid::hex(8).unwrap().cell_at(Dice::new(23).place());
    let index = CellIndex::try_from(cell.to_u64()).unwrap();
    for (other, rings) in index.grid_disk_distances_safe(5) {
        assert_eq!(cell.rings_to(hexagon(other)), rings);
    }
    assert_eq!(cell.rings_to(cell.parent(Grid::hex(7).unwrap())), u32::MAX);
}

#[test]
fn a_parent_is_the_parent_by_index() {
    let mut dice = Dice::new(24);
    for _ in 0..200 {
        let cell = Grid::hex(15).unwrap().cell_at(dice.place());
        let index = CellIndex::try_from(cell.to_u64()).unwrap();
        for resolution in resolutions() {
            let said = index.parent(resolution.try_into().unwrap()).unwrap();
            assert_eq!(cell.parent(Grid::hex(resolution).unwrap()), hexagon(said));
        }
    }
}

#[test]
fn the_centre_is_in_its_hexagon_and_the_box_is_around_it() {
    let mut dice = Dice::new(25);
    for resolution in resolutions() {
        let grid = Grid::hex(resolution).unwrap();
        for _ in 0..500 {
            let place = dice.place();
            let cell = grid.cell_at(place);
            assert_eq!(grid.cell_at(cell.centre()), cell);
            let bounds = cell.bounds();
            let eastward = (place.lon() - bounds.west).rem_euclid(360.0);
            let width = (bounds.east - bounds.west).rem_euclid(360.0);
            // As near to a border as rounding can take it.
            let rounding = 1e-9;
            assert!(
                (bounds.south - rounding..=bounds.north + rounding).contains(&place.lat()),
                "{place:?} {bounds:?}"
            );
            let inside =
                eastward <= width + rounding || eastward >= 360.0 - rounding || width == 0.0;
            assert!(inside, "{place:?} {bounds:?}");
        }
    }
}

#[test]
fn a_box_across_the_antimeridian_ends_west_of_where_it_begins() {
    let cell = Grid::hex(5)
        .unwrap()
        .cell_at(crate::dice::place(10.0, 180.0));
    let bounds = cell.bounds();
    assert!(bounds.east < bounds.west && bounds.west > 179.0 && bounds.east < -179.0);
}

#[test]
fn the_box_of_the_hexagon_at_a_pole_spans_all_longitudes() {
    for resolution in resolutions() {
        for pole in [90.0, -90.0_f64] {
            let bounds = Grid::hex(resolution)
                .unwrap()
                .cell_at(crate::dice::place(pole, 0.0))
                .bounds();
            assert_eq!((bounds.west, bounds.east), (-180.0, 180.0));
            assert_eq!(
                if pole > 0.0 {
                    bounds.north
                } else {
                    bounds.south
                },
                pole
            );
        }
    }
}
