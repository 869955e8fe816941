//! RFC 6455 as a table: what a client sends, and what must be heard. Each row is read whole, cut in
//! two at every byte, and byte by byte.

use fastwebsockets::OpCode;

use super::conversation::{Heard, client, cut, hear, whole};
use super::{MAX, Violation};

struct Row {
    section: &'static str,
    name: &'static str,
    bytes: Vec<u8>,
    heard: Vec<Heard>,
}

fn row(section: &'static str, name: &'static str, bytes: &[&[u8]], heard: &[Heard]) -> Row {
    Row {
        section,
        name,
        bytes: bytes.concat(),
        heard: heard.to_vec(),
    }
}

fn text(text: &str) -> Heard {
    Heard::Message(OpCode::Text, text.into())
}

fn binary(payload: &[u8]) -> Heard {
    Heard::Message(OpCode::Binary, payload.to_vec())
}

fn control(opcode: OpCode, payload: &[u8]) -> Heard {
    Heard::Message(opcode, payload.to_vec())
}

fn closed(code: u16, reason: &str) -> Heard {
    Heard::Close(Some(code), reason.to_owned())
}

fn close_frame(code: u16, reason: &[u8]) -> Vec<u8> {
    client(0x88, &[&code.to_be_bytes()[..], reason].concat())
}

