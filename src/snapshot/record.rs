//! What is kept of somebody beside the index, packed: her exact position, since a GEO score is only
//! good to a foot, when she was seen, and what is needed to honour her consent.
//!
//! Pure. Whatever stands in Redis may come in here.

use nearcast_grid::Position;

use crate::accounts::Kept;
use crate::auth::MAX_POOL;
use crate::wire::{Sharing, UserId};

/// The first byte; a later version of nearcast has a greater one.
pub(super) const VERSION: u8 = 1;
/// Version, latitude, longitude, seen, noted, flags; the pool follows.
const LEAST: usize = 1 + 4 + 4 + 8 + 8 + 1;

const OPEN: u8 = 1 << 2;
const STRANGERS: u8 = 1 << 3;

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    Short,
    Version(u8),
    Position,
    Flags(u8),
    Pool,
}

/// `seen_at`: in Redis' time.
#[must_use]
pub fn encode(kept: &Kept, seen_at: u64) -> Vec<u8> {
    let sharing = match kept.sharing {
        Sharing::Off => 0,
        Sharing::Exact => 1,
        Sharing::Approximate => 2,
    };
    let open = if kept.open { OPEN } else { 0 };
    let strangers = if kept.strangers { STRANGERS } else { 0 };
    let mut bytes = Vec::with_capacity(LEAST + kept.pool.len());
    bytes.push(VERSION);
    bytes.extend(kept.position.lat_e7().to_be_bytes());
    bytes.extend(kept.position.lon_e7().to_be_bytes());
    bytes.extend(seen_at.to_be_bytes());
    bytes.extend(kept.noted_at.to_be_bytes());
    bytes.push(sharing | open | strangers);
    bytes.extend(kept.pool.as_bytes());
    bytes
}

/// What is kept of a user, seen in Redis' time.
///
/// # Errors
/// What is wrong with the bytes.
pub fn decode(user: UserId, bytes: &[u8]) -> Result<Kept, Malformed> {
    if let Some(&version) = bytes.first().filter(|&&version| version != VERSION) {
        return Err(Malformed::Version(version));
    }
    let (head, pool) = bytes.split_first_chunk::<LEAST>().ok_or(Malformed::Short)?;
    let &[_, ref numbers @ .., flags] = head;
    let word = |at: usize| {
        let bytes = numbers[at..at + 4].try_into();
        u32::from_be_bytes(bytes.expect("four bytes are four"))
    };
    let long = |at: usize| u64::from(word(at)) << 32 | u64::from(word(at + 4));
    let position = Position::from_e7(word(0) as i32, word(4) as i32);
    let sharing = match flags & !(OPEN | STRANGERS) {
        0 => Sharing::Off,
        1 => Sharing::Exact,
        2 => Sharing::Approximate,
        _ => return Err(Malformed::Flags(flags)),
    };
    let pool = std::str::from_utf8(pool).map_err(|_| Malformed::Pool)?;
    if pool.len() > MAX_POOL {
        return Err(Malformed::Pool);
    }
    Ok(Kept {
        user,
        position: position.map_err(|_| Malformed::Position)?,
        seen_at: long(8),
        noted_at: long(16),
        sharing,
        open: flags & OPEN != 0,
        strangers: flags & STRANGERS != 0,
        pool: pool.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ann() -> UserId {
        UserId::new("ann").unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Kept, Malformed> {
        decode(ann(), bytes)
    }

    fn kept() -> impl Strategy<Value = Kept> {
        let sharing = prop_oneof![
            Just(Sharing::Off),
            Just(Sharing::Exact),
            Just(Sharing::Approximate)
        ];
        let place = (-90.0..=90.0, -180.0..=180.0);
        (
            place,
            any::<(u64, u64)>(),
            sharing,
            any::<(bool, bool)>(),
            "[a-zé]{0,20}",
        )
            .prop_map(
                |((lat, lon), (seen_at, noted_at), sharing, (open, strangers), pool)| Kept {
                    user: ann(),
                    position: Position::new(lat, lon).unwrap(),
                    seen_at,
                    noted_at,
                    sharing,
                    open,
                    strangers,
                    pool,
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_kept_is_read_back(kept in kept()) {
            prop_assert_eq!(read(&encode(&kept, kept.seen_at)), Ok(kept));
        }

        #[test]
        fn any_bytes_are_a_record_or_malformed(
            mut bytes in prop::collection::vec(any::<u8>(), LEAST..48),
            flags in 0..32_u8,
        ) {
            (bytes[0], bytes[LEAST - 1]) = (VERSION, flags);
            // Half of them on the globe.
            (bytes[1], bytes[5]) = (bytes[1] % 64, bytes[5] % 128);
            if let Ok(kept) = read(&bytes) {
                prop_assert_eq!(read(&encode(&kept, kept.seen_at)), Ok(kept));
            }
        }
    }

    #[test]
    fn what_is_no_record_is_named() {
        let pole = Kept {
            user: ann(),
            position: Position::new(90.0, 0.0).unwrap(),
            seen_at: 1,
            noted_at: 1,
            sharing: Sharing::Exact,
            open: false,
            strangers: false,
            pool: String::new(),
        };
        let good = encode(&pole, 1);
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            read(&bytes)
        };
        assert_eq!(read(&good[..LEAST - 1]), Err(Malformed::Short));
        assert_eq!(with(0, 2), Err(Malformed::Version(2)));
        assert_eq!(with(1, 0x7f), Err(Malformed::Position));
        assert_eq!(with(LEAST - 1, 3), Err(Malformed::Flags(3)));
        let long = [good.clone(), vec![b'x'; MAX_POOL + 1]].concat();
        assert_eq!(read(&long), Err(Malformed::Pool));
        let odd = [good, vec![0xff]].concat();
        assert_eq!(read(&odd), Err(Malformed::Pool));
    }
}
