//! Cursors: where a list was cut, in a text that only this server can write. A client that could
//! write one could ask from where it is not.

use std::hash::Hasher;

use nearcast_grid::Position;
use siphasher::sip::SipHasher24;

use crate::wire::Mode;

use super::Broker;
use super::slot::Slot;
use super::user::IdBuffer;
use super::worker::Denied;

/// The last person of a page, and from where the list is sorted.
#[derive(Debug, PartialEq)]
pub(super) struct Cursor {
    mode: Mode,
    /// Friends: a packed position. Strangers: a cell.
    origin: u64,
    /// Strangers: the turn of aliases that break ties; the cursor ends with it.
    pub(super) turn: u64,
    distance_m: f64,
    id: Box<str>,
}

impl Cursor {
    pub(super) fn new(mode: Mode, origin: u64, turn: u64, distance_m: f64, id: &str) -> Self {
        Self {
            mode,
            origin,
            turn,
            distance_m,
            id: id.into(),
        }
    }

    pub(super) fn position(&self) -> Option<Position> {
        Some(Position::unpack(self.origin))
    }

    pub(super) fn origin(&self) -> u64 {
        self.origin
    }

    /// Whether the cursor's person comes before this one.
    pub(super) fn is_before(&self, distance_m: f64, id: &str) -> bool {
        let by_distance = self.distance_m.total_cmp(&distance_m);
        by_distance.then_with(|| (*self.id).cmp(id)).is_lt()
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![match self.mode {
            Mode::Friends => 1,
            Mode::Strangers => 2,
        }];
        for word in [self.origin, self.turn, self.distance_m.to_bits()] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(self.id.as_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&mode, rest) = bytes.split_first()?;
        let (words, id) = rest.split_at_checked(24)?;
        let mut words = words
            .chunks_exact(8)
            .map(|word| word.try_into().map(u64::from_le_bytes));
        let mut word = || words.next()?.ok();
        Some(Self {
            mode: if mode == 1 {
                Mode::Friends
            } else {
                Mode::Strangers
            },
            origin: word()?,
            turn: word()?,
            distance_m: f64::from_bits(word()?),
            id: std::str::from_utf8(id).ok()?.into(),
        })
    }
}

impl Broker {
    pub(super) fn write_cursor(&self, viewer: Slot, cursor: &Cursor) -> String {
        use std::fmt::Write;
        let bytes = cursor.to_bytes();
        let seal = self.seal(viewer, &bytes).to_le_bytes();
        let mut text = String::with_capacity(2 * (bytes.len() + seal.len()));
        for byte in seal.iter().chain(&bytes) {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    pub(super) fn read_cursor(
        &self,
        viewer: Slot,
        mode: Mode,
        text: &str,
    ) -> Result<Cursor, Denied> {
        let digits = text.as_bytes().chunks(2).map(|pair| {
            std::str::from_utf8(pair)
                .ok()
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
        });
        let bytes: Option<Vec<u8>> = digits.collect();
        let bytes = bytes.ok_or(Denied::Cursor)?;
        let (seal, body) = bytes.split_at_checked(8).ok_or(Denied::Cursor)?;
        if seal != self.seal(viewer, body).to_le_bytes() {
            return Err(Denied::Cursor);
        }
        Cursor::from_bytes(body)
            .filter(|cursor| cursor.mode == mode)
            .ok_or(Denied::Cursor)
    }

    fn seal(&self, viewer: Slot, body: &[u8]) -> u64 {
        let mut key = [0; 16];
        key.copy_from_slice(&self.config.key[16..]);
        let mut hasher = SipHasher24::new_with_key(&key);
        let mut buffer: IdBuffer = [0; 64];
        let id = self
            .roster
            .id(viewer, &self.world.resident(viewer).id, &mut buffer);
        hasher.write(b"cursor");
        hasher.write(id.as_bytes());
        hasher.write_u8(0);
        hasher.write(body);
        hasher.finish()
    }
}