#[rustfmt::skip]
fn framing() -> Vec<Row> {
    use Violation::*;
    let hello = &client(0x81, b"Hello")[..];
    let mut rows = vec![
        row("5.1", "an unmasked frame", &[b"\x81\x05Hello"], &[Heard::Against(Unmasked)]),
        row("5.1", "an unmasked ping", &[b"\x89\x00"], &[Heard::Against(Unmasked)]),
        row("5.1", "an unmasked frame after a good one", &[hello, b"\x81\x00"], &[text("Hello"), Heard::Against(Unmasked)]),
        row("5.2", "a text with no bytes", &[&client(0x81, b"")], &[text("")]),
        row("5.2", "a binary with no bytes", &[&client(0x82, b"")], &[binary(b"")]),
        row("5.2", "reserved bit 1", &[&client(0xc1, b"x")], &[Heard::Against(ReservedBits)]),
        row("5.2", "reserved bit 2", &[&client(0xa1, b"x")], &[Heard::Against(ReservedBits)]),
        row("5.2", "reserved bit 3", &[&client(0x91, b"x")], &[Heard::Against(ReservedBits)]),
        row("5.2", "a reserved bit in a ping", &[&client(0xc9, b"")], &[Heard::Against(ReservedBits)]),
        row("5.2", "126 for a length of 125", &[b"\x82\xfe\x00\x7d\0\0\0\0"], &[Heard::Against(LengthNotMinimal)]),
        row("5.2", "127 for a length of 65,535", &[b"\x82\xff\0\0\0\0\0\0\xff\xff\0\0\0\0"], &[Heard::Against(LengthNotMinimal)]),
        row("5.2", "the top bit of a length", &[b"\x82\xff\x80\0\0\0\0\0\0\0\0\0\0\0"], &[Heard::Against(LengthTopBit)]),
        row("5.2", "the largest length there is", &[b"\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"], &[Heard::Against(TooLarge)]),
        row("5.2", "a frame without its end", &[&hello[..8]], &[Heard::Unfinished]),
        row("5.2", "a head without its end", &[hello, b"\x82\xfe\x01"], &[text("Hello"), Heard::Unfinished]),
        row("5.3", "the example of a masked text", &[b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"], &[text("Hello")]),
        row("5.3", "a mask of zeros", &[b"\x81\x85\0\0\0\0Hello"], &[text("Hello")]),
        row("10.4", "one byte more than is taken", &[&client(0x82, &[0; MAX + 1])[..8]], &[Heard::Against(TooLarge)]),
    ];
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        let frame = client(0x80 | opcode, b"");
        rows.push(row("5.2", "a reserved opcode", &[&frame], &[Heard::Against(ReservedOpCode)]));
    }
    for length in [1, 124, 125, 126, 127, 128, 300, MAX] {
        let payload: Vec<u8> = (0..length).map(|place| place as u8).collect();
        rows.push(row("5.2", "every size of length", &[&client(0x82, &payload)], &[binary(&payload)]));
    }
    rows
}

#[rustfmt::skip]
fn fragments() -> Vec<Row> {
    use Violation::*;
    let [hel, lo] = &[client(0x01, b"Hel"), client(0x80, b"lo")];
    let continued = &client(0x00, b"Hel")[..];
    let ping = &client(0x89, b"?")[..];
    let pinged = control(OpCode::Ping, b"?");
    vec![
        row("5.4", "two fragments", &[hel, lo], &[text("Hello")]),
        row("5.4", "fragments with no bytes", &[&client(0x01, b""), &client(0x00, b""), continued, &client(0x80, b"")], &[text("Hel")]),
        row("5.4", "a ping between fragments", &[hel, ping, lo], &[pinged.clone(), text("Hello")]),
        row("5.4", "control frames between fragments", &[hel, ping, &client(0x8a, b""), &client(0x00, b"p, "), ping, lo], &[pinged.clone(), control(OpCode::Pong, b""), pinged.clone(), text("Help, lo")]),
        row("5.4", "a close between fragments", &[hel, &close_frame(1001, b"")], &[closed(1001, "")]),
        row("5.4", "a continuation of nothing", &[lo], &[Heard::Against(NothingToContinue)]),
        row("5.4", "a continuation after the last", &[hel, lo, lo], &[text("Hello"), Heard::Against(NothingToContinue)]),
        row("5.4", "a continuation of nothing, not the last", &[&client(0x00, b"")], &[Heard::Against(NothingToContinue)]),
        row("5.4", "a text inside a text", &[hel, &client(0x81, b"lo")], &[Heard::Against(InsideMessage)]),
        row("5.4", "a binary inside a text", &[hel, &client(0x02, b"lo")], &[Heard::Against(InsideMessage)]),
        row("5.4", "a message without its end", &[hel, ping], &[pinged.clone(), Heard::Unfinished]),
        row("5.4", "a fragmented ping", &[&client(0x09, b"a")], &[Heard::Against(ControlFragmented)]),
        row("5.4", "a fragmented close", &[&client(0x08, b"")], &[Heard::Against(ControlFragmented)]),
        row("5.4", "a fragmented pong between fragments", &[hel, &client(0x0a, b"")], &[Heard::Against(ControlFragmented)]),
        row("5.4", "two messages after each other", &[hel, lo, &client(0x82, b"\x00")], &[text("Hello"), binary(b"\x00")]),
        row("10.4", "fragments that are too large together", &[&client(0x02, &[0; MAX]), &client(0x00, b"1")], &[Heard::Against(TooLarge)]),
    ]
}

#[rustfmt::skip]
fn controls() -> Vec<Row> {
    use Violation::*;
    let full = &[b'a'; 125];
    let mut rows = vec![
        row("5.5", "a ping of 126 bytes", &[&client(0x89, &[0; 126])[..4]], &[Heard::Against(ControlTooLong)]),
        row("5.5", "a close of 126 bytes", &[&close_frame(1000, &[b'a'; 124])], &[Heard::Against(ControlTooLong)]),
        row("5.5.1", "a close of nothing", &[&client(0x88, b"")], &[Heard::Close(None, String::new())]),
        row("5.5.1", "a close of one byte", &[&client(0x88, b"\x03")], &[Heard::Against(CloseOfOneByte)]),
        row("5.5.1", "a close with a code", &[&close_frame(1000, b"")], &[closed(1000, "")]),
        row("5.5.1", "a close with a reason", &[&close_frame(1000, "schön".as_bytes())], &[closed(1000, "schön")]),
        row("5.5.1", "a close of 125 bytes", &[&close_frame(1000, &full[2..])], &[closed(1000, &"a".repeat(123))]),
        row("5.5.1", "what follows a close is not read", &[&close_frame(1000, b""), b"\xff\xff"], &[closed(1000, "")]),
        row("5.5.1", "a reason that is not UTF-8", &[&close_frame(1000, b"\xce\xba\xff")], &[Heard::Against(CloseReason)]),
        row("5.5.1", "a reason that ends in a character", &[&close_frame(1000, b"\xce")], &[Heard::Against(CloseReason)]),
        row("5.5.2", "a ping of nothing", &[&client(0x89, b"")], &[control(OpCode::Ping, b"")]),
        row("5.5.2", "a ping of 125 bytes", &[&client(0x89, full)], &[control(OpCode::Ping, full)]),
        row("5.5.2", "a ping that is not UTF-8", &[&client(0x89, b"\xff\x00")], &[control(OpCode::Ping, b"\xff\x00")]),
        row("5.5.3", "a pong that nobody asked for", &[&client(0x8a, b"!")], &[control(OpCode::Pong, b"!")]),
    ];
    for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1014, 3000, 3999, 4000, 4999] {
        rows.push(row("7.4", "a code that may be sent", &[&close_frame(code, b"")], &[closed(code, "")]));
    }
    for code in [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] {
        rows.push(row("7.4", "a code that may not be sent", &[&close_frame(code, b"")], &[Heard::Against(CloseCode)]));
    }
    rows
}

