use ::geohash::{Coord, Direction, decode_bbox, encode, neighbor};
use nearcast_grid::geohash::{GeoCell, columns, rows};
use nearcast_grid::{Bounds, Cell, Grid, Position, Precision};

use crate::dice::{Dice, place};

fn precisions() -> impl Iterator<Item = Precision> {
    (1..=Precision::MOST).map(|p| Precision::new(p).unwrap())
}

fn cell(lat: f64, lon: f64, precision: u8) -> String {
    Grid::geohash(precision)
        .unwrap()
        .cell_at(place(lat, lon))
        .text()
        .to_string()
}

fn neighbours(text: &str) -> Vec<String> {
    Cell::parse(text)
        .unwrap()
        .neighbours()
        .iter()
        .map(|cell| cell.text().to_string())
        .collect()
}

#[test]
fn inside_of_cells_every_precision_is_what_the_crate_says() {
    let mut dice = Dice::new(11);
    for _ in 0..20_000 {
        let place = dice.place();
        // The crate takes the north pole for the south pole, see below.
        if place.lat() == 90.0 {
            continue;
        }
        for precision in precisions() {
            let found = Grid::Geohash(precision).cell_at(place);
            let centre = Coord {
                x: place.lon(),
                y: place.lat(),
            };
            let said = encode(centre, precision.get().into()).unwrap();
            assert_eq!(&*found.text(), said, "{place:?}");
        }
    }
}

#[test]
fn bounds_are_what_the_crate_says() {
    let mut dice = Dice::new(12);
    for _ in 0..5_000 {
        let place = dice.place();
        for precision in precisions() {
            let cell = Grid::Geohash(precision).cell_at(place);
            let said = decode_bbox(&cell.text()).unwrap();
            let Bounds {
                south,
                west,
                north,
                east,
            } = cell.bounds();
            assert_eq!((west, south), said.min().x_y());
            assert_eq!((east, north), said.max().x_y());
            assert!((south..=north).contains(&place.lat()) && (west..=east).contains(&place.lon()));
        }
    }
}

#[test]
fn neighbours_are_what_the_crate_says_away_from_the_poles() {
    const AROUND: [Direction; 8] = [
        Direction::N,
        Direction::NE,
        Direction::E,
        Direction::SE,
        Direction::S,
        Direction::SW,
        Direction::W,
        Direction::NW,
    ];
    let mut dice = Dice::new(13);
    for _ in 0..2_000 {
        let place = dice.place();
        for precision in precisions() {
            let cell = Grid::Geohash(precision).cell_at(place);
            let Bounds { south, north, .. } = cell.bounds();
            if south == -90.0 || north == 90.0 {
                continue;
            }
            let said = AROUND.map(|direction| neighbor(&cell.text(), direction).unwrap());
            assert_eq!(neighbours(&cell.text()), said, "around {}", cell.text());
        }
    }
}

#[test]
fn the_north_pole_is_in_the_top_row_where_the_crate_says_south() {
    assert_eq!(encode(Coord { x: 0.0, y: 90.0 }, 6).unwrap(), "h00000");
    assert_eq!(cell(90.0, 0.0, 6), "upbpbp");
    assert_eq!(cell(90.0, -180.0, 6), "bpbpbp");
    assert_eq!(cell(90.0, 179.9999999, 12), "zzzzzzzzzzzz");
    assert_eq!(cell(-90.0, 0.0, 6), "h00000");
    assert_eq!(cell(-90.0, -180.0, 12), "000000000000");
}

#[test]
fn longitude_180_is_in_the_westmost_column() {
    assert_eq!(cell(0.0, 180.0, 6), "800000");
    assert_eq!(cell(0.0, -180.0, 6), "800000");
    assert_eq!(cell(0.0, 179.9999999, 6), "xbpbpb");
    assert_eq!(cell(90.0, 180.0, 6), "bpbpbp");
}

#[test]
fn a_border_point_belongs_to_the_north_east_cell() {
    assert_eq!(cell(0.0, 0.0, 6), "s00000");
    assert_eq!(cell(-1e-7, 0.0, 6), "kpbpbp");
    assert_eq!(cell(0.0, -1e-7, 6), "ebpbpb");
    assert_eq!(cell(-1e-7, -1e-7, 6), "7zzzzz");
    let mut dice = Dice::new(14);
    for _ in 0..20_000 {
        for precision in precisions() {
            // Borders that seven decimals can name: the first nine cuts of 180°, ten of 360°.
            let rows_apart = (rows(precision) >> 9).max(1);
            let columns_apart = (columns(precision) >> 10).max(1);
            let row = dice.below((rows(precision) / rows_apart).into()) as u32 * rows_apart;
            let column =
                dice.below((columns(precision) / columns_apart).into()) as u32 * columns_apart;
            let lat_e7 = i64::from(row) * 1_800_000_000 / i64::from(rows(precision)) - 900_000_000;
            let lon_e7 =
                i64::from(column) * 3_600_000_000 / i64::from(columns(precision)) - 1_800_000_000;
            let corner = Position::from_e7(lat_e7 as i32, lon_e7 as i32).unwrap();
            let found = GeoCell::from_position(corner, precision);
            assert_eq!((found.row(), found.column()), (row, column), "{corner:?}");
            if row > 0 {
                let below = Position::from_e7(lat_e7 as i32 - 1, lon_e7 as i32).unwrap();
                assert_eq!(GeoCell::from_position(below, precision).row(), row - 1);
            }
        }
    }
}

