//! The parts of `changes` and `nearby` frames in JSON.
//!
//! A hot path: a person costs three copies (the key, the text, everything numeric at once).

use super::super::digits::append;
use super::super::people::{Detail, Friend, Person, Stranger, Who, tenths};
use super::super::words::Word;
use super::super::{Mode, Why};
use super::text::put_text;

/// A frame is under way: everything before its lists.
pub(in crate::wire) fn begin_changes(buf: &mut Vec<u8>, seq: u64, at: u64) {
    append::<72>(buf, |head| {
        head.put(b"{\"changes\":{\"seq\":");
        head.put_whole(seq);
        head.put(b",\"at\":");
        head.put_whole(at);
    });
}

pub(in crate::wire) fn begin_nearby(
    buf: &mut Vec<u8>,
    id: Option<u32>,
    seq: u64,
    page: bool,
    mode: Mode,
) {
    append::<96>(buf, |head| {
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
    });
    put_member(buf, b",\"mode\":\"", mode.text());
    buf.extend_from_slice(b"\",\"people\":[");
}

pub(in crate::wire) fn finish_nearby(buf: &mut Vec<u8>, next: Option<&str>, total: u32) {
    buf.push(b']');
    if let Some(next) = next {
        put_member(buf, b",\"next\":\"", next);
        buf.push(b'"');
    }
    append::<32>(buf, |tail| {
        tail.put(b",\"total\":");
        tail.put_whole(u64::from(total));
        tail.put(b"}}");
    });
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
    append::<104>(buf, |place| {
        place.put(b"\",\"lat\":");
        place.put_degrees(friend.position.lat_e7());
        place.put(b",\"lon\":");
        place.put_degrees(friend.position.lon_e7());
        place.put(b",\"distance_m\":");
        place.put_tenths(tenths(friend.distance_m));
        place.put(b",\"seen_at\":");
        place.put_whole(friend.seen_at);
    });
    if friend.approximate {
        buf.extend_from_slice(b",\"approximate\":true");
    } else {
        put_motion(buf, friend);
    }
    buf.push(b'}');
}

/// Accuracy, heading and speed.
fn put_motion(buf: &mut Vec<u8>, friend: &Friend<'_>) {
    put_tenths(buf, b",\"accuracy_m\":", friend.accuracy_m);
    put_tenths(buf, b",\"heading_deg\":", friend.heading_deg);
    put_tenths(buf, b",\"speed_mps\":", friend.speed_mps);
}

fn put_tenths<const N: usize>(buf: &mut Vec<u8>, key: &[u8; N], value: Option<f32>) {
    if let Some(value) = value {
        append::<40>(buf, |piece| {
            piece.put(key);
            piece.put_tenths(tenths(value.into()));
        });
    }
}

fn put_stranger(buf: &mut Vec<u8>, stranger: &Stranger<'_>, detail: Detail) {
    put_member(buf, b"{\"alias\":\"", stranger.alias);
    if let (Detail::Complete, Some(name)) = (detail, stranger.name) {
        put_member(buf, b"\",\"name\":\"", name);
    }
    put_member(buf, b"\",\"cell\":\"", stranger.cell);
    append::<96>(buf, |place| {
        place.put(b"\",\"lat\":");
        place.put_degrees(stranger.centre.lat_e7());
        place.put(b",\"lon\":");
        place.put_degrees(stranger.centre.lon_e7());
        place.put(b",\"distance_m\":");
        place.put_tenths(tenths(stranger.distance_m));
        place.put(b",\"seen\":\"");
    });
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
