//! Lines of any length, read with a bounded memory.

use std::io::{self, BufRead};

/// No query is longer; the rest of a longer line is read and forgotten.
pub(crate) const MOST_BYTES: usize = 4096;

pub(crate) struct Lines<R> {
    input: R,
    line: Vec<u8>,
}

pub(crate) enum Line<'a> {
    Whole(&'a [u8]),
    TooLong,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
        }
    }

    /// The next line without its end; None at the end of the input.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let (mut began, mut is_too_long) = (false, false);
        loop {
            let chunk = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                chunk => chunk?,
            };
            if chunk.is_empty() && !began {
                return Ok(None);
            }
            began = true;
            let end = chunk.iter().position(|&byte| byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            if self.line.len() + part.len() > MOST_BYTES {
                is_too_long = true;
            } else {
                self.line.extend_from_slice(part);
            }
            let is_last = chunk.is_empty() || end.is_some();
            let taken = part.len() + usize::from(end.is_some());
            self.input.consume(taken);
            if is_last {
                let line = if is_too_long {
                    Line::TooLong
                } else {
                    Line::Whole(&self.line)
                };
                return Ok(Some(line));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8], buffer: usize) -> Vec<Option<String>> {
        let mut lines = Lines::new(io::BufReader::with_capacity(buffer, input));
        let mut found = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            found.push(match line {
                Line::Whole(line) => Some(String::from_utf8(line.to_vec()).unwrap()),
                Line::TooLong => None,
            });
        }
        found
    }

    #[test]
    fn lines_are_whole_whatever_the_chunks() {
        for buffer in [1, 2, 3, 64] {
            assert_eq!(
                read(b"ab\n\ncde", buffer),
                ["ab", "", "cde"].map(|line| Some(line.to_owned()))
            );
            assert!(read(b"", buffer).is_empty());
        }
    }

    #[test]
    fn a_line_too_long_is_forgotten_and_the_next_is_read() {
        let longest = "x".repeat(MOST_BYTES);
        let input = format!("{longest}\n{longest}y\nz\n{longest}{longest}");
        for buffer in [1, 100, 4096, 100_000] {
            assert_eq!(
                read(input.as_bytes(), buffer),
                [Some(longest.clone()), None, Some("z".to_owned()), None]
            );
        }
    }
}
