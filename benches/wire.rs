//! What one entry of a frame costs to write, and one move to read: `cargo bench --bench wire`.
//!
//! The best of many rounds over 4,096 different people into one buffer, in cache: what the
//! encoder costs, not what memory does.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

use std::hint::black_box;
use std::time::Instant;

use nearcast::wire::{
    ChangesWriter, ClientMessage, Command, Encoding, Friend, Move, Person, Seen, Stranger,
    decode_client, encode_client,
};
use nearcast_grid::Position;

const PEOPLE: usize = 4096;
const ROUNDS: usize = 200;
const NOON: u64 = 1_795_000_000_000;

fn main() {
    let users: Vec<String> = (0..PEOPLE).map(|i| format!("user-{i:011}")).collect();
    let friends: Vec<_> = users.iter().enumerate().map(friend).collect();
    let bare: Vec<_> = friends.iter().copied().map(Person::Friend).collect();
    let moving: Vec<_> = friends.iter().map(in_motion).collect();
    let strangers: Vec<_> = friends.iter().map(stranger).collect();
    for encoding in Encoding::ALL {
        for (what, people) in [
            ("friend", &bare),
            ("friend with accuracy, heading, speed", &moving),
            ("stranger", &strangers),
        ] {
            for per_frame in [4, PEOPLE] {
                let ns = write(encoding, people, per_frame);
                println!("{encoding:?}: moved {what}, {per_frame} per frame: {ns:.1} ns");
            }
        }
        let ns = read(encoding);
        println!("{encoding:?}: a move read: {ns:.0} ns");
    }
}

fn friend((i, user): (usize, &String)) -> Friend<'_> {
    let step = i as f64;
    Friend {
        user,
        name: None,
        avatar_url: None,
        position: Position::new(37.5 + step * 1.2345e-4, -126.9 - step * 1.7e-4)
            .expect("within the globe by far"),
        distance_m: step * 1.97,
        seen_at: NOON + i as u64 * 7919,
        approximate: false,
        accuracy_m: None,
        heading_deg: None,
        speed_mps: None,
    }
}

fn in_motion<'a>(friend: &Friend<'a>) -> Person<'a> {
    Person::Friend(Friend {
        accuracy_m: Some(12.5),
        heading_deg: Some(271.3),
        speed_mps: Some(1.4),
        ..*friend
    })
}

fn stranger(friend: &Friend<'_>) -> Person<'static> {
    Person::Stranger(Stranger {
        alias: "a-5tq0-kk81z",
        cell: "wydm9q",
        centre: friend.position,
        distance_m: friend.distance_m,
        seen: Seen::Now,
        name: None,
    })
}

/// Nanoseconds per entry, the frame's head and end included.
fn write(encoding: Encoding, people: &[Person<'_>], per_frame: usize) -> f64 {
    let mut buf = Vec::with_capacity(1 << 20);
    best_of(ROUNDS, people.len(), || {
        buf.clear();
        for people in people.chunks(per_frame) {
            let mut frame = ChangesWriter::begin(&mut buf, encoding, 12_345, NOON);
            for person in people {
                frame.moved(black_box(person));
            }
            frame.finish();
        }
        black_box(&buf);
    })
}

fn read(encoding: Encoding) -> f64 {
    let position = Position::new(37.566_512_3, 126.978_045_6).expect("in Seoul");
    let message = ClientMessage {
        id: Some(7),
        body: Command::Move(Move::to(position)),
    };
    let mut bytes = Vec::new();
    encode_client(encoding, &message, &mut bytes);
    best_of(ROUNDS, PEOPLE, || {
        for _ in 0..PEOPLE {
            black_box(decode_client(encoding, black_box(&bytes)).is_ok());
        }
    })
}

fn best_of(rounds: usize, entries: usize, mut act: impl FnMut()) -> f64 {
    let round = || {
        let start = Instant::now();
        act();
        start.elapsed().as_nanos() as f64 / entries as f64
    };
    std::iter::repeat_with(round)
        .take(rounds)
        .fold(f64::MAX, f64::min)
}
