//! Where scenes happen: a line that runs north from a café in Seoul, so that distances are known.

use nearcast_grid::{Grid, Position};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) name: &'static str,
    lat: f64,
    lon: f64,
}

const fn on_the_line(name: &'static str, lat: f64) -> Place {
    Place {
        name,
        lat,
        lon: 126.978,
    }
}

pub(crate) const CAFE: Place = on_the_line("CAFE", 37.5665);
/// Too near the café to be a move.
pub(crate) const COUNTER: Place = on_the_line("COUNTER", 37.566_54);
/// In the café's privacy cell.
pub(crate) const NEXT_DOOR: Place = on_the_line("NEXT_DOOR", 37.566_95);
/// In the next privacy cell.
pub(crate) const PARK: Place = on_the_line("PARK", 37.575_5);
/// Within the default radius of the café, the last metres of it.
pub(crate) const BRIDGE: Place = on_the_line("BRIDGE", 37.638_85);
/// Beyond the radius, within the margin.
pub(crate) const BORDER: Place = on_the_line("BORDER", 37.639_45);
/// Beyond both.
pub(crate) const HARBOR: Place = on_the_line("HARBOR", 37.645);
/// Another city.
pub(crate) const BUSAN: Place = Place {
    name: "BUSAN",
    lat: 35.1796,
    lon: 129.0756,
};

const PLACES: [Place; 8] = [
    CAFE, COUNTER, NEXT_DOOR, PARK, BRIDGE, BORDER, HARBOR, BUSAN,
];

impl Place {
    pub(crate) fn position(self) -> Position {
        Position::new(self.lat, self.lon).unwrap()
    }

    /// Some metres north of here.
    pub(crate) fn north(self, metres: f64) -> Self {
        Self {
            lat: self.lat + metres / 110_990.0,
            ..self
        }
    }

    /// What others may know of who is here and shows a cell.
    pub(crate) fn cell(self) -> String {
        let cell = Grid::geohash(6).unwrap().cell_at(self.position());
        cell.text().to_string()
    }
}

/// A position by the name of its place, or a cell's centre by that of the first place in the cell.
pub(crate) fn name_of(position: Position) -> String {
    if let Some(place) = PLACES.iter().find(|place| place.position() == position) {
        return place.name.to_owned();
    }
    let grid = Grid::geohash(6).unwrap();
    let cell = grid.cell_at(position);
    let of_cell = |place: &&Place| grid.cell_at(place.position()) == cell;
    match PLACES.iter().find(of_cell) {
        Some(place) if cell.centre() == position => format!("the cell of {}", place.name),
        _ => format!("{:.5},{:.5}", position.lat(), position.lon()),
    }
}

#[test]
fn the_places_are_as_far_apart_as_the_scenes_need() {
    let metres = |to: Place| nearcast_grid::distance_m(CAFE.position(), to.position());
    assert!(metres(COUNTER) < 10.0);
    assert!((10.0..200.0).contains(&metres(NEXT_DOOR)));
    assert!((900.0..1_100.0).contains(&metres(PARK)));
    assert!((8_000.0..8_047.0).contains(&metres(BRIDGE)));
    assert!((8_047.0..8_147.0).contains(&metres(BORDER)));
    assert!((8_200.0..9_000.0).contains(&metres(HARBOR)));
    assert!(metres(BUSAN) > 300_000.0);
    assert_eq!(CAFE.cell(), NEXT_DOOR.cell());
    assert_ne!(CAFE.cell(), PARK.cell());
}
