//! How many people a frame tells of, at a fraction of the cost of decoding it: the clients share
//! a core, and must never be what is measured.

use nearcast::wire::Encoding;

/// People in a `changes` or `nearby` frame of this bench's server, whose names hold no brace.
#[inline]
pub(crate) fn people(encoding: Encoding, payload: &[u8]) -> u32 {
    match encoding {
        // One brace opens the message, one its body, and one each person.
        Encoding::Json => braces(payload).saturating_sub(2),
        Encoding::Protobuf => messages(payload).unwrap_or(0),
    }
}

#[inline]
fn braces(payload: &[u8]) -> u32 {
    // In blocks whose count fits a byte: that way the compiler makes vectors of it.
    let count = |block: &[u8]| {
        let found = block.iter().map(|byte| u8::from(*byte == b'{'));
        u32::from(found.sum::<u8>())
    };
    payload.chunks(128).map(count).sum()
}

/// The body of an envelope is its last field, 3 or 4; people are its length-delimited fields from
/// 3 to 5, of which `nearby` has a mode (3, a number) and a cursor (5) besides.
fn messages(payload: &[u8]) -> Option<u32> {
    let mut rest = payload;
    while let Some(field) = take(&mut rest)? {
        let Field::Bytes(3 | 4, body) = field else {
            continue;
        };
        let is_nearby = matches!(field, Field::Bytes(3, _));
        let (mut rest, mut people) = (body, 0);
        while let Some(field) = take(&mut rest)? {
            people += match field {
                Field::Bytes(4, _) => 1,
                Field::Bytes(3 | 5, _) if !is_nearby => 1,
                _ => 0,
            };
        }
        return Some(people);
    }
    Some(0)
}

enum Field<'a> {
    Bytes(u64, &'a [u8]),
    Other,
}

/// The next field; the outer none: it is cut short.
#[inline]
fn take<'a>(rest: &mut &'a [u8]) -> Option<Option<Field<'a>>> {
    if rest.is_empty() {
        return Some(None);
    }
    let key = varint(rest)?;
    let skip = match key & 7 {
        0 => {
            varint(rest)?;
            0
        }
        1 => 8,
        5 => 4,
        2 => {
            let len = usize::try_from(varint(rest)?).ok()?;
            let (body, after) = rest.split_at_checked(len)?;
            *rest = after;
            return Some(Some(Field::Bytes(key >> 3, body)));
        }
        _ => return None,
    };
    *rest = rest.get(skip..)?;
    Some(Some(Field::Other))
}

#[inline]
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use nearcast::wire::{ChangesWriter, Friend, Mode, NearbyWriter, Person, Who, Why};
    use nearcast_grid::Position;

    use super::*;

    fn person() -> Person<'static> {
        Person::Friend(Friend {
            user: "a00001",
            name: Some("Ann"),
            avatar_url: None,
            position: Position::new(1.0, 2.0).unwrap(),
            distance_m: 3.5,
            seen_at: 1_800_000_000_000,
            approximate: false,
            accuracy_m: Some(4.0),
            heading_deg: None,
            speed_mps: None,
        })
    }

    #[test]
    fn the_count_is_that_of_the_writer() {
        for encoding in Encoding::ALL {
            for (entered, moved, exited) in [(0, 1, 0), (3, 4, 5), (1, 0, 0), (0, 300, 0)] {
                let mut frame = Vec::new();
                let mut changes = ChangesWriter::begin(&mut frame, encoding, 7, 1_800_000_000_000);
                (0..entered).for_each(|_| changes.entered(&person()));
                (0..moved).for_each(|_| changes.moved(&person()));
                (0..exited).for_each(|_| changes.exited(Who::User("a00002"), Why::Left));
                changes.finish();
                assert_eq!(people(encoding, &frame), entered + moved + exited);
            }
            for (count, next) in [(0, None), (1, None), (40, Some("cursor"))] {
                let mut frame = Vec::new();
                let begin = NearbyWriter::begin;
                let mut nearby = begin(&mut frame, encoding, None, 1, false, Mode::Friends);
                (0..count).for_each(|_| nearby.person(&person()));
                nearby.finish(next, 40);
                assert_eq!(people(encoding, &frame), count);
            }
        }
    }

    #[test]
    fn what_is_cut_short_tells_of_nobody() {
        assert_eq!(people(Encoding::Protobuf, &[0x22, 200]), 0);
        assert_eq!(people(Encoding::Json, b""), 0);
    }
}
