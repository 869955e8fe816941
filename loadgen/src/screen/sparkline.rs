//! The last minute in one row of characters.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A bar for each value, as high as its share of the highest; a blank where there is none.
pub(super) fn sparkline(values: impl Iterator<Item = Option<f64>> + Clone) -> String {
    let most = values.clone().flatten().fold(0.0, f64::max);
    let bar = |value: f64| {
        let share = if most > 0.0 { value / most } else { 0.0 };
        BARS[(share * (BARS.len() - 1) as f64).round() as usize]
    };
    values.map(|value| value.map_or(' ', bar)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[Option<f64>]) -> String {
        sparkline(values.iter().copied())
    }

    #[test]
    fn the_highest_fills_its_row_and_nothing_leaves_a_blank() {
        assert_eq!(of(&[Some(0.0), Some(35.0), None, Some(70.0)]), "▁▅ █");
    }

    #[test]
    fn nothing_but_zeros_lies_on_the_floor() {
        assert_eq!(of(&[Some(0.0); 3]), "▁▁▁");
        assert_eq!(of(&[None; 2]), "  ");
        assert_eq!(of(&[]), "");
    }
}
