//! The parts of `changes` and `nearby` frames in protobuf, byte for byte as `prost` writes them:
//! fields in the order of their tags, shortest varints, a field without presence left out at 0.
//!
//! A hot path: a person's length is computed before it is written, its numbers are one copy.

use super::super::people::{Detail, Friend, Person, Stranger, Who, tenths};
use super::super::words::Word;
use super::super::{Mode, Why};

/// Field numbers, as in `nearcast.proto`.
pub(in crate::wire) mod tag {
    pub(in crate::wire) const ID: u8 = 1;
    pub(in crate::wire) const NEARBY: u8 = 3;
    pub(in crate::wire) const CHANGES: u8 = 4;

    pub(in crate::wire) mod nearby {
        pub(in crate::wire) const SEQ: u8 = 1;
        pub(in crate::wire) const PAGE: u8 = 2;
        pub(in crate::wire) const MODE: u8 = 3;
        pub(in crate::wire) const PEOPLE: u8 = 4;
        pub(in crate::wire) const NEXT: u8 = 5;
        pub(in crate::wire) const TOTAL: u8 = 6;
    }

    pub(in crate::wire) mod changes {
        pub(in crate::wire) const SEQ: u8 = 1;
        pub(in crate::wire) const AT: u8 = 2;
        pub(in crate::wire) const ENTERED: u8 = 3;
        pub(in crate::wire) const MOVED: u8 = 4;
        pub(in crate::wire) const EXITED: u8 = 5;
        pub(in crate::wire) const CELLS: u8 = 6;
    }

    pub(in crate::wire) mod person {
        pub(in crate::wire) const USER: u8 = 1;
        pub(in crate::wire) const ALIAS: u8 = 2;
        pub(in crate::wire) const LAT: u8 = 3;
        pub(in crate::wire) const LON: u8 = 4;
        pub(in crate::wire) const DISTANCE_M: u8 = 5;
        pub(in crate::wire) const SEEN_AT: u8 = 6;
        pub(in crate::wire) const ACCURACY_M: u8 = 7;
        pub(in crate::wire) const HEADING_DEG: u8 = 8;
        pub(in crate::wire) const SPEED_MPS: u8 = 9;
        pub(in crate::wire) const APPROXIMATE: u8 = 10;
        pub(in crate::wire) const CELL: u8 = 11;
        pub(in crate::wire) const SEEN: u8 = 12;
        pub(in crate::wire) const NAME: u8 = 13;
        pub(in crate::wire) const AVATAR_URL: u8 = 14;
    }

    pub(in crate::wire) mod exited {
        pub(in crate::wire) const USER: u8 = 1;
        pub(in crate::wire) const ALIAS: u8 = 2;
        pub(in crate::wire) const WHY: u8 = 3;
    }
}

const VARINT: u8 = 0;
const FIXED64: u8 = 1;
const LENGTH: u8 = 2;
const FIXED32: u8 = 5;

/// The one byte that starts a field whose number is below 16.
const fn key(tag: u8, wire_type: u8) -> u8 {
    assert!(tag < 16, "two bytes would be needed");
    tag << 3 | wire_type
}

/// Bytes of a varint.
pub(in crate::wire) fn varint_len(value: u64) -> usize {
    // Seven bits a byte, without a division: 9/64 is close enough to 1/7 up to 64 bits.
    let bits = 63 - (value | 1).leading_zeros() as usize;
    (bits * 9 + 73) / 64
}

pub(in crate::wire) fn put_varint(buf: &mut Vec<u8>, value: u64) {
    let mut piece = Piece::<10>::new();
    piece.put_varint(value);
    buf.extend_from_slice(piece.as_bytes());
}

