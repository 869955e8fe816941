//! What is kept of somebody beside the index, packed: her exact position, since a GEO score is only
//! good to a foot, when she was seen, and what is needed to honour her consent.
//!
//! Pure. Whatever stands in Redis may come in here.

use nearcast_grid::Position;

use crate::auth::MAX_POOL;
use crate::wire::Sharing;

/// The first byte, for those who come later.
const VERSION: u8 = 1;
/// Version, latitude, longitude, seen, flags; the pool follows.
const LEAST: usize = 1 + 4 + 4 + 8 + 1;

const OPEN: u8 = 1 << 2;
const STRANGERS: u8 = 1 << 3;

#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    pub position: Position,
    /// In Redis' time.
    pub seen_at: u64,
    pub sharing: Sharing,
    pub open: bool,
    pub strangers: bool,
    pub pool: String,
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    Short,
    Version(u8),
    Position,
    Flags(u8),
    Pool,
}

impl Record {
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let sharing = match self.sharing {
            Sharing::Off => 0,
            Sharing::Exact => 1,
            Sharing::Approximate => 2,
        };
        let open = if self.open { OPEN } else { 0 };
        let strangers = if self.strangers { STRANGERS } else { 0 };
        let mut bytes = Vec::with_capacity(LEAST + self.pool.len());
        bytes.push(VERSION);
        bytes.extend(self.position.lat_e7().to_be_bytes());
        bytes.extend(self.position.lon_e7().to_be_bytes());
        bytes.extend(self.seen_at.to_be_bytes());
        bytes.push(sharing | open | strangers);
        bytes.extend(self.pool.as_bytes());
        bytes
    }

    /// # Errors
    /// What is wrong with the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let (head, pool) = bytes.split_at_checked(LEAST).ok_or(Malformed::Short)?;
        let word =
            |at: usize| i32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        if head[0] != VERSION {
            return Err(Malformed::Version(head[0]));
        }
        let position = Position::from_e7(word(1), word(5)).map_err(|_| Malformed::Position)?;
        let seen_at = u64::from(word(9) as u32) << 32 | u64::from(word(13) as u32);
        let flags = head[17];
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
        Ok(Self {
            position,
            seen_at,
            sharing,
            open: flags & OPEN != 0,
            strangers: flags & STRANGERS != 0,
            pool: pool.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record() -> impl Strategy<Value = Record> {
        let sharing = prop_oneof![
            Just(Sharing::Off),
            Just(Sharing::Exact),
            Just(Sharing::Approximate)
        ];
        let place = (-90.0..=90.0, -180.0..=180.0);
        (
            place,
            any::<u64>(),
            sharing,
            any::<(bool, bool)>(),
            "[a-zé]{0,20}",
        )
            .prop_map(
                |((lat, lon), seen_at, sharing, (open, strangers), pool)| Record {
                    position: Position::new(lat, lon).unwrap(),
                    seen_at,
                    sharing,
                    open,
                    strangers,
                    pool,
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_kept_is_read_back(record in record()) {
            prop_assert_eq!(Record::decode(&record.encode()), Ok(record));
        }

        #[test]
        fn any_bytes_are_a_record_or_malformed(
            mut bytes in prop::collection::vec(any::<u8>(), LEAST..40),
            flags in 0..32_u8,
        ) {
            (bytes[0], bytes[17]) = (VERSION, flags);
            // Half of them on the globe.
            (bytes[1], bytes[5]) = (bytes[1] % 64, bytes[5] % 128);
            if let Ok(record) = Record::decode(&bytes) {
                prop_assert_eq!(Record::decode(&record.encode()), Ok(record));
            }
        }
    }

    #[test]
    fn what_is_no_record_is_named() {
        let good = Record {
            position: Position::new(90.0, 0.0).unwrap(),
            seen_at: 1,
            sharing: Sharing::Exact,
            open: false,
            strangers: false,
            pool: String::new(),
        }
        .encode();
        let with = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            Record::decode(&bytes)
        };
        assert_eq!(Record::decode(&good[..17]), Err(Malformed::Short));
        assert_eq!(with(0, 2), Err(Malformed::Version(2)));
        assert_eq!(with(1, 0x7f), Err(Malformed::Position));
        assert_eq!(with(17, 3), Err(Malformed::Flags(3)));
        let long = [good.clone(), vec![b'x'; MAX_POOL + 1]].concat();
        assert_eq!(Record::decode(&long), Err(Malformed::Pool));
        let odd = [good, vec![0xff]].concat();
        assert_eq!(Record::decode(&odd), Err(Malformed::Pool));
    }
}