#[test]
fn rows_beyond_a_pole_do_not_exist() {
    assert_eq!(neighbours("z"), ["b", "8", "x", "w", "y"]);
    assert_eq!(neighbours("0"), ["2", "3", "1", "p", "r"]);
    assert_eq!(
        neighbours("upbpbp"),
        ["upbpbr", "upbpbq", "upbpbn", "gzzzzy", "gzzzzz"]
    );
    assert_eq!(
        neighbours("h00000"),
        ["h00001", "h00003", "h00002", "5bpbpb", "5bpbpc"]
    );
}

#[test]
fn neighbours_reach_across_the_antimeridian() {
    assert_eq!(
        neighbours("800000"),
        [
            "800001", "800003", "800002", "2pbpbr", "2pbpbp", "rzzzzz", "xbpbpb", "xbpbpc"
        ]
    );
    assert_eq!(neighbours("x"), ["z", "b", "8", "2", "r", "q", "w", "y"]);
}

#[test]
fn a_block_is_the_cell_then_its_neighbours_each_once() {
    let mut dice = Dice::new(15);
    for _ in 0..2_000 {
        let place = dice.place();
        for precision in precisions() {
            let cell = Grid::Geohash(precision).cell_at(place);
            let block = cell.block();
            assert_eq!((block[0], &block[1..]), (cell, &*cell.neighbours()));
            let mut once = block.to_vec();
            once.sort();
            once.dedup();
            assert_eq!(once.len(), block.len());
            assert!(block.len() == 9 || block.len() == 6);
            assert!(
                block[1..]
                    .iter()
                    .all(|near| cell.rings_to(*near) == 1 && near.neighbours().contains(&cell))
            );
        }
    }
}

#[test]
fn a_parent_is_the_beginning_of_the_text() {
    let mut dice = Dice::new(16);
    for _ in 0..1_000 {
        let cell = Grid::geohash(12).unwrap().cell_at(dice.place());
        for precision in precisions() {
            let parent = cell.parent(Grid::Geohash(precision));
            assert_eq!(*parent.text(), cell.text()[..precision.get().into()]);
            assert_eq!(parent.grid(), Grid::Geohash(precision));
        }
    }
}

#[test]
fn a_parent_in_another_grid_is_the_cell_at_the_centre() {
    let cell = Cell::parse("wydm9q").unwrap();
    for grid in [Grid::geohash(9).unwrap(), Grid::hex(7).unwrap()] {
        assert_eq!(cell.parent(grid), grid.cell_at(cell.centre()));
    }
}

#[test]
fn the_centre_is_in_its_cell_at_every_precision() {
    let mut dice = Dice::new(17);
    for _ in 0..5_000 {
        let place = dice.place();
        for precision in precisions() {
            let cell = Grid::Geohash(precision).cell_at(place);
            assert_eq!(Grid::Geohash(precision).cell_at(cell.centre()), cell);
        }
    }
}

#[test]
fn rows_and_columns_lead_back_to_the_cell() {
    let mut dice = Dice::new(18);
    for _ in 0..5_000 {
        let place = dice.place();
        for precision in precisions() {
            let cell = GeoCell::from_position(place, precision);
            let (row, column) = (i64::from(cell.row()), i64::from(cell.column()));
            for turn in [-1, 0, 1] {
                let turned = column + turn * i64::from(columns(precision));
                assert_eq!(GeoCell::from_row_column(row, turned, precision), Some(cell));
            }
            assert_eq!(GeoCell::from_row_column(-1, column, precision), None);
            assert_eq!(
                GeoCell::from_row_column(rows(precision).into(), column, precision),
                None
            );
        }
    }
}

#[test]
fn rings_count_rows_and_columns_the_shorter_way() {
    let rings = |a: &str, b: &str| Cell::parse(a).unwrap().rings_to(Cell::parse(b).unwrap());
    assert_eq!(rings("s", "s"), 0);
    assert_eq!(rings("8", "x"), 1);
    assert_eq!(rings("b", "p"), 3);
    assert_eq!(rings("8", "s"), 4);
    assert_eq!(rings("s0", "s"), u32::MAX);
    assert_eq!(rings("s", "8928308280fffff"), u32::MAX);
}
