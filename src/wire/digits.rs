//! Numbers as decimal text, eight digits at a time, and a stack buffer to put them together in.
//!
//! A hot path: no table to miss the cache, no division by a variable, one copy into the frame
//! instead of one capacity check per digit.

/// The eight decimal digits of a number below 10⁸, first digit in the lowest byte.
///
/// Each step splits every lane in two, with a multiplication for the division:
/// 4 + 4 digits, then 2 + 2 + 2 + 2, then eight single ones.
fn eight(number: u32) -> u64 {
    debug_assert!(number < 100_000_000);
    let number = u64::from(number);
    let fours = number / 10_000 | (number % 10_000) << 32;
    let hundreds = (fours * 10_486 >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | (fours - 100 * hundreds) << 16;
    let tens = (twos * 103 >> 10) & 0x000f_000f_000f_000f;
    tens | (twos - 10 * tens) << 8
}

const ZEROS: u64 = 0x3030_3030_3030_3030;

/// A piece of a frame that is being written in place, at the end of a buffer.
///
/// The buffer is made longer by the longest text that the piece may get, plus 8 (a number writes
/// whole words and counts only its digits), and cut to what was written. Writing on the stack
/// first would read back what was just stored in other widths, which stalls.
pub(super) struct Piece<'b> {
    buf: &'b mut Vec<u8>,
    len: usize,
}

impl<'b> Piece<'b> {
    pub(super) fn at_end<const MOST: usize>(buf: &'b mut Vec<u8>) -> Self {
        let len = buf.len();
        buf.extend_from_slice(&[0; MOST]);
        Self { buf, len }
    }

    pub(super) fn finish(self) {
        self.buf.truncate(self.len);
    }

    /// Puts a text of known length: a move or two, not a `memcpy`.
    pub(super) fn put<const M: usize>(&mut self, text: &[u8; M]) {
        self.buf[self.len..][..M].copy_from_slice(text);
        self.len += M;
    }

    fn put_digits(&mut self, digits: u64, skip: u32) {
        let text = (digits ^ ZEROS) >> (8 * skip);
        self.buf[self.len..][..8].copy_from_slice(&text.to_le_bytes());
        self.len += 8 - skip as usize;
    }

    /// A number below 10⁸ without leading zeros.
    fn put_small(&mut self, number: u32) {
        let digits = eight(number);
        self.put_digits(digits, (digits.trailing_zeros() / 8).min(7));
    }

    /// A whole number.
    pub(super) fn put_whole(&mut self, number: u64) {
        const WORD: u64 = 100_000_000;
        if number < WORD {
            self.put_small(number as u32);
        } else {
            let rest = (number % WORD) as u32;
            match number / WORD {
                high if high < WORD => self.put_small(high as u32),
                high => {
                    self.put_small((high / WORD) as u32);
                    self.put_digits(eight((high % WORD) as u32), 0);
                }
            }
            self.put_digits(eight(rest), 0);
        }
    }

    /// Degrees from units of 10⁻⁷ degree, always with seven decimals.
    pub(super) fn put_degrees(&mut self, e7: i32) {
        if e7 < 0 {
            self.put(b"-");
        }
        let magnitude = e7.unsigned_abs();
        self.put_small(magnitude / 10_000_000);
        // Seven digits have a leading zero among eight: the point takes its place.
        let fraction = eight(magnitude % 10_000_000);
        self.put_digits(fraction ^ u64::from(b'.' ^ b'0'), 0);
    }

    /// A number from its tenths, always with one decimal.
    pub(super) fn put_tenths(&mut self, tenths: u32) {
        self.put_whole(u64::from(tenths / 10));
        self.put(&[b'.', b'0' | (tenths % 10) as u8]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(put: impl FnOnce(&mut Piece<'_>)) -> String {
        let mut buf = Vec::new();
        let mut piece = Piece::at_end::<48>(&mut buf);
        put(&mut piece);
        piece.finish();
        String::from_utf8(buf).unwrap()
    }

    #[test]
    fn whole_numbers_are_written_as_the_standard_library_writes_them() {
        let mut edges = vec![0, u64::MAX];
        for power in 0..20 {
            let n = 10u64.pow(power);
            edges.extend([n - 1, n, n + 1]);
        }
        for n in edges {
            assert_eq!(text(|s| s.put_whole(n)), n.to_string());
        }
    }

    #[test]
    fn every_group_of_eight_digits_splits_right() {
        // Every value of each half, the other half at its extremes.
        for n in 0..10_000 {
            for n in [n, n * 10_000, 99_990_000 + n, n * 10_000 + 9_999] {
                assert_eq!(text(|s| s.put_digits(eight(n), 0)), format!("{n:08}"));
            }
        }
    }

    proptest! {
        #[test]
        fn any_number_is_written_right(n: u64, e7: i32, tenths: u32) {
            prop_assert_eq!(text(|s| s.put_whole(n)), n.to_string());
            let sign = if e7 < 0 { "-" } else { "" };
            let e7_abs = e7.unsigned_abs();
            prop_assert_eq!(
                text(|s| s.put_degrees(e7)),
                format!("{sign}{}.{:07}", e7_abs / 10_000_000, e7_abs % 10_000_000)
            );
            prop_assert_eq!(text(|s| s.put_tenths(tenths)), format!("{}.{}", tenths / 10, tenths % 10));
        }
    }
}
