use nearcast_grid::{Cell, Grid, Position, Precision, Resolution};

use crate::dice::{Dice, place, walk};
use crate::hex::around_the_pentagons;

/// The last position of the cell on a straight way out of it.
fn on_the_border(cell: Cell, heading_deg: f64, diameter_m: f64) -> Position {
    let (mut inside_m, mut outside_m) = (0.0, diameter_m);
    for _ in 0..30 {
        let middle_m = (inside_m + outside_m) / 2.0;
        let is_inside = cell
            .grid()
            .cell_at(walk(cell.centre(), heading_deg, middle_m))
            == cell;
        *(if is_inside {
            &mut inside_m
        } else {
            &mut outside_m
        }) = middle_m;
    }
    walk(cell.centre(), heading_deg, inside_m)
}

/// Walks the reach from the border of the cell, in the direction one left it and in others,
/// and ends in the block each time. A position is a little beside where the walk ended: 1 cm.
fn holds_its_reach(cell: Cell, diameter_m: f64, dice: &mut Dice) {
    const ROUNDING_M: f64 = 0.01;
    let block = cell.block();
    for _ in 0..8 {
        let heading = dice.between(0.0, 360.0);
        let from = on_the_border(cell, heading, diameter_m);
        for turn in [0.0, dice.between(-90.0, 90.0)] {
            let to = walk(from, heading + turn, (cell.reach_m() - ROUNDING_M).max(0.0));
            let arrived = cell.grid().cell_at(to);
            assert!(
                block.contains(&arrived),
                "{} from {from:?} to {to:?}",
                cell.text()
            );
        }
    }
}

#[test]
fn whoever_is_within_reach_of_a_geohash_is_in_its_block() {
    let mut dice = Dice::new(31);
    for precision in 1..=10 {
        let diameter_m = 8e6 / 5.6_f64.powi(precision - 1);
        for _ in 0..100 {
            let cell = Grid::geohash(precision as u8)
                .unwrap()
                .cell_at(dice.place());
            holds_its_reach(cell, diameter_m, &mut dice);
        }
    }
}

#[test]
fn whoever_is_within_reach_of_a_hexagon_is_in_its_block() {
    let mut dice = Dice::new(32);
    for resolution in 0..=Resolution::MOST - 2 {
        let grid = Grid::hex(resolution).unwrap();
        let diameter_m = 3.2e6 / 7_f64.sqrt().powi(resolution.into());
        let anywhere = (0..50)
            .map(|_| grid.cell_at(dice.place()))
            .collect::<Vec<_>>();
        let pentagons = around_the_pentagons(resolution);
        let pentagons = pentagons
            .into_iter()
            .map(|index| Cell::from_u64(index.into()).unwrap());
        for cell in anywhere.into_iter().chain(pentagons.step_by(3)) {
            holds_its_reach(cell, diameter_m, &mut dice);
        }
    }
}

#[test]
fn the_reach_of_a_geohash_is_not_less_than_it_could_be() {
    for lat in [0.1, 37.0, -59.0, 61.0, 75.0, -84.0] {
        for precision in 4..=9 {
            let cell = Grid::geohash(precision).unwrap().cell_at(place(lat, 10.0));
            let bounds = cell.bounds();
            let (edge, poleward) = if lat > 0.0 {
                (bounds.north, 0.0)
            } else {
                (bounds.south, 180.0)
            };
            let corner = place(edge - 1e-7 * lat.signum(), bounds.east - 1e-7);
            let leaves = [90.0, poleward, 180.0 - poleward].iter().any(|&heading| {
                let to = walk(corner, heading, cell.reach_m() * 1.05 + 0.1);
                !cell.block().contains(&cell.grid().cell_at(to))
            });
            assert!(leaves, "{} from {corner:?}", cell.text());
        }
    }
}

#[test]
fn the_reach_of_a_hexagon_is_about_the_length_of_an_edge() {
    let mut dice = Dice::new(33);
    for resolution in 0..=Resolution::MOST {
        let edge_m = h3o::Resolution::try_from(resolution)
            .unwrap()
            .edge_length_m();
        let anywhere = (0..200)
            .map(|_| Grid::hex(resolution).unwrap().cell_at(dice.place()))
            .collect::<Vec<_>>();
        let pentagons = around_the_pentagons(resolution);
        let pentagons = pentagons
            .into_iter()
            .map(|index| Cell::from_u64(index.into()).unwrap());
        for cell in anywhere.into_iter().chain(pentagons) {
            let edges = cell.reach_m() / edge_m;
            assert!(
                (0.65..1.15).contains(&edges),
                "{}: {edges} edges",
                cell.text()
            );
        }
    }
}

#[test]
fn where_all_columns_meet_nothing_is_guaranteed() {
    for precision in 1..=Precision::MOST {
        for pole in [90.0, -90.0] {
            assert_eq!(
                Grid::geohash(precision)
                    .unwrap()
                    .cell_at(place(pole, 5.0))
                    .reach_m(),
                0.0
            );
        }
    }
}

#[test]
fn the_reach_everybody_can_look_up() {
    let reach = |text: &str| Cell::parse(text).unwrap().reach_m().round();
    // Seoul: 4.9 km cells, 180 / 2^12 degrees high; 1.2 by 0.6 km ones.
    assert_eq!((reach("wydm9"), reach("wydm9q")), (3882.0, 610.0));
}
