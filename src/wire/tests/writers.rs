//! What the writers hold back, whatever they are handed, and the order they may be called in.

use nearcast_grid::Position;

use crate::wire::server::{Changes, PersonBuf};
use crate::wire::{
    ChangesWriter, Encoding, Event, Friend, Mode, NearbyWriter, Person, Seen, Stranger, Who, Why,
    decode_server,
};

fn bob() -> Friend<'static> {
    Friend {
        user: "bob",
        name: Some("Bob"),
        avatar_url: Some("https://img.example.org/bob.png"),
        position: Position::new(37.5651, 126.98955).unwrap(),
        distance_m: 1033.7,
        seen_at: 1_795_000_000_000,
        approximate: false,
        accuracy_m: Some(8.0),
        heading_deg: Some(90.0),
        speed_mps: Some(1.4),
    }
}

/// One `changes` frame, written and read back.
fn changes(encoding: Encoding, write: impl FnOnce(&mut ChangesWriter<'_>)) -> Changes {
    let mut buf = Vec::new();
    let mut frame = ChangesWriter::begin(&mut buf, encoding, 1, 2);
    write(&mut frame);
    frame.finish();
    match decode_server(encoding, &buf).unwrap().body {
        Event::Changes(changes) => changes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_approximate_friend_has_no_accuracy_heading_or_speed_whatever_is_handed_in() {
    let frank = Person::Friend(Friend {
        approximate: true,
        ..bob()
    });
    for encoding in Encoding::ALL {
        let read = changes(encoding, |frame| frame.entered(&frank));
        let PersonBuf::Friend(read) = &read.entered[0] else {
            panic!("a friend")
        };
        assert!(read.approximate);
        let motion = (read.accuracy_m, read.heading_deg, read.speed_mps);
        assert_eq!(motion, (None, None, None));
    }
}

#[test]
fn who_moved_is_written_without_name_and_avatar() {
    let stranger = Person::Stranger(Stranger {
        alias: "a-5tq0",
        cell: "wydm9q",
        centre: bob().position,
        distance_m: 967.2,
        seen: Seen::Now,
        name: Some("D."),
    });
    for encoding in Encoding::ALL {
        let read = changes(encoding, |frame| {
            frame.moved(&Person::Friend(bob()));
            frame.moved(&stranger);
        });
        let [PersonBuf::Friend(friend), PersonBuf::Stranger(stranger)] = &read.moved[..] else {
            panic!("a friend and a stranger")
        };
        assert_eq!((&friend.name, &friend.avatar_url), (&None, &None));
        assert_eq!(stranger.name, None);
    }
}

#[test]
fn sections_come_in_any_order() {
    let bob = Person::Friend(bob());
    for encoding in Encoding::ALL {
        let read = changes(encoding, |frame| {
            frame.cells(["wydm9"]);
            frame.exited(Who::User("carol"), Why::Left);
            frame.exited(Who::Alias("a-1"), Why::Radius);
            frame.moved(&bob);
            frame.moved(&bob);
            frame.entered(&bob);
        });
        let counts = (read.entered.len(), read.moved.len(), read.exited.len());
        assert_eq!((counts, read.cells.len()), ((1, 2, 2), 1));
    }
}

#[test]
#[cfg(debug_assertions)]
#[should_panic = "Moved in two pieces"]
fn a_section_in_two_pieces_is_a_mistake_of_the_caller() {
    changes(Encoding::Protobuf, |frame| {
        frame.moved(&Person::Friend(bob()));
        frame.exited(Who::User("carol"), Why::Left);
        frame.moved(&Person::Friend(bob()));
    });
}

#[test]
fn a_frame_of_any_length_has_the_shortest_length_before_it() {
    // 127 and 128 bytes, 16,383 and 16,384: the edges of a varint.
    for cell_bytes in 0..200 {
        for cells in [1, 80, 130] {
            let cell = "c".repeat(cell_bytes);
            let mut buf = b"before".to_vec();
            let mut frame = ChangesWriter::begin(&mut buf, Encoding::Protobuf, 1, 2);
            frame.cells(std::iter::repeat_n(cell.as_str(), cells));
            frame.finish();
            assert!(buf.starts_with(b"before\x22"));
            let (mut len, mut width) = (0, 0);
            for (at, byte) in buf[7..].iter().enumerate() {
                len |= usize::from(byte & 0x7f) << (7 * at);
                width = at + 1;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            assert_eq!(buf.len(), 7 + width + len);
            assert!(
                width == 1 || len >> (7 * (width - 1)) > 0,
                "{len} in {width}"
            );
        }
    }
}

#[test]
fn frames_of_both_kinds_may_follow_each_other_in_one_buffer() {
    for encoding in Encoding::ALL {
        let mut buf = Vec::new();
        ChangesWriter::begin(&mut buf, encoding, 1, 2).finish();
        let first = buf.len();
        NearbyWriter::begin(&mut buf, encoding, None, 2, false, Mode::Friends).finish(None, 0);
        assert!(decode_server(encoding, &buf[..first]).is_ok());
        assert!(decode_server(encoding, &buf[first..]).is_ok());
    }
}
