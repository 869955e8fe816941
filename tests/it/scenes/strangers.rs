//! Strangers: seen by cell and by alias, by consent of both, and by nothing finer.

use nearcast::broker::{Change, Config};
use nearcast::wire::{Mode, Sharing};

use crate::places::{BUSAN, CAFE, HARBOR, NEXT_DOOR, PARK};
use crate::town::{Arrival, Town};

#[test]
fn both_must_consent() {
    let mut town = Town::new();
    let open = Arrival::open();
    let eve = town.arrive_as("eve", CAFE, &open);
    let looks_only = Arrival {
        strangers: true,
        ..Arrival::default()
    };
    let tom = town.arrive_as("tom", CAFE, &looks_only);
    town.two_epochs();
    assert!(town.strangers_of(eve).is_empty() && town.strangers_of(tom).is_empty());
    town.consent(tom, true);
    assert_eq!(town.strangers_of(tom), ["eve"]);
    town.two_epochs();
    assert_eq!(town.strangers_of(eve), ["tom"]);
    town.heard_by(eve);
    town.heard_by(tom);
    town.consent(eve, false);
    assert_eq!(town.heard_by(tom), ["stranger eve exited: left"]);
    assert!(town.strangers_of(eve).is_empty());
}

#[test]
fn the_one_shown_needs_no_session_in_that_mode() {
    let mut town = Town::new();
    let shown = Arrival {
        strangers: false,
        ..Arrival::open()
    };
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    town.arrive_as("tom", PARK, &shown);
    town.two_epochs();
    assert_eq!(town.strangers_of(eve), ["tom"]);
}

#[test]
fn a_stranger_is_a_cell_after_two_epochs_and_never_more() {
    let mut town = Town::new();
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    let tom = town.arrive_as("tom", CAFE, &Arrival::open());
    town.wait_s(13);
    assert!(town.strangers_of(eve).is_empty());
    town.two_epochs();
    let heard = town.heard_by(eve);
    assert!(
        heard.contains(&"stranger tom entered at the cell of CAFE".to_owned()),
        "{heard:?}"
    );
    // Within the cell: nothing.
    for _ in 0..5 {
        town.walk(tom, NEXT_DOOR);
        town.walk(tom, CAFE);
        town.wait_s(5);
    }
    assert!(town.heard_by(eve).is_empty());
    town.walk(tom, PARK);
    town.two_epochs();
    assert_eq!(
        town.heard_by(eve),
        ["stranger tom moved to the cell of PARK"]
    );
}

#[test]
fn crossing_back_and_forth_between_cells_is_no_clock() {
    let mut town = Town::new();
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    let tom = town.arrive_as("tom", CAFE, &Arrival::open());
    town.two_epochs();
    town.heard_by(eve);
    for round in 0..20 {
        town.walk(tom, [PARK, CAFE][round % 2]);
        town.wait_s(14);
    }
    assert!(town.heard_by(eve).is_empty());
}

#[test]
fn pools_never_meet() {
    let mut town = Town::new();
    let (teens, adults) = (Arrival::pool("teens"), Arrival::pool("adults"));
    let tim = town.arrive_as("tim", CAFE, &teens);
    let kim = town.arrive_as("kim", CAFE, &teens);
    let eve = town.arrive_as("eve", CAFE, &adults);
    let tom = town.arrive_as("tom", CAFE, &adults);
    let uma = town.arrive_as("uma", CAFE, &Arrival::open());
    town.two_epochs();
    assert_eq!(town.strangers_of(tim), ["kim"]);
    assert_eq!(town.strangers_of(eve), ["tom"]);
    assert_eq!(town.strangers_of(tom), ["eve"]);
    assert!(town.strangers_of(uma).is_empty());
    // Who grows up is gone from the one at once.
    town.heard_by(kim);
    town.workers[0]
        .set_strangers("tim", true, "adults")
        .unwrap();
    town.second();
    assert_eq!(town.heard_by(kim), ["stranger tim exited: left"]);
    town.two_epochs();
    assert!(town.strangers_of(kim).is_empty());
    assert_eq!(town.strangers_of(tim), ["eve", "tom"]);
    assert_eq!(town.strangers_of(eve), ["tim", "tom"]);
}

