//! Towns and courses: what a server and a judge may rely on.

mod think;
mod tracks;

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use nearcast::wire::{Encoding, Sharing};
use nearcast_grid::{Position, distance_m};

use super::*;
use crate::scenario::{Movement, Scenario, Trouble};

const HOUR: Duration = Duration::from_secs(3600);

fn built_in(name: &str, people: u32) -> Scenario {
    let text = Scenario::built_in(name).expect("it comes with the tool");
    let scenario = Scenario::parse(text).expect("it is right");
    Scenario { people, ..scenario }
}

fn whole(scenario: &Scenario) -> Town {
    Town::new(scenario, 7, 0..Town::districts(scenario))
}

fn acts(town: &Town, person: usize, until: Duration) -> Vec<(Duration, Act)> {
    let course = town.course(person);
    course.take_while(|(at, _)| *at < until).collect()
}

fn place(act: &Act) -> Option<Position> {
    match act {
        Act::Connect { at, .. } | Act::Move(at) => Some(*at),
        _ => None,
    }
}

#[test]
fn a_seed_repeats_its_town_and_another_is_another() {
    let scenario = built_in("tunnel", 300);
    let town = |seed| Town::new(&scenario, seed, 0..1);
    let (one, again, other) = (town(1), town(1), town(2));
    assert_eq!(one.people(), again.people());
    assert_ne!(one.people(), other.people());
    for person in 0..300 {
        let of_one = acts(&one, person, HOUR / 10);
        assert_eq!(of_one, acts(&again, person, HOUR / 10));
        assert_ne!(of_one, acts(&other, person, HOUR / 10));
    }
}

#[test]
fn a_district_is_the_same_whichever_others_are_played() {
    let scenario = built_in("city", 2500);
    assert_eq!(Town::districts(&scenario), 3);
    let all = whole(&scenario);
    let last = Town::new(&scenario, 7, 2..3);
    let before = all.people().len() - last.people().len();
    for (place, person) in last.people().iter().enumerate() {
        let mut twin = all.people()[before + place].clone();
        for friend in &mut twin.friends {
            *friend -= before as u32;
        }
        assert_eq!(*person, twin);
        let until = HOUR / 60;
        assert_eq!(acts(&last, place, until), acts(&all, before + place, until));
    }
}

#[test]
fn districts_share_nobody_and_are_far_from_each_other() {
    let scenario = built_in("strangers-downtown", 9001);
    let districts: Vec<Town> = (0..Town::districts(&scenario))
        .map(|district| Town::new(&scenario, 7, district..district + 1))
        .collect();
    let sizes = districts.iter().map(|town| town.people().len());
    assert_eq!(sizes.clone().sum::<usize>(), 9001);
    assert!(sizes.max() <= Some(3000));
    let names: HashSet<&str> = districts
        .iter()
        .flat_map(|town| town.people())
        .map(|person| person.name.as_str())
        .collect();
    assert_eq!(names.len(), 9001);
    let first = |town: &Town| acts(town, 0, HOUR).iter().find_map(|(_, act)| place(act));
    let first: Vec<Position> = districts.iter().filter_map(first).collect();
    assert!(distance_m(first[0], first[1]) > 300_000.0);
}

#[test]
fn acts_come_in_order_of_time_in_every_scenario() {
    for name in Scenario::NAMES {
        let town = whole(&built_in(name, 200));
        for person in 0..200 {
            let mut before = Duration::ZERO;
            let mut is_open = false;
            for (at, act) in town.course(person).take(500) {
                assert!(at >= before, "{name}: {act:?} at {at:?} after {before:?}");
                before = at;
                let connects = matches!(act, Act::Connect { .. });
                assert_ne!(connects, is_open, "{name}: {act:?}");
                is_open = !matches!(act, Act::Leave | Act::Drop | Act::Silence);
            }
        }
    }
}

#[test]
fn somebody_says_where_she_was_or_a_place_well_away() {
    for name in ["city", "commute", "stadium", "tunnel"] {
        let mut scenario = built_in(name, 100);
        for move_every_s in [1.0, scenario.movement.move_every_s] {
            scenario.movement.move_every_s = move_every_s;
            let town = whole(&scenario);
            let (mut stood, mut went) = (0, 0);
            for person in 0..100 {
                let acts = acts(&town, person, HOUR / 6);
                let places: Vec<Position> = acts.iter().filter_map(|(_, act)| place(act)).collect();
                for step in places.windows(2) {
                    let metres = distance_m(step[0], step[1]);
                    assert!(step[0] == step[1] || metres >= 12.0, "{name}: {metres} m");
                    stood += u32::from(step[0] == step[1]);
                    went += u32::from(step[0] != step[1]);
                }
            }
            assert!(
                stood > 100 && went > 100,
                "{name}: {stood} stood, {went} went"
            );
        }
    }
}

