//! Times as files have them: ISO 8601, or a number since 1970.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Below, a number is taken for seconds: as milliseconds it would lie before 1973.
const LEAST_MS: f64 = 1e11;

/// Milliseconds since 1970. Without an offset it is taken for UTC.
pub(super) fn of_text(text: &str) -> Result<i64, String> {
    let text = text.trim();
    if let Ok(number) = text.parse() {
        return of_number(number);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_millisecond());
    }
    let local: Option<DateTime> = text.parse().ok();
    local
        .and_then(|local| TimeZone::UTC.to_timestamp(local).ok())
        .map(Timestamp::as_millisecond)
        .ok_or_else(|| {
            format!("time {text:?} is neither like 2026-05-01T12:00:00Z nor in milliseconds")
        })
}

pub(super) fn of_number(number: f64) -> Result<i64, String> {
    if !number.is_finite() {
        return Err(format!("time {number} is not a finite number"));
    }
    let is_in_seconds = number.abs() < LEAST_MS;
    let ms = if is_in_seconds {
        number * 1000.0
    } else {
        number
    };
    // Sixteen digits would be microseconds.
    if ms.abs() > 1e14 {
        return Err(format!("time {number} is not in milliseconds"));
    }
    Ok(ms.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_the_same_however_it_is_written() {
        for text in [
            "2026-05-01T12:00:00Z",
            "2026-05-01T14:00:00.000+02:00",
            "2026-05-01 12:00:00",
            " 1777636800000 ",
            "1777636800",
            "1777636800.0",
        ] {
            assert_eq!(of_text(text), Ok(1_777_636_800_000), "{text}");
        }
        assert_eq!(of_text("2026-05-01T12:00:00.25Z"), Ok(1_777_636_800_250));
    }

    #[test]
    fn what_is_no_time_is_said() {
        for text in [
            "",
            "noon",
            "2026-13-01T00:00:00Z",
            "NaN",
            "1777636800000000",
        ] {
            assert!(
                of_text(text).expect_err("no time").contains("time"),
                "{text}"
            );
        }
    }
}