#[test]
fn friends_are_not_strangers() {
    let mut town = Town::new();
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    let tom = town.arrive_as("tom", CAFE, &Arrival::open());
    town.two_epochs();
    assert_eq!(town.strangers_of(eve), ["tom"]);
    town.heard_by(eve);
    town.befriend(eve, tom);
    assert_eq!(
        town.heard_by(eve),
        ["tom entered at CAFE", "stranger tom exited: left"]
    );
    assert!(town.strangers_of(eve).is_empty());
}

#[test]
fn a_cell_of_too_few_shows_nobody() {
    let mut config = Town::config();
    config.strangers.min_people = 3;
    let mut town = Town::with(config);
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    let tom = town.arrive_as("tom", PARK, &Arrival::open());
    let uma = town.arrive_as("uma", PARK, &Arrival::open());
    town.two_epochs();
    assert!(town.strangers_of(eve).is_empty());
    town.arrive_as("vic", PARK, &Arrival::open());
    town.two_epochs();
    assert_eq!(town.strangers_of(eve), ["tom", "uma", "vic"]);
    town.walk(uma, HARBOR);
    town.two_epochs();
    assert!(town.strangers_of(eve).is_empty());
    assert!(town.strangers_of(tom).is_empty());
}

#[test]
fn at_most_view_max_are_shown_and_her_own_cell_comes_first() {
    let config = Config {
        users: 200,
        ..Town::config()
    };
    let mut town = Town::with(Config {
        strangers: nearcast::broker::Strangers {
            view_max: 10,
            ..config.strangers.clone()
        },
        ..config
    });
    let shown = Arrival {
        strangers: false,
        ..Arrival::open()
    };
    for number in 0..4 {
        town.arrive_as(&format!("here {number}"), NEXT_DOOR, &shown);
    }
    let here = ["here 0", "here 1", "here 2", "here 3"];
    for number in 0..40 {
        town.arrive_as(&format!("there {number}"), PARK, &shown);
    }
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    town.two_epochs();
    let strangers = town.strangers_of(eve);
    assert_eq!(strangers.len(), 10, "{strangers:?}");
    assert_eq!(strangers[..4], here);
    let (people, _) = town.page(eve, Mode::Strangers, None, 100).unwrap();
    assert_eq!(people.len(), strangers.len());
}

#[test]
fn teleporting_shows_nobody_new() {
    let mut town = Town::new();
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    town.arrive_as("tom", PARK, &Arrival::open());
    town.arrive_as("uma", BUSAN, &Arrival::open());
    town.two_epochs();
    assert_eq!(town.strangers_of(eve), ["tom"]);
    town.walk(eve, BUSAN);
    town.two_epochs();
    assert_eq!(town.strangers_of(eve), ["tom"]);
    // With another session and by another route it is the same user.
    town.leave(eve);
    let eve = town.arrive_as("eve", BUSAN, &Arrival::open());
    town.report(eve, BUSAN.north(20.0));
    assert_eq!(town.strangers_of(eve), ["tom"]);
    // After the hours that such a journey takes, she is believed.
    town.wait_s(1800);
    assert_eq!(town.strangers_of(eve), ["uma"]);
}

#[test]
fn who_may_not_be_shown_takes_nobody_s_place() {
    let mut config = Town::config();
    config.strangers.view_max = 4;
    let mut town = Town::with(config);
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    // In her own cell, and so few that rooms do not split.
    for name in ["amy", "bea"] {
        let friend = town.arrive_as(name, CAFE, &Arrival::open());
        town.befriend(eve, friend);
    }
    for name in ["dan", "tom", "zoe"] {
        town.arrive_as(name, PARK, &Arrival::open());
    }
    town.two_epochs();
    assert_eq!(town.strangers_of(eve), ["dan", "tom", "zoe"]);
}

#[test]
fn too_many_reach_cells_in_an_hour_show_nobody_new() {
    let mut config = Town::config();
    config.strangers.cells_per_hour = 3;
    let mut town = Town::with(config);
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    town.arrive_as("tom", CAFE.north(40_000.0), &Arrival::open());
    let mut shown_at = None;
    for kilometre in 0..=40 {
        town.walk(eve, CAFE.north(1_000.0 * f64::from(kilometre)));
        town.wait_s(15);
        if town.strangers_of(eve) == ["tom"] {
            shown_at = Some(kilometre);
            break;
        }
    }
    assert_eq!(shown_at, None);
    town.wait_s(3600);
    assert_eq!(town.strangers_of(eve), ["tom"]);
}