/// Some fields on the stack, copied into the frame at once.
struct Piece<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Piece<N> {
    fn new() -> Self {
        Self {
            bytes: [0; N],
            len: 0,
        }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn put<const M: usize>(&mut self, bytes: [u8; M]) {
        self.bytes[self.len..][..M].copy_from_slice(&bytes);
        self.len += M;
    }

    fn put_varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.put([value as u8 | 0x80]);
            value >>= 7;
        }
        self.put([value as u8]);
    }

    fn put_double(&mut self, tag: u8, value: f64) {
        self.put([key(tag, FIXED64)]);
        self.put(value.to_le_bytes());
    }

    fn put_float_from_tenths(&mut self, tag: u8, tenths: u32) {
        self.put([key(tag, FIXED32)]);
        self.put(((f64::from(tenths) / 10.0) as f32).to_le_bytes());
    }

    fn put_number(&mut self, tag: u8, value: u64) {
        self.put([key(tag, VARINT)]);
        self.put_varint(value);
    }

    /// Degrees and distance of a person. A distance of 0 is left out: it has no presence.
    fn put_place(&mut self, position: nearcast_grid::Position, distance_m: f64) {
        self.put_double(tag::person::LAT, f64::from(position.lat_e7()) / 1e7);
        self.put_double(tag::person::LON, f64::from(position.lon_e7()) / 1e7);
        let tenths = tenths(distance_m);
        if tenths != 0 {
            self.put_double(tag::person::DISTANCE_M, f64::from(tenths) / 10.0);
        }
    }
}

fn text_len(text: &str) -> usize {
    1 + varint_len(text.len() as u64) + text.len()
}

pub(in crate::wire) fn put_text(buf: &mut Vec<u8>, tag: u8, text: &str) {
    put_head(buf, tag, text.len());
    buf.extend_from_slice(text.as_bytes());
}

/// Starts a field of `len` bytes.
fn put_head(buf: &mut Vec<u8>, tag: u8, len: usize) {
    if len < 0x80 {
        buf.extend_from_slice(&[key(tag, LENGTH), len as u8]);
    } else {
        buf.push(key(tag, LENGTH));
        put_varint(buf, len as u64);
    }
}

pub(in crate::wire) fn put_person(buf: &mut Vec<u8>, tag: u8, person: &Person<'_>, detail: Detail) {
    match person {
        Person::Friend(friend) => put_friend(buf, tag, friend, detail),
        Person::Stranger(stranger) => put_stranger(buf, tag, stranger, detail),
    }
}

fn put_friend(buf: &mut Vec<u8>, tag: u8, friend: &Friend<'_>, detail: Detail) {
    let mut numbers = Piece::<56>::new();
    numbers.put_place(friend.position, friend.distance_m);
    numbers.put_number(tag::person::SEEN_AT, friend.seen_at);
    if friend.approximate {
        numbers.put([key(tag::person::APPROXIMATE, VARINT), 1]);
    } else {
        for (tag, value) in [
            (tag::person::ACCURACY_M, friend.accuracy_m),
            (tag::person::HEADING_DEG, friend.heading_deg),
            (tag::person::SPEED_MPS, friend.speed_mps),
        ] {
            if let Some(value) = value {
                numbers.put_float_from_tenths(tag, tenths(value.into()));
            }
        }
    }
    let (name, avatar_url) = match detail {
        Detail::Complete => (friend.name, friend.avatar_url),
        Detail::Place => (None, None),
    };
    let len = text_len(friend.user)
        + numbers.len
        + name.map_or(0, text_len)
        + avatar_url.map_or(0, text_len);
    put_head(buf, tag, len);
    put_text(buf, tag::person::USER, friend.user);
    buf.extend_from_slice(numbers.as_bytes());
    if let Some(name) = name {
        put_text(buf, tag::person::NAME, name);
    }
    if let Some(avatar_url) = avatar_url {
        put_text(buf, tag::person::AVATAR_URL, avatar_url);
    }
}