#[test]
fn the_extremes_of_a_scenario_come_to_an_end_too() {
    let text = "people = 20\n[place]\nradius_m = 50\nblock_m = 2\nlat = -80\nlon = 180\n\
                [movement]\nmove_every_s = 0.1\nstops_every_s = 1\nstop_s = 0\n\
                [sessions]\narrive_over_s = 0\nstay_s = 0.1\naway_s = 3600\n\
                [trouble]\nreconnect_every_s = 1\nreconnect_all_at_s = [5, 0, 5, 86400]\n";
    let town = whole(&Scenario::parse(text).expect("it is right"));
    for person in 0..20 {
        let mut times = town.course(person).take(200).map(|(at, _)| at);
        assert!(times.by_ref().take(199).is_sorted());
        assert!(times.next() > Some(24 * HOUR));
    }
}

#[test]
fn who_stands_still_says_so_at_every_interval() {
    let movement = Movement {
        walk: 0.0,
        bus: 0.0,
        car: 0.0,
        still: 1.0,
        ..Movement::default()
    };
    let scenario = Scenario {
        people: 50,
        movement,
        ..Scenario::default()
    };
    let town = whole(&scenario);
    for person in 0..50 {
        let acts = acts(&town, person, Duration::from_secs(505));
        assert!((98..=105).contains(&acts.len()), "{} acts", acts.len());
        let places: HashSet<Position> = acts.iter().filter_map(|(_, act)| place(act)).collect();
        assert_eq!(places.len(), 1);
    }
}

#[test]
fn most_friends_are_within_sight_and_some_walk_out_of_it_and_back() {
    let scenario = built_in("city", 1000);
    let town = whole(&scenario);
    let tracks: Vec<Vec<Position>> = (0..1000)
        .map(|person| {
            let mut at = None;
            let mut minutes = Vec::new();
            for (time, act) in town.course(person) {
                while time.as_secs() >= 60 * (minutes.len() as u64 + 1) {
                    minutes.push(at.expect("all come within the first minute"));
                }
                if minutes.len() >= 20 {
                    return minutes;
                }
                at = place(&act).or(at);
            }
            minutes
        })
        .collect();
    let (mut within, mut pairs, mut crossings) = (0, 0, 0);
    for (person, friends) in town
        .people()
        .iter()
        .map(|person| &person.friends)
        .enumerate()
    {
        for friend in friends {
            let both = tracks[person].iter().zip(&tracks[*friend as usize]);
            let seen: Vec<bool> = both
                .map(|(one, other)| distance_m(*one, *other) <= scenario.sessions.radius_m)
                .collect();
            within += seen.iter().filter(|seen| **seen).count();
            pairs += seen.len();
            crossings += seen.windows(2).filter(|step| step[0] != step[1]).count();
        }
    }
    let share = within as f64 / pairs as f64;
    assert!((0.7..0.99).contains(&share), "{share} within sight");
    assert!(crossings > 1000, "{crossings} crossings");
}

#[test]
fn in_the_book_and_in_a_stadium_everybody_is_within_sight() {
    for (name, people) in [("book", 300), ("stadium", 300)] {
        let scenario = built_in(name, people);
        let town = whole(&scenario);
        let places: Vec<Position> = (0..people as usize)
            .flat_map(|person| acts(&town, person, HOUR))
            .filter_map(|(_, act)| place(&act))
            .step_by(97)
            .collect();
        let most = places
            .iter()
            .flat_map(|one| places.iter().map(|other| distance_m(*one, *other)))
            .fold(0.0, f64::max);
        assert!(most < scenario.sessions.radius_m, "{name}: {most} m");
    }
}

