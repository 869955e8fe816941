//! Any bytes as the body of a route, as a line of an import or as a query: no panic, a fault is one
//! short sentence, and what is accepted is within the limits of the protocol.
//!
//! The first byte says as what.
#![no_main]

use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use nearcast::http::Problem;
use nearcast::http::said::{self, Alias, Circle, Near};
use nearcast::store::{Imported, ProfileChange, SharingChange};
use nearcast::wire::{LIMIT, Move, RADIUS_M, SHARING_FOR_S, UserId};

const NOW_MS: u64 = 1_795_000_000_000;
/// The year 10889.
const LAST_MS: u64 = 1 << 48;
/// Characters of a sentence: the field's path and the fault, each of them cut.
const SENTENCE: usize = 300;
/// Bytes of what a client brings back.
const OPAQUE: usize = 512;
const NAME: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let Some((&which, bytes)) = bytes.split_first() else {
        return;
    };
    let hosts = ["cdn.example.com".to_owned()];
    match which % 7 {
        0 => judge(said::profile(bytes, &hosts), profile_fits),
        1 => judge(said::sharing(bytes, NOW_MS), sharing_fits),
        2 => judge(said::position(bytes), move_fits),
        3 => judge(said::alias(bytes), alias_fits),
        4 => {
            let line = said::import_line(bytes, &hosts, NOW_MS);
            check(line.as_ref().map_err(String::as_str), line_fits);
        }
        which => {
            let Some(uri) = std::str::from_utf8(bytes).ok().and_then(query) else {
                return;
            };
            match which {
                5 => judge(said::nearby(&uri), near_fits),
                _ => judge(said::within(&uri), circle_fits),
            }
        }
    }
});

fn judge<T>(said: Result<T, Problem>, fits: impl Fn(&T)) {
    check(said.as_ref().map_err(Problem::detail), fits);
}

/// A URL with this query, where it can be part of one.
fn query<U: FromStr>(text: &str) -> Option<U> {
    format!("/?{text}").parse().ok()
}

fn check<T>(said: Result<&T, &str>, fits: impl Fn(&T)) {
    match said {
        Ok(accepted) => fits(accepted),
        Err(sentence) => {
            assert!(!sentence.trim().is_empty());
            let characters = sentence.chars().count();
            assert!(characters <= SENTENCE, "{characters}: {sentence}");
        }
    }
}

fn profile_fits(change: &ProfileChange) {
    for name in [&change.name, &change.stranger_name]
        .into_iter()
        .flatten()
        .flatten()
    {
        assert!((1..=NAME).contains(&name.chars().count()), "{name:?}");
        assert!(!name.chars().any(char::is_control), "{name:?}");
    }
    if let Some(Some(url)) = &change.avatar_url {
        let url = url.to_lowercase();
        let rest = url.strip_prefix("https://cdn.example.com");
        let rest = rest.unwrap_or_else(|| panic!("{url}"));
        assert!(
            rest.is_empty() || rest.starts_with(['/', ':', '?', '#']),
            "{url}"
        );
    }
}

fn sharing_fits(change: &SharingChange) {
    let Some(lent) = change.sharing else { return };
    assert_eq!(lent.then, None);
    if let Some(until) = lent.until {
        let longest = u64::from(*SHARING_FOR_S.end()) * 1000;
        assert!((1..=longest).contains(&(until - NOW_MS)));
    }
}

fn alias_fits(said: &Alias) {
    id_fits(&said.viewer);
    assert!((1..=OPAQUE).contains(&said.alias.len()));
}

fn move_fits(to: &Move) {
    assert!((-90.0..=90.0).contains(&to.position.lat()));
    assert!((-180.0..=180.0).contains(&to.position.lon()));
    assert!(
        to.accuracy_m
            .is_none_or(|metres| metres.is_finite() && metres >= 0.0)
    );
    assert!(
        to.heading_deg
            .is_none_or(|degrees| (0.0..360.0).contains(&degrees))
    );
    assert!(
        to.speed_mps
            .is_none_or(|speed| speed.is_finite() && speed >= 0.0)
    );
    assert!(to.at.is_none_or(|at| at <= LAST_MS));
}

fn line_fits(line: &Imported) {
    match line {
        Imported::User {
            id,
            profile,
            sharing,
        } => {
            id_fits(id);
            profile_fits(profile);
            sharing_fits(sharing);
        }
        Imported::Friends(one, other) => {
            id_fits(one);
            id_fits(other);
            assert_ne!(one, other);
        }
    }
}

fn id_fits(id: &UserId) {
    assert_eq!(UserId::new(id.as_str()).as_ref(), Ok(id));
}

fn near_fits(near: &Near) {
    assert!(LIMIT.contains(&near.limit));
    assert!(
        near.radius_m
            .is_none_or(|radius_m| RADIUS_M.contains(&radius_m))
    );
    let cursor = near.cursor.as_ref();
    assert!(cursor.is_none_or(|cursor| (1..=OPAQUE).contains(&cursor.len())));
}

fn circle_fits(circle: &Circle) {
    assert!((-90.0..=90.0).contains(&circle.centre.lat()));
    assert!((-180.0..=180.0).contains(&circle.centre.lon()));
    assert!((1.0..=20_100_000.0).contains(&circle.radius_m));
    assert!((1..=1000).contains(&circle.limit));
}
