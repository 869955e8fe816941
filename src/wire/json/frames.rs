//! The parts of `changes` and `nearby` frames in JSON.
//!
//! A hot path: a person costs three copies (the key, the text, everything numeric at once).

use super::super::digits::Piece;
use super::super::people::{Detail, Friend, Person, Stranger, Who, tenths};
use super::super::words::Word;
use super::super::{Mode, Why};
use super::text::put_text;

/// A frame is under way: everything before its lists.
pub(in crate::wire) fn begin_changes(buf: &mut Vec<u8>, seq: u64, at: u64) {
    let mut head = Piece::at_end::<72>(buf);
    head.put(b"{\"changes\":{\"seq\":");
    head.put_whole(seq);
    head.put(b",\"at\":");
    head.put_whole(at);
    head.finish();
}

pub(in crate::wire) fn begin_nearby(
    buf: &mut Vec<u8>,
    id: Option<u32>,
    seq: u64,
    page: bool,
    mode: Mode,
) {
    let mut head = Piece::at_end::<96>(buf);
    head.put(b"{");
    if let Some(id) = id {
        head.put(b"\"id\":");
        head.put_whole(u64::from(id));
        head.put(b",");
    }
    head.put(b"\"nearby\":{\"seq\":");
    head.put_whole(seq);
    if page {
        head.put(b",\"page\":true");
    }
    head.finish();
    put_member(buf, b",\"mode\":\"", mode.text());
    buf.extend_from_slice(b"\",\"people\":[");
}

pub(in crate::wire) fn finish_nearby(buf: &mut Vec<u8>, next: Option<&str>, total: u32) {
    buf.push(b']');
    if let Some(next) = next {
        put_member(buf, b",\"next\":\"", next);
        buf.push(b'"');
    }
    let mut tail = Piece::at_end::<32>(buf);
    tail.put(b",\"total\":");
    tail.put_whole(u64::from(total));
    tail.put(b"}}");
    tail.finish();
}

/// A key with its opening quote and a text, without the closing one.
fn put_member(buf: &mut Vec<u8>, key: &[u8], text: &str) {
    buf.extend_from_slice(key);
    put_text(buf, text);
}

pub(in crate::wire) fn put_person(buf: &mut Vec<u8>, person: &Person<'_>, detail: Detail) {
    match person {
        Person::Friend(friend) => put_friend(buf, friend, detail),
        Person::Stranger(stranger) => put_stranger(buf, stranger, detail),
    }
}

fn put_friend(buf: &mut Vec<u8>, friend: &Friend<'_>, detail: Detail) {
    put_member(buf, b"{\"user\":\"", friend.user);
    if detail == Detail::Complete {
        if let Some(name) = friend.name {
            put_member(buf, b"\",\"name\":\"", name);
        }
        if let Some(avatar_url) = friend.avatar_url {
            put_member(buf, b"\",\"avatar_url\":\"", avatar_url);
        }
    }
    let mut place = Piece::at_end::<128>(buf);
    place.put(b"\",\"lat\":");
    place.put_degrees(friend.position.lat_e7());
    place.put(b",\"lon\":");
    place.put_degrees(friend.position.lon_e7());
    place.put(b",\"distance_m\":");
    place.put_tenths(tenths(friend.distance_m));
    place.put(b",\"seen_at\":");
    place.put_whole(friend.seen_at);
    if friend.approximate {
        place.put(b",\"approximate\":true}");
    } else if friend.accuracy_m.is_none()
        && friend.heading_deg.is_none()
        && friend.speed_mps.is_none()
    {
        place.put(b"}");
    } else {
        place.finish();
        put_motion(buf, friend);
        return;
    }
    place.finish();
}

/// Accuracy, heading and speed, and the end of the person.
fn put_motion(buf: &mut Vec<u8>, friend: &Friend<'_>) {
    let mut motion = Piece::at_end::<104>(buf);
    if let Some(accuracy_m) = friend.accuracy_m {
        motion.put(b",\"accuracy_m\":");
        motion.put_tenths(tenths(accuracy_m.into()));
    }
    if let Some(heading_deg) = friend.heading_deg {
        motion.put(b",\"heading_deg\":");
        motion.put_tenths(tenths(heading_deg.into()));
    }
    if let Some(speed_mps) = friend.speed_mps {
        motion.put(b",\"speed_mps\":");
        motion.put_tenths(tenths(speed_mps.into()));
    }
    motion.put(b"}");
    motion.finish();
}

fn put_stranger(buf: &mut Vec<u8>, stranger: &Stranger<'_>, detail: Detail) {
    put_member(buf, b"{\"alias\":\"", stranger.alias);
    if let (Detail::Complete, Some(name)) = (detail, stranger.name) {
        put_member(buf, b"\",\"name\":\"", name);
    }
    put_member(buf, b"\",\"cell\":\"", stranger.cell);
    let mut place = Piece::at_end::<96>(buf);
    place.put(b"\",\"lat\":");
    place.put_degrees(stranger.centre.lat_e7());
    place.put(b",\"lon\":");
    place.put_degrees(stranger.centre.lon_e7());
    place.put(b",\"distance_m\":");
    place.put_tenths(tenths(stranger.distance_m));
    place.put(b",\"seen\":\"");
    place.finish();
    buf.extend_from_slice(stranger.seen.text().as_bytes());
    buf.extend_from_slice(b"\"}");
}

pub(in crate::wire) fn put_exit(buf: &mut Vec<u8>, who: Who<'_>, why: Why) {
    match who {
        Who::User(user) => put_member(buf, b"{\"user\":\"", user),
        Who::Alias(alias) => put_member(buf, b"{\"alias\":\"", alias),
    }
    put_member(buf, b"\",\"why\":\"", why.text());
    buf.extend_from_slice(b"\"}");
}

pub(in crate::wire) fn put_cell(buf: &mut Vec<u8>, cell: &str) {
    put_member(buf, b"\"", cell);
    buf.push(b'"');
}
