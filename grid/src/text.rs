//! Cells as people and other programs write them: base 32 for a geohash, hexadecimal for H3.
//!
//! Writing allocates nothing, since cells are written on the way to every stranger. Reading is
//! what the `geohash` and `h3o` crates do, within the lengths they are right for.

use std::error::Error;
use std::fmt;
use std::ops::Deref;

use crate::cell::Kind;
use crate::geohash::GeoCell;
use crate::hex::HexCell;
use crate::{Cell, Position, Precision};

const BASE_32: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
/// An H3 index without the leading zero that each has.
const HEX_DIGITS: usize = 15;

/// A cell's text, on the stack.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CellText {
    ascii: [u8; HEX_DIGITS],
    len: u8,
}

impl Cell {
    pub fn text(self) -> CellText {
        let mut ascii = [0; HEX_DIGITS];
        let len = match self.kind() {
            Kind::Geo(cell) => {
                let precision = cell.precision().get();
                for place in 0..precision {
                    ascii[usize::from(place)] = BASE_32[usize::from(cell.digit(place))];
                }
                precision
            }
            Kind::Hex(cell) => {
                for (place, digit) in ascii.iter_mut().rev().enumerate() {
                    *digit = b"0123456789abcdef"[(cell.to_u64() >> (4 * place)) as usize & 15];
                }
                HEX_DIGITS as u8
            }
        };
        CellText { ascii, len }
    }

    /// A geohash of 1 to 12 characters, or an H3 index of 15; capitals are accepted.
    pub fn parse(text: &str) -> Result<Self, InvalidCell> {
        let mut ascii = [0; HEX_DIGITS];
        let length = text.chars().count();
        let lower = match ascii.get_mut(..text.len()) {
            Some(lower) if text.is_ascii() => lower,
            _ => return Err(refused(text, length)),
        };
        lower.copy_from_slice(text.as_bytes());
        lower.make_ascii_lowercase();
        let lower = std::str::from_utf8(lower).expect("ASCII is UTF-8");
        match Precision::new(length as u8) {
            Ok(precision) => parse_geohash(lower, precision),
            Err(_) if length == HEX_DIGITS => parse_hex(lower),
            Err(_) => Err(InvalidCell::Length(length)),
        }
    }
}

/// The reason why a text that is too long, or not ASCII, is no cell.
fn refused(text: &str, length: usize) -> InvalidCell {
    let foreign = text.chars().find(|c| !c.is_ascii());
    match foreign {
        Some(character) if length <= HEX_DIGITS => InvalidCell::Character(character),
        _ => InvalidCell::Length(length),
    }
}

fn parse_geohash(text: &str, precision: Precision) -> Result<Cell, InvalidCell> {
    let (centre, _, _) = ::geohash::decode(text).map_err(|_| {
        let foreign = text.chars().find(|&c| !BASE_32.contains(&(c as u8)));
        InvalidCell::Character(foreign.unwrap_or_default())
    })?;
    // To 1e-7 degree the centre is still inside: the finest cell is 1.7e-7 high.
    let centre = Position::new(centre.y, centre.x).expect("a geohash is on the globe");
    Ok(GeoCell::from_position(centre, precision).into())
}

fn parse_hex(text: &str) -> Result<Cell, InvalidCell> {
    if let Some(foreign) = text.chars().find(|c| !c.is_ascii_hexdigit()) {
        return Err(InvalidCell::Character(foreign));
    }
    let cell: h3o::CellIndex = text.parse().map_err(|_| InvalidCell::Index)?;
    Ok(HexCell::from(cell).into())
}

impl Deref for CellText {
    type Target = str;

    fn deref(&self) -> &str {
        std::str::from_utf8(&self.ascii[..usize::from(self.len)]).expect("digits are ASCII")
    }
}

impl fmt::Display for CellText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for CellText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// Why a text is not a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidCell {
    /// Its length in characters.
    Length(usize),
    /// The first one that is not a digit of the grid that its length suggests.
    Character(char),
    /// Fifteen hexadecimal digits that are no cell of H3.
    Index,
}

impl fmt::Display for InvalidCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length(length) => write!(
                f,
                "a text of length {length} is not a cell: a geohash has 1 to 12 characters, an \
                 H3 index 15"
            ),
            Self::Character(character) => {
                write!(f, "the character {character:?} is not a digit of a cell")
            }
            Self::Index => write!(f, "the 15 digits are not the index of an H3 cell"),
        }
    }
}

impl Error for InvalidCell {}