#[test]
fn being_erased_is_no_way_to_travel() {
    let mut town = Town::new();
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    town.arrive_as("tom", CAFE.north(40_000.0), &Arrival::open());
    town.two_epochs();
    town.erase(eve);
    let eve = town.arrive_as("eve", CAFE.north(40_000.0), &Arrival::open());
    town.two_epochs();
    assert!(town.strangers_of(eve).is_empty());
    town.wait_s(120);
    assert_eq!(town.strangers_of(eve), ["tom"]);
}

#[test]
fn withdrawal_acts_at_once_and_expiry_on_epochs() {
    let mut town = Town::new();
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    let tom = town.arrive_as("tom", CAFE, &Arrival::open());
    let uma = town.arrive_as("uma", PARK, &Arrival::open());
    town.two_epochs();
    town.heard_by(eve);
    town.share(tom, Sharing::Off);
    assert_eq!(town.heard_by(eve), ["stranger tom exited: left"]);
    town.fall_silent(uma);
    town.wait_s(570);
    town.heard_by(eve);
    for _ in 0..120 {
        town.wait_s(1);
        if let [told] = &town.heard_by(eve)[..] {
            assert_eq!(told, "stranger uma exited: inactive");
            assert!(town.now % 15_000 < 2_000);
            return;
        }
    }
    panic!("uma did not expire");
}

#[test]
fn what_is_told_of_a_stranger_says_how_fresh_she_is_on_epochs_only() {
    let mut town = Town::new();
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    let tom = town.arrive_as("tom", CAFE, &Arrival::open());
    town.two_epochs();
    town.heard_by(eve);
    town.fall_silent(tom);
    let mut told = 0;
    for _ in 0..300 {
        town.wait_s(1);
        for line in town.heard_by(eve) {
            assert_eq!(line, "stranger tom moved to the cell of CAFE");
            assert!(town.now % 15_000 < 2_000);
            told += 1;
        }
    }
    assert_eq!(told, 1, "from now to recent");
}

#[test]
fn a_mode_of_strangers_that_is_left_is_silent() {
    let mut town = Town::new();
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    let tom = town.arrive_as("tom", CAFE, &Arrival::open());
    town.two_epochs();
    town.heard_by(eve);
    let mode = |on| Change {
        strangers: Some(on),
        ..Change::default()
    };
    town.set(eve, &mode(false));
    town.walk(tom, PARK);
    town.two_epochs();
    assert!(town.heard_by(eve).is_empty());
    town.set(eve, &mode(true));
    assert_eq!(
        town.heard_by(eve)[0],
        "strangers: stranger tom at the cell of PARK"
    );
}

#[test]
fn who_adds_strangers_is_told_once_to_which_cells_she_listens() {
    let mut town = Town::new();
    let account = Arrival::open().account;
    let eve = town.arrive_as(
        "eve",
        CAFE,
        &Arrival {
            account,
            ..Arrival::default()
        },
    );
    town.heard_by(eve);
    let strangers = Change {
        strangers: Some(true),
        ..Change::default()
    };
    town.set(eve, &strangers);
    let heard = town.heard_by(eve);
    assert_eq!(heard[0], "strangers: nobody");
    assert!(heard[1].starts_with("listens around "), "{heard:?}");
    town.two_epochs();
    assert!(town.heard_by(eve).is_empty());
}

#[test]
fn who_walks_listens_to_other_cells() {
    let mut town = Town::new();
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    let far = CAFE.north(11_000.0);
    town.arrive_as("tom", far, &Arrival::open());
    town.two_epochs();
    assert!(town.strangers_of(eve).is_empty());
    town.heard_by(eve);
    for kilometre in 1..=11 {
        town.walk(eve, CAFE.north(1_000.0 * f64::from(kilometre)));
        town.wait_s(20);
    }
    let heard = town.heard_by(eve);
    assert!(heard.iter().any(|line| line.starts_with("listens around ")));
    assert_eq!(town.strangers_of(eve), ["tom"]);
}