#[rustfmt::skip]
fn texts() -> Vec<Row> {
    let wrong = || [Heard::Against(Violation::Text)];
    let euro = "€".as_bytes();
    let mut rows = vec![
        row("5.6", "a binary that is not UTF-8", &[&client(0x82, b"\xff\xfe")], &[binary(b"\xff\xfe")]),
        row("8.1", "every width of character", &[&client(0x81, "aé€𐍈".as_bytes())], &[text("aé€𐍈")]),
        row("8.1", "a character in two fragments", &[&client(0x01, &euro[..1]), &client(0x80, &euro[1..])], &[text("€")]),
        row("8.1", "a character in three fragments, pinged", &[&client(0x01, &euro[..1]), &client(0x00, &euro[1..2]), &client(0x89, b""), &client(0x80, &euro[2..])], &[control(OpCode::Ping, b""), text("€")]),
        row("8.1", "a text that ends in a character", &[&client(0x81, &euro[..2])], &wrong()),
        row("8.1", "a last fragment that ends in a character", &[&client(0x01, b"a"), &client(0x80, &euro[..2])], &wrong()),
        row("8.1", "a character that an ASCII byte cuts off", &[&client(0x01, &euro[..2]), &client(0x80, b"a")], &wrong()),
        row("8.1", "a wrong byte in a first fragment, without the last", &[&client(0x01, b"ok\xff")], &wrong()),
        row("8.1", "a wrong byte in an unfinished frame", &[&client(0x81, b"ok\xffgoes on")[..9]], &wrong()),
        row("8.1", "a wrong second byte in an unfinished frame", &[&client(0x81, b"\xf4\x90\x80\x80")[..8]], &wrong()),
        row("8.1", "a wrong byte in a later fragment", &[&client(0x01, euro), &client(0x00, b"\x80"), b"\x89"], &wrong()),
    ];
    for bad in [&b"\x80"[..], b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xfe", b"\xff"] {
        rows.push(row("8.1", "bytes that are in no text", &[&client(0x81, bad)], &wrong()));
    }
    rows
}

fn rows() -> impl Iterator<Item = Row> {
    [framing(), fragments(), controls(), texts()]
        .into_iter()
        .flatten()
}

#[test]
fn every_row_is_heard_as_the_rfc_says_however_it_is_cut() {
    for row in rows() {
        let Row {
            section,
            name,
            bytes,
            heard,
        } = &row;
        let in_two = |place: usize| {
            let (one, two) = bytes.split_at(place);
            hear([one.to_vec(), two.to_vec()].into_iter(), MAX)
        };
        assert_eq!(&whole(bytes, MAX), heard, "{section}: {name}");
        assert_eq!(
            &cut(bytes, &[1], MAX),
            heard,
            "{section}: {name}, byte by byte"
        );
        // A long payload is alike all over: its beginning and end are enough.
        let places = (0..bytes.len()).filter(|place| *place < 300 || place + 20 > bytes.len());
        for place in places {
            assert_eq!(&in_two(place), heard, "{section}: {name}, cut at {place}");
        }
    }
}

/// No violation is in the code that no row shows.
#[test]
fn every_violation_has_a_row_and_a_code() {
    let shown: Vec<Heard> = rows().flat_map(|row| row.heard).collect();
    for violation in Violation::ALL {
        assert!(shown.contains(&Heard::Against(*violation)), "{violation:?}");
        assert!([1002, 1007, 1009].contains(&violation.close().code()));
    }
}
