//! A time as a client says it: whole milliseconds, or with a fraction, as Swift's clock has it.

use serde::de::{Deserialize, Deserializer, Error};
use serde_json::Number;

use crate::wire::bounds::TIME_MS;

pub(in crate::wire) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let Some(said) = Option::<Number>::deserialize(from)? else {
        return Ok(None);
    };
    let floored = || {
        let latest = *TIME_MS.end() as f64;
        let ms = said.as_f64().filter(|ms| (0.0..=latest).contains(ms));
        ms.map(|ms| ms as u64)
    };
    let ms = said.as_u64().or_else(floored);
    ms.map(Some)
        .ok_or_else(|| D::Error::custom(format!("{said} is no time in ms since 1970")))
}
