//! The numbers of one query, from arguments or from a line, checked one by one.

use std::fmt;

use nearcast_grid::{InvalidPosition, Position};

/// As many positions as the command asks about.
pub(crate) fn positions<'a, const N: usize>(
    words: impl IntoIterator<Item = &'a str>,
) -> Result<[Position; N], BadQuery> {
    let words: Vec<&str> = words.into_iter().collect();
    if words.len() != 2 * N {
        return Err(BadQuery::Count {
            expected: 2 * N,
            found: words.len(),
        });
    }
    let mut positions = [Position::unpack(0); N];
    for (position, pair) in positions.iter_mut().zip(words.chunks_exact(2)) {
        let (lat, lon) = (number(pair[0])?, number(pair[1])?);
        *position = Position::new(lat, lon).map_err(BadQuery::Position)?;
    }
    Ok(positions)
}

/// The words of a line: what is between white space and commas.
pub(crate) fn words(line: &[u8]) -> Result<impl Iterator<Item = &str>, BadQuery> {
    let line = std::str::from_utf8(line).map_err(|_| BadQuery::NotUtf8)?;
    let separator = |c: char| c.is_whitespace() || c == ',';
    Ok(line.split(separator).filter(|word| !word.is_empty()))
}

fn number(word: &str) -> Result<f64, BadQuery> {
    word.parse()
        .map_err(|_| BadQuery::NotANumber(word.to_owned()))
}

/// Why a query has no answer.
#[derive(Debug)]
pub(crate) enum BadQuery {
    TooLong { most: usize },
    NotUtf8,
    Count { expected: usize, found: usize },
    NotANumber(String),
    Position(InvalidPosition),
}

impl fmt::Display for BadQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { most } => write!(f, "the line is longer than {most} bytes"),
            Self::NotUtf8 => write!(f, "the line is not UTF-8"),
            Self::Count { expected, found: 0 } => {
                write!(f, "the line is empty; expected {expected} numbers")
            }
            Self::Count { expected, found } => {
                write!(f, "expected {expected} numbers, found {found}")
            }
            // Quoted and escaped, so that an answer stays on its line.
            Self::NotANumber(word) => write!(f, "{word:?} is not a number"),
            Self::Position(invalid) => invalid.fmt(f),
        }
    }
}
