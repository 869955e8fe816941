//! Lengths and directions as people say them.

use nearcast_grid::Position;

const DIRECTIONS: [&str; 8] = [
    "north",
    "north-east",
    "east",
    "south-east",
    "south",
    "south-west",
    "west",
    "north-west",
];

/// The word for the direction from one place to another, on the sphere.
pub(super) fn compass(from: Position, to: Position) -> &'static str {
    let (from_lat, to_lat) = (from.lat().to_radians(), to.lat().to_radians());
    let east = (to.lon() - from.lon()).to_radians();
    let y = east.sin() * to_lat.cos();
    let x = from_lat.cos() * to_lat.sin() - from_lat.sin() * to_lat.cos() * east.cos();
    let eighth = (y.atan2(x).to_degrees() / 45.0).round() as i32;
    DIRECTIONS[eighth.rem_euclid(8) as usize]
}

/// `412 m`, `1.2 km`, `34 km`.
pub(super) fn length(metres: f64) -> String {
    match metres {
        m if m < 999.5 => format!("{m:.0} m"),
        m if m < 9_950.0 => format!("{:.1} km", m / 1000.0),
        m => format!("{:.0} km", m / 1000.0),
    }
}

/// What is given, without anything that a terminal would obey.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64) -> Position {
        Position::new(lat, lon).unwrap()
    }

    #[test]
    fn directions_are_those_of_the_compass() {
        for (from, to, word) in [
            ((0.0, 0.0), (1.0, 0.0), "north"),
            ((0.0, 0.0), (-1.0, 1.0), "south-east"),
            ((60.0, 179.9), (60.0, -179.9), "east"),
            ((60.0, -179.9), (60.0, 179.9), "west"),
            ((50.0, 8.0), (49.0, 6.45), "south-west"),
        ] {
            assert_eq!(compass(at(from.0, from.1), at(to.0, to.1)), word);
        }
    }

    #[test]
    fn lengths_read_as_people_say_them() {
        for (metres, text) in [
            (0.4, "0 m"),
            (999.4, "999 m"),
            (999.6, "1.0 km"),
            (8047.0, "8.0 km"),
            (9960.0, "10 km"),
            (50_000.0, "50 km"),
        ] {
            assert_eq!(length(metres), text);
        }
    }
}
