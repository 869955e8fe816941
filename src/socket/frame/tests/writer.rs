//! The frames of the server.

use fastwebsockets::OpCode;

use super::super::{begin, close, write};

#[test]
fn the_examples_of_the_rfc_are_written_byte_for_byte() {
    let mut out = Vec::new();
    write(&mut out, OpCode::Text, b"Hello");
    assert_eq!(out, b"\x81\x05Hello");
    out.clear();
    write(&mut out, OpCode::Binary, &[7; 256]);
    assert_eq!((&out[..4], out.len()), (&b"\x82\x7e\x01\x00"[..], 260));
    out.clear();
    write(&mut out, OpCode::Binary, &[7; 65536]);
    assert_eq!(out[..10], *b"\x82\x7f\0\0\0\0\0\x01\0\0");
}

#[test]
fn a_frame_encoded_in_place_is_the_same_as_one_that_is_copied() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536, 70_000] {
        let payload: Vec<u8> = (0..length).map(|place| place as u8).collect();
        let (mut copied, mut placed) = (b"before".to_vec(), b"before".to_vec());
        write(&mut copied, OpCode::Binary, &payload);
        let place = begin(&mut placed);
        placed.extend(&payload);
        place.finish(&mut placed, OpCode::Binary);
        assert!(copied == placed, "{length} bytes");
    }
}

#[test]
fn a_frame_taken_back_leaves_what_was_before_it() {
    let mut out = b"before".to_vec();
    let place = begin(&mut out);
    out.extend(b"half a payl");
    place.abandon(&mut out);
    assert_eq!(out, b"before");
}

#[test]
fn a_reason_that_is_too_long_is_cut_between_characters() {
    let mut out = Vec::new();
    close(&mut out, 3001, &"é".repeat(100));
    // 61 characters of two bytes: the 62nd would end at byte 124.
    assert_eq!(out[..4], *b"\x88\x7c\x0b\xb9");
    assert_eq!(str::from_utf8(&out[4..]).unwrap(), "é".repeat(61));
}
