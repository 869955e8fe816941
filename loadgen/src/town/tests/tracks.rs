//! People out of tracks.

use std::time::Duration;

use nearcast_grid::Position;

use super::{HOUR, acts};
use crate::scenario::Scenario;
use crate::town::{Act, Town};
use crate::tracks::{Fix, Track, Tracks};

fn track(fixes: &[(i64, f64)]) -> Track {
    let fix = |&(at_ms, lat)| Fix {
        at_ms,
        position: Position::new(lat, 10.0).expect("it is one"),
    };
    Track {
        name: "a".to_owned(),
        fixes: fixes.iter().map(fix).collect(),
    }
}

#[test]
fn a_track_is_a_person_who_comes_with_its_first_point_and_leaves_with_its_last() {
    // The second point is too soon after the first, the fourth too near the third.
    let walk = track(&[
        (5_000, 50.0),
        (5_500, 51.0),
        (65_000, 50.1),
        (125_000, 50.100_01),
        (185_000, 50.2),
    ]);
    let tracks = Tracks {
        all: vec![track(&[(1_000, 49.0)]), walk],
    };
    let town = Town::of_tracks(&tracks, &Scenario::default(), 7, 2.0);
    assert_eq!(town.people()[0].friends, [1]);
    assert_eq!(town.ends_s(), Some(92.0));
    let at = |lat| Position::new(lat, 10.0).expect("it is one");
    let connect = |lat| Act::Connect {
        at: at(lat),
        resume: false,
    };
    let alone = acts(&town, 0, HOUR);
    let expected = [
        (Duration::ZERO, connect(49.0)),
        (Duration::ZERO, Act::Leave),
    ];
    assert_eq!(alone, expected);
    let seconds = Duration::from_secs;
    let expected = [
        (seconds(2), connect(50.0)),
        (seconds(32), Act::Move(at(50.1))),
        (seconds(62), Act::Move(at(50.1))),
        (seconds(92), Act::Move(at(50.2))),
        (seconds(92), Act::Leave),
    ];
    assert_eq!(acts(&town, 1, HOUR), expected);
}

#[test]
fn trouble_comes_to_people_of_tracks_too() {
    let minutes: Vec<(i64, f64)> = (0..60)
        .map(|minute| (minute * 60_000, 50.0 + minute as f64 * 0.001))
        .collect();
    let tracks = Tracks {
        all: vec![track(&minutes)],
    };
    let mut scenario = Scenario::default();
    scenario.trouble.reconnect_all_at_s = vec![90.0];
    let town = Town::of_tracks(&tracks, &scenario, 7, 1.0);
    let acts = acts(&town, 0, HOUR);
    assert_eq!(acts[2], (Duration::from_secs(90), Act::Drop));
    let Act::Connect { at, resume: true } = acts[3].1 else {
        panic!("{:?}", acts[3]);
    };
    assert_eq!(Act::Move(at), acts[1].1);
    assert_eq!(acts.last().map(|(_, act)| *act), Some(Act::Leave));
}
