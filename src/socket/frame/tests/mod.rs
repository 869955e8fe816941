//! What holds however the bytes are cut: the RFC as a table, random conversations, the writer.

mod conversation;
mod random;
mod table;
mod writer;

use std::mem::size_of;
use std::ops::ControlFlow;

use fastwebsockets::OpCode;

use super::{Message, Reader, Rest, Violation};
use conversation::{Heard, client, hear};

const MAX: usize = 16 << 10;

fn go_on(_: Message<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn a_reader_between_messages_is_as_small_as_a_pointer() {
    assert_eq!(size_of::<Reader>(), size_of::<usize>());
    let mut reader = Reader::default();
    let mut hello = client(0x81, b"hello");
    let (first, second) = hello.split_at_mut(3);
    reader.read(first, MAX, go_on).unwrap();
    assert!(reader.unfinished());
    reader.read(second, MAX, go_on).unwrap();
    assert!(!reader.unfinished());
}

#[test]
fn a_whole_message_is_handed_out_where_it_lies() {
    let mut bytes = client(0x82, b"where it lies");
    let range = bytes.as_ptr_range();
    let mut heard = 0;
    let each = |message: Message<'_>| {
        let Message::Binary(payload) = message else {
            panic!("{message:?}")
        };
        assert!(range.contains(&payload.as_ptr()));
        heard += 1;
        ControlFlow::Continue(())
    };
    Reader::default().read(&mut bytes, MAX, each).unwrap();
    assert_eq!(heard, 1);
}

#[test]
fn who_breaks_hears_nothing_more_and_nothing_is_kept() {
    let mut bytes = client(0x82, b"first");
    bytes.extend(client(0x82, b"second"));
    bytes.extend(&client(0x82, b"unfinished")[..9]);
    let mut reader = Reader::default();
    let mut heard = 0;
    let rest = reader.read(&mut bytes, MAX, |_| {
        heard += 1;
        ControlFlow::Break(())
    });
    assert_eq!((rest, heard), (Ok(Rest::Nothing), 1));
    assert!(!reader.unfinished());
}

#[test]
fn the_deadline_of_what_is_unfinished_begins_when_it_does() {
    let mut reader = Reader::default();
    let mut read = |mut bytes: Vec<u8>| reader.read(&mut bytes, MAX, go_on).unwrap();
    assert_eq!(read(client(0x81, b"whole")), Rest::Nothing);
    assert_eq!(read(client(0x01, b"a fragment")), Rest::New);
    assert_eq!(
        read(client(0x89, b"ping")),
        Rest::Old,
        "a ping ends no message"
    );
    assert_eq!(
        read(client(0x00, b"")),
        Rest::Old,
        "nor does an empty fragment"
    );
    let mut end_and_begin = client(0x80, b"the end");
    end_and_begin.extend(&client(0x82, b"the next")[..4]);
    assert_eq!(read(end_and_begin), Rest::New);
}

/// An announced megabyte of which a thousand bytes came, one by one.
#[test]
fn memory_grows_with_what_arrived_and_not_with_what_was_announced() {
    let mut reader = Reader::default();
    let announced = client(0x82, &vec![0; 1 << 20]);
    for byte in &announced[..1014] {
        reader.read(&mut [*byte], 1 << 20, go_on).unwrap();
    }
    assert!(reader.kept() <= 2 * 1014, "{}", reader.kept());
}

#[test]
fn a_frame_that_has_arrived_takes_no_more_than_its_size() {
    let mut reader = Reader::default();
    let announced = client(0x02, &[0; 1000]);
    for byte in &announced {
        reader.read(&mut [*byte], MAX, go_on).unwrap();
    }
    assert_eq!(reader.kept(), 1000);
}

#[test]
fn a_million_empty_fragments_take_no_memory() {
    let mut reader = Reader::default();
    reader.read(&mut client(0x02, b""), MAX, go_on).unwrap();
    for _ in 0..1_000_000 {
        reader.read(&mut client(0x00, b""), MAX, go_on).unwrap();
    }
    assert_eq!(reader.kept(), 0);
}

/// The length alone says it: neither mask nor payload has arrived, nothing was kept.
#[test]
fn a_message_that_will_be_too_large_is_refused_by_its_head() {
    let mut head = client(0x82, &[0; 2000])[..8].to_vec();
    assert_eq!(
        Reader::default().read(&mut head, 1999, go_on),
        Err(Violation::TooLarge)
    );
    let mut fragments = client(0x02, &[0; 1500]);
    fragments.extend(client(0x00, &[0; 400]));
    fragments.extend(&client(0x80, &[0; 200])[..8]);
    assert_eq!(
        Reader::default().read(&mut fragments, 2000, go_on),
        Err(Violation::TooLarge)
    );
}

#[test]
fn control_frames_do_not_count_for_the_size_of_a_message() {
    let mut bytes = client(0x02, &[7; 10]);
    bytes.extend(client(0x89, &[1; 125]));
    bytes.extend(client(0x80, b""));
    let heard = hear([bytes].into_iter(), 10);
    let message = Heard::Message(OpCode::Binary, vec![7; 10]);
    assert_eq!(heard, [Heard::Message(OpCode::Ping, vec![1; 125]), message]);
}
