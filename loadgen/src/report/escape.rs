//! Text of others inside HTML and SVG.

use std::fmt::{self, Display, Formatter, Write as _};

/// Shows `<b>` as `<b>`, wherever it stands: between tags or in a quoted attribute.
pub(super) struct Text<T>(pub(super) T);

impl<T: Display> Display for Text<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(Escape(f), "{}", self.0)
    }
}

struct Escape<'a, 'b>(&'a mut Formatter<'b>);

impl fmt::Write for Escape<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '&' => self.0.write_str("&amp;"),
                '<' => self.0.write_str("&lt;"),
                '>' => self.0.write_str("&gt;"),
                '"' => self.0.write_str("&quot;"),
                '\'' => self.0.write_str("&#39;"),
                '\n' | '\t' => self.0.write_char(character),
                // HTML allows no others.
                control if control.is_control() => self.0.write_char('\u{fffd}'),
                other => self.0.write_char(other),
            }?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_becomes_a_tag_or_ends_an_attribute() {
        let shown = Text("<a href='x'>\"Tom\" & \u{0}\u{1b}[1m Jerry\n").to_string();
        let expected =
            "&lt;a href=&#39;x&#39;&gt;&quot;Tom&quot; &amp; \u{fffd}\u{fffd}[1m Jerry\n";
        assert_eq!(shown, expected);
    }
}