#[test]
fn people_are_in_the_shares_that_were_asked_for() {
    let scenario = built_in("strangers-downtown", 3000);
    let mut slow = scenario.clone();
    slow.trouble.slow = 0.3;
    slow.sessions.strangers = 0.5;
    let town = whole(&slow);
    let share = |of: &dyn Fn(&Person) -> bool| {
        town.people().iter().filter(|person| of(person)).count() as f64 / 3000.0
    };
    let shares = [
        (share(&|one| one.sharing == Sharing::Off), 0.05),
        (share(&|one| one.sharing == Sharing::Approximate), 0.2),
        (share(&|one| one.strangers), 0.5),
        (share(&|one| one.consents), 0.35),
        (share(&|one| one.encoding == Encoding::Json), 0.5),
        (share(&|one| one.reads != Reads::Always), 0.3),
    ];
    for (found, asked) in shares {
        assert!((found - asked).abs() < 0.04, "{found} for {asked}");
    }
    assert!(
        town.people()
            .iter()
            .all(|one| one.strangers || !one.consents)
    );
}

#[test]
fn absent_friends_have_names_of_their_own() {
    let town = whole(&built_in("book", 100));
    let names: Vec<String> = town.people()[12].absent_names().collect();
    assert_eq!((names.len(), names[7].as_str()), (360, "p0000012.7"));
    let all = town.people().iter().flat_map(Person::absent_names);
    assert_eq!(all.collect::<BTreeSet<_>>().len(), 36_000);
}

#[test]
fn in_a_storm_everybody_drops_at_once_and_is_back_within_a_second() {
    let town = whole(&built_in("festival-storm", 200));
    for person in 0..200 {
        let acts = acts(&town, person, Duration::from_secs(60));
        let drops: Vec<usize> = (0..acts.len())
            .filter(|place| acts[*place].1 == Act::Drop)
            .collect();
        assert_eq!(drops.len(), 2);
        for (drop, at_s) in drops.into_iter().zip([9, 14]) {
            let (dropped, (back, act)) = (acts[drop].0, acts[drop + 1]);
            assert_eq!(dropped, Duration::from_secs(at_s));
            assert!(back - dropped <= Duration::from_secs(1));
            assert!(matches!(act, Act::Connect { resume: true, .. }));
        }
    }
}

#[test]
fn who_goes_silent_comes_back_on_a_new_connection_and_who_sleeps_goes_on_sending() {
    let town = whole(&built_in("tunnel", 500));
    let (mut silent, mut slept) = (0, 0);
    for person in 0..500 {
        let acts = acts(&town, person, HOUR / 6);
        let mut is_asleep = false;
        for (place, (at, act)) in acts.iter().enumerate() {
            match act {
                Act::Silence if place + 1 < acts.len() => {
                    let (back, next) = acts[place + 1];
                    assert!(matches!(next, Act::Connect { resume: true, .. }));
                    let away = (back - *at).as_secs_f64();
                    assert!((3.0..=9.0).contains(&away), "{away}");
                    silent += 1;
                }
                Act::Sleep => is_asleep = true,
                Act::Wake | Act::Connect { .. } => is_asleep = false,
                Act::Move(_) if is_asleep => slept += 1,
                _ => {}
            }
        }
    }
    assert!(
        silent > 1000 && slept > 1000,
        "{silent} silences, {slept} moves asleep"
    );
}

#[test]
fn who_leaves_comes_back_or_not_as_the_scenario_says() {
    let mut scenario = built_in("commute", 50);
    let town = whole(&scenario);
    for person in 0..50 {
        let acts = acts(&town, person, HOUR);
        let leave = acts.iter().position(|(_, act)| *act == Act::Leave);
        let leave = leave.expect("she stays five minutes or so");
        assert!(matches!(
            acts[leave + 1].1,
            Act::Connect { resume: false, .. }
        ));
    }
    scenario.sessions.away_s = 0.0;
    let town = whole(&scenario);
    for person in 0..50 {
        assert_eq!(
            town.course(person).last().map(|(_, act)| act),
            Some(Act::Leave)
        );
    }
}

#[test]
fn a_connection_that_is_lost_does_not_prolong_a_visit() {
    let mut scenario = built_in("commute", 50);
    scenario.sessions.away_s = 0.0;
    scenario.trouble = Trouble {
        reconnect_every_s: 20.0,
        ..Trouble::default()
    };
    let town = whole(&scenario);
    for person in 0..50 {
        let acts: Vec<(Duration, Act)> = town.course(person).collect();
        let drops = acts.iter().filter(|(_, act)| *act == Act::Drop).count();
        let stayed = acts[acts.len() - 1].0 - acts[0].0;
        assert!(drops > 3 && stayed < Duration::from_secs(452), "{stayed:?}");
    }
}

#[test]
fn twenty_thousand_courses_fit_into_four_megabytes() {
    assert!(
        size_of::<Course<'_>>() <= 200,
        "{}",
        size_of::<Course<'_>>()
    );
}
