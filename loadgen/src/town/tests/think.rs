//! People who think.

use std::time::Duration;

use super::{HOUR, acts, built_in, whole};
use crate::town::Act;

#[test]
fn somebody_thinks_before_she_moves_and_between_moves() {
    let mut scenario = built_in("city", 100);
    (scenario.think.before_first_s, scenario.think.between_s) = (40.0, 10.0);
    let town = whole(&scenario);
    let (mut first, mut between, mut count) = (0.0, 0.0, 0.0);
    for person in 0..100 {
        let acts = acts(&town, person, HOUR / 6);
        let times: Vec<f64> = acts.iter().map(|(at, _)| at.as_secs_f64()).collect();
        assert!((20.0..=60.0).contains(&(times[1] - times[0])), "{times:?}");
        first += times[1] - times[0];
        for two in times[1..].windows(2) {
            // Movement's five seconds, and a tenth.
            assert!((9.5..=20.5).contains(&(two[1] - two[0])), "{times:?}");
            (between, count) = (between + two[1] - two[0], count + 1.0);
        }
    }
    let (first, between) = (first / 100.0, between / count);
    assert!((35.0..45.0).contains(&first), "{first}");
    assert!((14.5..15.5).contains(&between), "{between}");
}

#[test]
fn who_only_lost_her_connection_does_not_look_around_again() {
    let mut scenario = built_in("city", 20);
    scenario.think.before_first_s = 60.0;
    scenario.trouble.reconnect_all_at_s = vec![100.0];
    let town = whole(&scenario);
    for person in 0..20 {
        let acts = acts(&town, person, HOUR / 30);
        let back = acts
            .iter()
            .rposition(|(_, act)| matches!(act, Act::Connect { .. }));
        let back = back.expect("she comes back");
        let moves = acts[back + 1].0 - acts[back].0;
        assert!(moves <= Duration::from_secs(5), "{moves:?}");
    }
}