fn put_stranger(buf: &mut Vec<u8>, tag: u8, stranger: &Stranger<'_>, detail: Detail) {
    let mut numbers = Piece::<27>::new();
    numbers.put_place(stranger.centre, stranger.distance_m);
    let seen = [key(tag::person::SEEN, VARINT), stranger.seen.number() as u8];
    let name = stranger.name.filter(|_| detail == Detail::Complete);
    let len = text_len(stranger.alias)
        + numbers.len
        + text_len(stranger.cell)
        + seen.len()
        + name.map_or(0, text_len);
    put_head(buf, tag, len);
    put_text(buf, tag::person::ALIAS, stranger.alias);
    buf.extend_from_slice(numbers.as_bytes());
    put_text(buf, tag::person::CELL, stranger.cell);
    buf.extend_from_slice(&seen);
    if let Some(name) = name {
        put_text(buf, tag::person::NAME, name);
    }
}

pub(in crate::wire) fn put_exit(buf: &mut Vec<u8>, who: Who<'_>, why: Why) {
    let (tag, text) = match who {
        Who::User(user) => (tag::exited::USER, user),
        Who::Alias(alias) => (tag::exited::ALIAS, alias),
    };
    put_head(buf, tag::changes::EXITED, text_len(text) + 2);
    put_text(buf, tag, text);
    buf.extend_from_slice(&[key(tag::exited::WHY, VARINT), why.number() as u8]);
}

/// Starts the body of a `ServerMessage`; its length follows in [`finish_body`].
/// Two bytes are kept for it: a frame of 128 to 16,383 bytes needs no shift.
pub(in crate::wire) fn begin_body(buf: &mut Vec<u8>, tag: u8) -> usize {
    buf.extend_from_slice(&[key(tag, LENGTH), 0, 0]);
    buf.len()
}

/// Writes the length of the body that starts at `body`, in the fewest bytes.
pub(in crate::wire) fn finish_body(buf: &mut Vec<u8>, body: usize) {
    let end = buf.len();
    let mut len = Piece::<10>::new();
    len.put_varint((end - body) as u64);
    let start = body - 2 + len.len;
    if len.len > 2 {
        buf.resize(end + len.len - 2, 0);
    }
    if start != body {
        buf.copy_within(body..end, start);
        buf.truncate(start + end - body);
    }
    buf[body - 2..start].copy_from_slice(len.as_bytes());
}

pub(in crate::wire) fn begin_changes(buf: &mut Vec<u8>, seq: u64, at: u64) {
    let mut head = Piece::<22>::new();
    if seq != 0 {
        head.put_number(tag::changes::SEQ, seq);
    }
    if at != 0 {
        head.put_number(tag::changes::AT, at);
    }
    buf.extend_from_slice(head.as_bytes());
}

pub(in crate::wire) fn put_id(buf: &mut Vec<u8>, id: u32) {
    let mut head = Piece::<6>::new();
    head.put_number(tag::ID, id.into());
    buf.extend_from_slice(head.as_bytes());
}

pub(in crate::wire) fn begin_nearby(buf: &mut Vec<u8>, seq: u64, page: bool, mode: Mode) {
    let mut head = Piece::<16>::new();
    if seq != 0 {
        head.put_number(tag::nearby::SEQ, seq);
    }
    if page {
        head.put_number(tag::nearby::PAGE, 1);
    }
    head.put_number(tag::nearby::MODE, mode.number() as u64);
    buf.extend_from_slice(head.as_bytes());
}

pub(in crate::wire) fn finish_nearby(buf: &mut Vec<u8>, next: Option<&str>, total: u32) {
    if let Some(next) = next {
        put_text(buf, tag::nearby::NEXT, next);
    }
    if total != 0 {
        let mut tail = Piece::<6>::new();
        tail.put_number(tag::nearby::TOTAL, total.into());
        buf.extend_from_slice(tail.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_varint_has_the_length_it_is_given() {
        for bits in 0..64 {
            for value in [1u64 << bits, (1 << bits) - 1, u64::MAX >> bits] {
                let mut buf = Vec::new();
                put_varint(&mut buf, value);
                assert_eq!(buf.len(), varint_len(value), "{value}");
            }
        }
    }
}
