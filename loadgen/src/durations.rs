//! Durations as people write them.

use std::time::Duration;

/// Whole seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration < Duration::from_secs(1) {
        return Err("it is a second at least".to_owned());
    }
    Ok(Duration::from_secs(duration.as_secs()))
}

/// `1500ms`, `20s`, `5m`, `1h`; a number alone is seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let split = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let seconds = match unit.trim() {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("a duration is like 1500ms, 20s, 5m or 1h".to_owned()),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| "a duration begins with a number")?;
    Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_as_people_write_them() {
        for (text, ms) in [
            ("1500ms", 1500),
            ("20s", 20_000),
            ("5m", 300_000),
            ("2", 2000),
            ("0.5h", 1_800_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "soon", "5 weeks", "-1s", "1e99h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_are_whole_ones() {
        assert_eq!(seconds("1500ms"), Ok(Duration::from_secs(1)));
        assert!(seconds("900ms").is_err());
    }
}
