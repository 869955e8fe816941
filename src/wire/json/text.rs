//! JSON string literals: copied whole when nothing needs escaping, which is looked at eight
//! bytes at a time.

/// Appends the inside of a JSON string literal.
pub(super) fn put_text(buf: &mut Vec<u8>, text: &str) {
    if is_plain(text.as_bytes()) {
        buf.extend_from_slice(text.as_bytes());
    } else {
        put_escaped(buf, text);
    }
}

/// Whether no byte needs escaping. May only err on the side of `false`.
fn is_plain(text: &[u8]) -> bool {
    let (words, rest) = text.as_chunks::<8>();
    words
        .iter()
        .all(|word| special(u64::from_le_bytes(*word)) == 0)
        && rest
            .iter()
            .all(|&byte| byte >= b' ' && byte != b'"' && byte != b'\\')
}

/// Not 0 when one of eight bytes is a quote, a backslash or a control character.
fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = ONES << 7;
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
    let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    (below(word, 0x20) | equal(b'"') | equal(b'\\')) & HIGHS
}

#[cold]
fn put_escaped(buf: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for &byte in text.as_bytes() {
        match byte {
            b'"' | b'\\' => buf.extend_from_slice(&[b'\\', byte]),
            0x00..0x20 => buf.extend_from_slice(&[
                b'\\',
                b'u',
                b'0',
                b'0',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]),
            _ => buf.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_back(text: &str) -> String {
        let mut literal = vec![b'"'];
        put_text(&mut literal, text);
        literal.push(b'"');
        serde_json::from_slice(&literal).unwrap()
    }

    #[test]
    fn every_byte_is_judged_right_at_every_place_of_a_word() {
        for byte in 0..=0xffu8 {
            for place in 0..9 {
                let mut text = *b"aaaaaaaaa";
                text[place] = byte;
                let plain = byte >= 0x20 && byte != b'"' && byte != b'\\';
                assert_eq!(is_plain(&text), plain, "byte {byte:#x} at {place}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was(text: String, spiced in r#"[a-z"\\\x00-\x1f]{0,40}"#) {
            prop_assert_eq!(read_back(&text), text);
            prop_assert_eq!(read_back(&spiced), spiced);
        }
    }
}
