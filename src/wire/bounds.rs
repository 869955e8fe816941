//! What a value on the wire may be, and the checks that name field and fault.
//!
//! Both encodings meet here: a rule stands once.

use std::fmt;
use std::ops::RangeInclusive;

use nearcast_grid::Position;

use super::refused::Wrong;
use super::words::Word;
use super::{Mode, Modes, UserId};

/// Most bytes of one message in either encoding; also `socket.max_message`.
pub const MAX_MESSAGE: usize = 16 * 1024;

/// How far a view may reach, and how far it does unasked: five miles.
pub const RADIUS_M: RangeInclusive<f64> = 100.0..=50_000.0;
pub const DEFAULT_RADIUS_M: f64 = 8047.0;

/// How many people a page may have, and how many it has unasked.
pub const LIMIT: RangeInclusive<u32> = 1..=100;
pub const DEFAULT_LIMIT: u32 = 20;

/// How long a timed sharing may last: a year.
pub const SHARING_FOR_S: RangeInclusive<u32> = 1..=366 * 24 * 3600;

/// A quarter of the earth's circumference says as little as can be said, and is below the 2^24 from
/// where on an `f32` does not tell whole metres apart.
const ACCURACY_M: RangeInclusive<f32> = 0.0..=10_000_000.0;
const HEADING_DEG: RangeInclusive<f32> = 0.0..=360.0;
/// Above what anything near the ground reaches, below what makes arithmetic strange.
const SPEED_MPS: RangeInclusive<f32> = 0.0..=100_000.0;
const LAT: RangeInclusive<f64> = -90.0..=90.0;
const LON: RangeInclusive<f64> = -180.0..=180.0;
/// The year 10889: a time in ms that JSON numbers hold exactly.
pub(super) const TIME_MS: RangeInclusive<u64> = 0..=1 << 48;

/// Most bytes of the texts that the server makes and a client brings back.
const MAX_OPAQUE: usize = 512;
/// Most characters of a report's reason.
const MAX_REASON: usize = 1000;
/// A token may fill a message but for what surrounds it.
const MAX_TOKEN: usize = MAX_MESSAGE - 1024;

const _: () = assert!(MAX_OPAQUE + MAX_TOKEN < MAX_MESSAGE, "a hello holds both");
const _: () = assert!(4 * MAX_REASON < MAX_MESSAGE, "a report holds its reason");

/// A number within its range. NaN is in none.
pub(crate) fn within<T: PartialOrd + fmt::Display>(
    field: &str,
    value: T,
    range: &RangeInclusive<T>,
) -> Result<T, Wrong> {
    if range.contains(&value) {
        return Ok(value);
    }
    let (from, to) = (range.start(), range.end());
    Err(Wrong::new(
        field,
        format_args!("{value} is outside {from}..={to}"),
    ))
}

pub(crate) fn radius_m(value: Option<f64>) -> Result<Option<f64>, Wrong> {
    value.map(|v| within("radius_m", v, &RADIUS_M)).transpose()
}

/// A length that the server states.
pub(super) fn metres(field: &str, value: Option<f64>) -> Result<(), Wrong> {
    value
        .map(|v| within(field, v, &(0.0..=f64::MAX)).map(drop))
        .unwrap_or(Ok(()))
}

pub(crate) fn limit(value: Option<u32>) -> Result<Option<u32>, Wrong> {
    value.map(|v| within("limit", v, &LIMIT)).transpose()
}

pub(super) fn sharing_for_s(value: Option<u32>) -> Result<Option<u32>, Wrong> {
    value
        .map(|v| within("sharing_for_s", v, &SHARING_FOR_S))
        .transpose()
}

pub(crate) fn time_ms(field: &str, value: u64) -> Result<u64, Wrong> {
    within(field, value, &TIME_MS)
}

pub(super) fn accuracy_m(value: Option<f32>) -> Result<Option<f32>, Wrong> {
    positive_zero("accuracy_m", value, &ACCURACY_M)
}

pub(super) fn speed_mps(value: Option<f32>) -> Result<Option<f32>, Wrong> {
    positive_zero("speed_mps", value, &SPEED_MPS)
}

/// 360 is 0.
pub(super) fn heading_deg(value: Option<f32>) -> Result<Option<f32>, Wrong> {
    let heading = positive_zero("heading_deg", value, &HEADING_DEG)?;
    Ok(heading.map(|heading| if heading == 360.0 { 0.0 } else { heading }))
}

/// A number within its range, -0.0 as 0.0.
fn positive_zero(
    field: &str,
    value: Option<f32>,
    range: &RangeInclusive<f32>,
) -> Result<Option<f32>, Wrong> {
    value
        .map(|value| within(field, value, range).map(|value| value + 0.0))
        .transpose()
}

/// `lat` and `lon`, both required: a missing one is never 0.
pub(crate) fn position(lat: Option<f64>, lon: Option<f64>) -> Result<Position, Wrong> {
    let lat = within("lat", lat.ok_or_else(|| Wrong::missing("lat"))?, &LAT)?;
    let lon = within("lon", lon.ok_or_else(|| Wrong::missing("lon"))?, &LON)?;
    Position::new(lat, lon).map_err(|error| Wrong::new("lat", error))
}

pub(crate) fn user(field: &str, text: &str) -> Result<UserId, Wrong> {
    UserId::new(text).map_err(|error| Wrong::new(field, error))
}

/// A text that the server made: an alias, a cursor, a resume token.
pub(crate) fn opaque(field: &str, text: String) -> Result<String, Wrong> {
    if text.is_empty() {
        return Err(Wrong::new(field, "is missing or empty"));
    }
    sized(field, text, MAX_OPAQUE)
}

/// Only that it fits: an empty one is as bad as any other that is not believed.
pub(super) fn token(text: String) -> Result<String, Wrong> {
    sized("token", text, MAX_TOKEN)
}

fn sized(field: &str, text: String, most: usize) -> Result<String, Wrong> {
    let bytes = text.len();
    if bytes > most {
        let sentence = format_args!("{bytes} bytes are more than {most}");
        return Err(Wrong::new(field, sentence));
    }
    Ok(text)
}

pub(crate) fn reason(text: Option<String>) -> Result<Option<String>, Wrong> {
    match text {
        Some(text) if text.chars().count() > MAX_REASON => Err(Wrong::new(
            "reason",
            format_args!("more than {MAX_REASON} characters"),
        )),
        text => Ok(text),
    }
}

/// A number of the `.proto` that must have a meaning in this version.
pub(super) fn word<W: Word>(field: &str, number: i32) -> Result<W, Wrong> {
    W::from_number(number).ok_or_else(|| Wrong::new(field, format_args!("{number} is no value")))
}

/// A list of modes without duplicates. An absent list is `None`: protobuf has no empty one.
pub(super) fn modes(numbers: &[i32]) -> Result<Option<Modes>, Wrong> {
    let mut modes = None;
    for &number in numbers {
        let mode = word::<Mode>("modes", number)?;
        let so_far: Modes = modes.unwrap_or_default();
        if so_far.has(mode) {
            return Err(Wrong::new("modes", format_args!("{mode} twice")));
        }
        modes = Some(so_far.with(mode));
    }
    Ok(modes)
}
