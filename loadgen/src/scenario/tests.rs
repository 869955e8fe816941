//! Scenarios from text: the files that come with the tool, and faults.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::*;

fn file(name: &str) -> &'static str {
    Scenario::built_in(name).expect("it comes with the tool")
}

fn faults(text: &str) -> Vec<String> {
    Scenario::parse(text).expect_err("it is wrong")
}

#[test]
fn every_scenario_of_the_tool_is_right_and_has_a_title_of_its_own() {
    let scenarios = Scenario::NAMES.map(|name| Scenario::parse(file(name)));
    let titles: BTreeSet<_> = scenarios
        .iter()
        .map(|scenario| &scenario.as_ref().expect("it is right").title)
        .collect();
    assert_eq!(titles.len(), Scenario::NAMES.len());
    assert_eq!(Scenario::built_in("cities"), None);
}

#[test]
fn city_says_every_key_with_its_default() {
    let city: Table = file("city").parse().expect("it is TOML");
    assert_eq!(city, draft::table(&Scenario::default()));
    assert_eq!(Scenario::parse(file("city")), Ok(Scenario::default()));
    assert_eq!(Scenario::parse(""), Ok(Scenario::default()));
}

#[test]
fn every_other_file_says_only_what_it_changes_and_is_read_as_it_says() {
    let default = draft::table(&Scenario::default());
    for name in Scenario::NAMES.into_iter().filter(|name| *name != "city") {
        let scenario = Scenario::parse(file(name)).expect("it is right");
        let read = draft::table(&scenario);
        let said: Table = file(name).parse().expect("it is TOML");
        for (section, value) in &said {
            let Value::Table(keys) = value else {
                assert_eq!(&read[section], value, "{name}: {section}");
                assert_ne!(&default[section], value, "{name}: {section}");
                continue;
            };
            for (key, value) in keys {
                assert_eq!(&read[section][key], value, "{name}: {section}.{key}");
                assert_ne!(&default[section][key], value, "{name}: {section}.{key}");
            }
        }
    }
}

#[test]
fn the_book_has_four_hundred_friends_one_in_ten_of_them_there() {
    let book = Scenario::parse(file("book")).expect("it is right");
    let Friends {
        kind, mean, absent, ..
    } = book.friends;
    assert_eq!((kind, mean, mean + absent), (Graph::Fixed, 40, 400));
    assert_eq!(book.movement.move_every_s, 30.0);
    assert!(2.0 * book.place.radius_m < book.sessions.radius_m);
}

#[test]
fn every_fault_is_told_at_once_with_its_key_and_what_would_be_right() {
    let text = "people = 0\ndistrikt = 7\nplace = 3\ntitle = 5\n\
                [friends]\nkind = \"few\"\nmean = 300\n\
                [movement]\nwalk = 1.4\nwlak = 1\nmove_every_s = \"often\"\nstop_s = nan\n\
                [think]\nbetween_s = -2\nbefore_first_s = \"long\"\n\
                [sessions]\noff = 0.7\napproximate = 0.7\n\
                [trouble]\nreconnect_all_at_s = [1, -1.0]\nresume = 1\n";
    let expected = [
        "distrikt: there is no such key; the nearest is district",
        "place: a section, [place], with its keys below, was expected",
        "title: 5 is not a text",
        "friends.kind: \"few\" is not \"fixed\" or \"power_law\"",
        "movement.wlak: there is no such key; the nearest is movement.walk",
        "movement.move_every_s: \"often\" is not a number",
        "think.before_first_s: \"long\" is not a number",
        "trouble.resume: 1 is not true or false",
        "people: 0 is not within 1..=10000000",
        "friends.most: 200 is less than friends.mean, which is 300",
        "movement.walk: 1.4 is not within 0..=1",
        "movement: walk, bus, car and still are 1.900 together, not 1",
        "movement.stop_s: NaN is not within 0..=86400",
        "think.between_s: -2 is not within 0..=86400",
        "sessions: approximate and off are 1.400 together, more than 1",
        "trouble.reconnect_all_at_s: -1 is not within 0..=86400",
    ];
    let told = faults(text);
    let told: BTreeSet<_> = told.iter().map(String::as_str).collect();
    assert_eq!(told, BTreeSet::from(expected));
}

#[test]
fn a_key_of_another_section_is_named_with_it() {
    let told = faults("[sessions]\nmove_every_s = 5\n").concat();
    assert!(
        told.contains("the nearest is movement.move_every_s"),
        "{told}"
    );
    let told = faults("mean = 5\n").concat();
    assert!(told.contains("the nearest is friends.mean"), "{told}");
}

#[test]
fn every_line_that_is_not_toml_is_named() {
    let told = faults("people = = 5\n[place]\nlat = 1 2\n").join("\n");
    assert!(told.contains("line 1 is not TOML"), "{told}");
    assert!(told.contains("line 3 is not TOML"), "{told}");
    let told = faults("people = 99999999999999999999\n").concat();
    assert!(told.contains("line 1 is not TOML"), "{told}");
}

#[test]
fn nobody_drives_in_a_stadium_and_the_world_has_room_for_so_many_districts() {
    let told = faults("[place]\nkind = \"stadium\"\n");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("movement.bus: 0.15 is not 0"));
    let mut scenario = Scenario {
        people: 1_000_000,
        ..Scenario::default()
    };
    assert!(scenario.faults().is_empty());
    scenario.district = 100;
    let told = scenario.faults().concat();
    assert!(told.contains("are 10000 districts, and the world has room for 2400"));
}

#[test]
fn a_place_has_streets() {
    let told = faults("[place]\nradius_m = 60\nblock_m = 40\n").concat();
    assert!(told.starts_with("place.block_m: 40 is more than half"));
}

#[test]
fn parameters_are_every_key_as_one_says_it() {
    let parameters = Scenario::default().parameters();
    assert_eq!(parameters["friends.kind"], "power_law");
    assert_eq!(parameters["movement.move_every_s"], "5.0");
    assert_eq!(parameters["people"], "2000");
}
