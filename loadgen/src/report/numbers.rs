//! Numbers for readers: no more digits than mean something, and always a unit.

/// Whole and grouped from a hundred on, else with as many decimals as still mean something.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 99.95 || value.fract() == 0.0 {
        return grouped(value);
    }
    let decimals = match size {
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value <= -0.5 { "-" } else { "" });
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

pub(crate) fn count(value: u64) -> String {
    grouped(value as f64)
}

pub(crate) fn ms(value: f64) -> String {
    if value >= 1000.0 {
        return format!("{} s", number(value / 1000.0));
    }
    format!("{} ms", number(value))
}

pub(crate) fn per_s(value: f64) -> String {
    format!("{}/s", number(value))
}

pub(crate) fn cores(value: f64) -> String {
    format!("{} cores", number(value))
}

pub(crate) fn bytes(value: f64) -> String {
    match value {
        1e9.. => format!("{} GB", number(value / 1e9)),
        1e6.. => format!("{} MB", number(value / 1e6)),
        1e3.. => format!("{} kB", number(value / 1e3)),
        _ => format!("{} B", number(value)),
    }
}

pub(crate) fn seconds(value: f64) -> String {
    match value {
        7_200.0.. => format!("{} h", number(value / 3_600.0)),
        180.0.. => format!("{} min", number(value / 60.0)),
        _ => format!("{} s", number(value)),
    }
}

/// "1 fault", "2,000 faults".
pub(crate) fn many(value: u64, noun: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_what_means_something() {
        for (value, shown) in [
            (0.0, "0"),
            (7.0, "7"),
            (0.0312, "0.031"),
            (1.0312, "1.03"),
            (12.34, "12.3"),
            (20.01, "20"),
            (99.96, "100"),
            (970.4, "970"),
            (1_234_567.8, "1,234,568"),
            (-1234.0, "-1,234"),
        ] {
            assert_eq!(number(value), shown);
        }
    }

    #[test]
    fn units_grow_with_the_value() {
        assert_eq!(ms(0.842), "0.842 ms");
        assert_eq!(ms(2_047.0), "2.05 s");
        assert_eq!(bytes(12_300_000.0), "12.3 MB");
        assert_eq!(bytes(512.0), "512 B");
        assert_eq!(seconds(20.0), "20 s");
        assert_eq!(seconds(5_400.0), "90 min");
        assert_eq!(many(1, "fault"), "1 fault");
        assert_eq!(many(2_000, "fault"), "2,000 faults");
    }
}
