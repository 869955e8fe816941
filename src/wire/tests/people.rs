//! Random people and frames, as a broker may hand them to the writers.

use nearcast_grid::Position;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use crate::wire::server::{Changes, ExitBuf, FriendBuf, Nearby, PersonBuf, StrangerBuf, WhoBuf};
use crate::wire::words::Word;
use crate::wire::{Mode, UserId};

/// Tenths are what the wire carries: these come back as they were.
fn length() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        (0..500_000u32).prop_map(|tenths| f64::from(tenths) / 10.0),
        (0..200_000_000u32).prop_map(|tenths| f64::from(tenths) / 10.0),
    ]
}

fn motion(most: u32) -> impl Strategy<Value = Option<f32>> {
    option::of((0..=most).prop_map(|tenths| (f64::from(tenths) / 10.0) as f32))
}

fn position() -> impl Strategy<Value = Position> {
    let lat = prop_oneof![
        Just(-900_000_000),
        Just(900_000_000),
        -20..20,
        -900_000_000..=900_000_000
    ];
    let lon = prop_oneof![
        Just(-1_800_000_000),
        -20..20,
        -1_800_000_000..=1_800_000_000
    ];
    (lat, lon).prop_map(|(lat, lon)| Position::from_e7(lat, lon).unwrap())
}

/// Also quotes, backslashes and what else a person may be called.
fn text(most: usize) -> impl Strategy<Value = String> {
    let plain = proptest::string::string_regex("[a-z0-9-]{1,16}").unwrap();
    let spiced = proptest::string::string_regex("[\"\\\\/é민👩\u{200d}a-z ]{1,40}").unwrap();
    let any = vec(any::<char>(), 1..60).prop_map(String::from_iter);
    prop_oneof![plain, spiced, any].prop_map(move |text| {
        let end = text.char_indices().map(|(at, c)| at + c.len_utf8());
        let end = end.take_while(|end| *end <= most).last().unwrap_or(0);
        text[..end].to_owned()
    })
}

fn user() -> impl Strategy<Value = UserId> {
    text(64).prop_map(|text| {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        UserId::new(&text).unwrap_or_else(|_| UserId::new("only controls").unwrap())
    })
}

/// A text that the server makes, not empty.
fn opaque() -> impl Strategy<Value = String> {
    text(200).prop_map(|text| {
        if text.is_empty() {
            "x".to_owned()
        } else {
            text
        }
    })
}

fn word<W: Word + std::fmt::Debug>() -> impl Strategy<Value = W> {
    proptest::sample::select(W::ALL)
}

fn time() -> impl Strategy<Value = u64> {
    prop_oneof![
        Just(0),
        1_700_000_000_000..1_900_000_000_000u64,
        any::<u64>()
    ]
}

fn friend() -> impl Strategy<Value = FriendBuf> {
    let who = (user(), option::of(text(256)), option::of(text(300)));
    let place = (position(), length(), time(), any::<bool>());
    let motion = (motion(999_999), motion(3599), motion(999_999));
    (who, place, motion).prop_map(|(who, place, motion)| FriendBuf {
        user: who.0,
        name: who.1,
        avatar_url: who.2,
        position: place.0,
        distance_m: place.1,
        seen_at: place.2,
        approximate: place.3,
        accuracy_m: motion.0.filter(|_| !place.3),
        heading_deg: motion.1.filter(|_| !place.3),
        speed_mps: motion.2.filter(|_| !place.3),
    })
}

fn stranger() -> impl Strategy<Value = StrangerBuf> {
    let who = (opaque(), text(15), option::of(text(256)));
    (who, position(), length(), word()).prop_map(|(who, centre, distance_m, seen)| StrangerBuf {
        alias: who.0,
        cell: who.1,
        centre,
        distance_m,
        seen,
        name: who.2,
    })
}

fn person() -> impl Strategy<Value = PersonBuf> {
    prop_oneof![
        3 => friend().prop_map(PersonBuf::Friend),
        1 => stranger().prop_map(PersonBuf::Stranger),
    ]
}

/// Who has been sent before has neither name nor avatar.
fn moved() -> impl Strategy<Value = PersonBuf> {
    person().prop_map(|person| match person {
        PersonBuf::Friend(friend) => PersonBuf::Friend(FriendBuf {
            name: None,
            avatar_url: None,
            ..friend
        }),
        PersonBuf::Stranger(stranger) => PersonBuf::Stranger(StrangerBuf {
            name: None,
            ..stranger
        }),
    })
}

fn exit() -> impl Strategy<Value = ExitBuf> {
    let who = prop_oneof![
        user().prop_map(WhoBuf::User),
        opaque().prop_map(WhoBuf::Alias)
    ];
    (who, word()).prop_map(|(who, why)| ExitBuf { who, why })
}

/// Some with a few entries, some with none, some beyond the two bytes kept for a length.
fn entries<T: std::fmt::Debug>(
    entry: impl Strategy<Value = T> + Clone,
) -> impl Strategy<Value = Vec<T>> {
    prop_oneof![8 => vec(entry.clone(), 0..4), 1 => vec(entry, 0..300)]
}

pub(super) fn changes() -> impl Strategy<Value = Changes> {
    let head = (any::<u64>(), time());
    let people = (entries(person().boxed()), entries(moved().boxed()));
    let rest = (entries(exit().boxed()), vec(text(15), 0..9));
    (head, people, rest).prop_map(|(head, people, rest)| Changes {
        seq: head.0,
        at: head.1,
        entered: people.0,
        moved: people.1,
        exited: rest.0,
        cells: rest.1,
    })
}

pub(super) fn nearby() -> impl Strategy<Value = Nearby> {
    let head = (any::<u64>(), any::<bool>(), word::<Mode>());
    let tail = (option::of(text(200)), any::<u32>());
    (head, entries(person().boxed()), tail).prop_map(|(head, people, tail)| Nearby {
        seq: head.0,
        page: head.1,
        mode: head.2,
        people,
        next: tail.0,
        total: tail.1,
    })
}
