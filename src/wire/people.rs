//! People as frames name them, borrowed from wherever they live: nothing is copied to be encoded.

use nearcast_grid::Position;

use super::Seen;
use super::digits::MOST_TENTHS;

/// Somebody near: a friend by `user`, a stranger by `alias`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Person<'a> {
    Friend(Friend<'a>),
    Stranger(Stranger<'a>),
}

/// A friend.
///
/// Distance, accuracy, heading and speed are written to one decimal, the same in both encodings.
/// Of one who shares approximately no accuracy, heading or speed is written, whatever is here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Friend<'a> {
    pub user: &'a str,
    pub name: Option<&'a str>,
    pub avatar_url: Option<&'a str>,
    pub position: Position,
    pub distance_m: f64,
    /// The server's receive time, ms since 1970.
    pub seen_at: u64,
    /// `false` is absent on the wire.
    pub approximate: bool,
    pub accuracy_m: Option<f32>,
    pub heading_deg: Option<f32>,
    pub speed_mps: Option<f32>,
}

/// A stranger: nothing here is finer than the released cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stranger<'a> {
    pub alias: &'a str,
    pub cell: &'a str,
    /// The cell's centre.
    pub centre: Position,
    /// From centre to centre.
    pub distance_m: f64,
    pub seen: Seen,
    /// The profile's `stranger_name`.
    pub name: Option<&'a str>,
}

/// Who an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who<'a> {
    User(&'a str),
    Alias(&'a str),
}

/// How much of a person an entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// With name and avatar, for who is heard of for the first time.
    Complete,
    /// Without them, for who was sent before.
    Place,
}

/// Tenths of a metre, degree or metre per second: what both encodings write.
/// The cast saturates: what is no distance (negative, NaN) is 0, what is too far the farthest.
pub(super) fn tenths(value: f64) -> u32 {
    ((value * 10.0 + 0.5) as u32).min(MOST_TENTHS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_rounded_to_the_nearest_tenth_and_is_never_nonsense() {
        for (metres, expected) in [
            (0.0, 0),
            (0.04, 0),
            (0.06, 1),
            (1033.74, 10_337),
            (1033.76, 10_338),
            (-3.0, 0),
            (f64::NAN, 0),
            (f64::INFINITY, MOST_TENTHS),
            (1e12, MOST_TENTHS),
        ] {
            assert_eq!(tenths(metres), expected, "{metres}");
        }
    }
}
