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
    let fours = (number / 10_000) | ((number % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - 100 * hundreds) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((twos - 10 * tens) << 8)
}

/// The text of 0–255 and its length: whole degrees are the commonest small numbers.
static SMALLEST: [[u8; 4]; 256] = {
    let mut table = [[0; 4]; 256];
    let mut number = 0;
    while number < 256 {
        let digits = [number / 100, number / 10 % 10, number % 10];
        let skip = (number < 100) as usize + (number < 10) as usize;
        let mut digit = skip;
        while digit < 3 {
            table[number][digit - skip] = b'0' + digits[digit] as u8;
            digit += 1;
        }
        table[number][3] = 3 - skip as u8;
        number += 1;
    }
    table
};

/// The most tenths that [`Piece::put_tenths`] writes: eight digits and one.
pub(super) const MOST_TENTHS: u32 = 999_999_999;

const ZEROS: u64 = 0x3030_3030_3030_3030;

/// A piece of a frame that is being written in place, at the end of a buffer.
///
/// The buffer is made longer by the longest text that the piece may get, plus 8 (a number writes
/// whole words and counts only its digits), and cut to what was written. Writing on the stack
/// first would read back what was just stored in other widths, which stalls.
pub(super) struct Piece<'b, const MOST: usize> {
    bytes: &'b mut [u8; MOST],
    len: usize,
}

/// Appends what `write` puts into a piece of at most `MOST` bytes.
pub(super) fn append<const MOST: usize>(
    buf: &mut Vec<u8>,
    write: impl FnOnce(&mut Piece<'_, MOST>),
) {
    let start = buf.len();
    buf.extend_from_slice(&[0; MOST]);
    let bytes = buf.last_chunk_mut().expect("MOST bytes were just appended");
    let mut piece = Piece { bytes, len: 0 };
    write(&mut piece);
    let len = piece.len;
    buf.truncate(start + len);
}

impl<const MOST: usize> Piece<'_, MOST> {
    /// Puts a text of known length: a move or two, not a `memcpy`.
    pub(super) fn put<const M: usize>(&mut self, text: &[u8; M]) {
        self.bytes[self.len..][..M].copy_from_slice(text);
        self.len += M;
    }

    #[inline(always)]
    fn put_digits(&mut self, digits: u64, skip: u32) {
        let text = (digits ^ ZEROS) >> (8 * skip);
        self.bytes[self.len..][..8].copy_from_slice(&text.to_le_bytes());
        self.len += 8 - skip as usize;
    }

    /// A number below 10⁸ without leading zeros.
    #[inline(always)]
    fn put_small(&mut self, number: u32) {
        let digits = eight(number);
        self.put_digits(digits, (digits.trailing_zeros() / 8).min(7));
    }

    /// A whole number.
    #[inline(always)]
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
    #[inline(always)]
    pub(super) fn put_degrees(&mut self, e7: i32) {
        if e7 < 0 {
            self.put(b"-");
        }
        let magnitude = e7.unsigned_abs();
        let [text @ .., len] = SMALLEST[(magnitude / 10_000_000) as usize];
        self.bytes[self.len..][..3].copy_from_slice(&text);
        self.len += usize::from(len);
        // Seven digits have a leading zero among eight: the point takes its place.
        let fraction = eight(magnitude % 10_000_000);
        self.put_digits(fraction ^ u64::from(b'.' ^ b'0'), 0);
    }

    /// A number from its tenths, always with one decimal.
    #[inline(always)]
    pub(super) fn put_tenths(&mut self, tenths: u32) {
        debug_assert!(tenths <= MOST_TENTHS);
        self.put_small(tenths / 10);
        self.put(&[b'.', b'0' | (tenths % 10) as u8]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(put: impl FnOnce(&mut Piece<'_, 48>)) -> String {
        let mut buf = Vec::new();
        append(&mut buf, put);
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
        fn any_number_is_written_right(n: u64, e7: i32, tenths in 0..=MOST_TENTHS) {
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
