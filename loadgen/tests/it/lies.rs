//! A proxy that lies: every lie is found and named, and without one nothing is.

use std::time::Duration;

use serde_json::{Value, json};

use crate::liar::{changes, every_seventh, finds, first_of, is_found, lied_about, list_of};
use crate::proxy::{Liar, Told, as_it_is};
use crate::tool::HAMLET;

#[test]
fn without_a_lie_nothing_is_found() {
    let ran = lied_about(Liar::HONEST, HAMLET, &["--duration", "12s"]);
    ran.is_right();
    // Of two dozen people with six friends each, who move every second.
    let deliveries = ran.number("/totals/deliveries");
    assert!(deliveries > 24.0, "{deliveries}: {}", ran.report["totals"]);
    assert!(ran.number("/checked") > 144.0);
}

#[test]
fn a_message_that_is_dropped_is_a_gap() {
    is_found(
        |number, message| every_seventh(number, message, |_| Vec::new()),
        "protocol",
    );
}

#[test]
fn a_server_that_tells_of_no_move_is_found_however_often_people_move() {
    fn leave_out(_: u64, mut message: Value) -> Told {
        if let Some(moved) = list_of(&mut message, "moved") {
            moved.clear();
        }
        as_it_is(message)
    }
    is_found(leave_out, "missing");
}

#[test]
fn a_move_that_is_left_out_is_missed() {
    fn leave_out(number: u64, message: Value) -> Told {
        every_seventh(number, message, |mut message| {
            if let Some(moved) = list_of(&mut message, "moved") {
                moved.clear();
            }
            as_it_is(message)
        })
    }
    // The next move is told in time otherwise.
    let slow = HAMLET.replace("move_every_s = 1", "move_every_s = 4");
    let wishes = ["--duration", "14s", "--freshness", "2s"];
    finds(&lied_about(changes(leave_out), &slow, &wishes), "missing");
}

#[test]
fn two_messages_in_the_wrong_order_are_a_breach() {
    fn later(number: u64, message: Value) -> Told {
        every_seventh(number, message, |message| {
            vec![(Duration::from_millis(1500), message)]
        })
    }
    is_found(later, "protocol");
}

#[test]
fn a_message_that_is_delayed_is_late() {
    fn delay(_: u64, message: Value) -> Told {
        vec![(Duration::from_secs(4), message)]
    }
    let wishes = ["--duration", "10s", "--freshness", "2s"];
    finds(&lied_about(changes(delay), HAMLET, &wishes), "late");
}

#[test]
fn a_message_that_is_told_twice_is_out_of_order() {
    is_found(
        |number, message| {
            every_seventh(number, message, |message| {
                vec![(Duration::ZERO, message.clone()), (Duration::ZERO, message)]
            })
        },
        "protocol",
    );
}

#[test]
fn somebody_who_enters_twice_is_a_duplicate() {
    fn twice(number: u64, message: Value) -> Told {
        every_seventh(number, message, |mut message| {
            let changes = message["changes"].as_object_mut().unwrap();
            if let Some(moved) = changes.remove("moved") {
                changes.insert("entered".to_owned(), moved);
            }
            as_it_is(message)
        })
    }
    is_found(twice, "duplicate");
}

#[test]
fn a_distance_that_is_altered_is_named() {
    is_found(
        |number, message| {
            every_seventh(number, message, |message| {
                first_of(message, "moved", |person| {
                    let distance_m = person["distance_m"].as_f64().unwrap();
                    person["distance_m"] = json!(distance_m * 1.05 + 5.0);
                })
            })
        },
        "distance",
    );
}

#[test]
fn a_place_where_she_never_was_is_named() {
    is_found(
        |number, message| {
            every_seventh(number, message, |message| {
                first_of(message, "moved", |person| {
                    let lat = person["lat"].as_f64().unwrap();
                    person["lat"] = json!((lat * 1e7 + 1.0).round() / 1e7);
                })
            })
        },
        "position",
    );
}

#[test]
fn somebody_who_is_no_friend_is_forbidden() {
    is_found(
        |number, message| {
            every_seventh(number, message, |message| {
                first_of(message, "moved", |person| {
                    person["user"] = json!("p9999999")
                })
            })
        },
        "forbidden",
    );
}

#[test]
fn users_who_are_swapped_are_not_where_they_were() {
    // In each: few tell of two who moved, and of these every seventh may be none.
    fn swap(_: u64, mut message: Value) -> Told {
        let moved = list_of(&mut message, "moved").map(Vec::as_mut_slice);
        if let Some([one, other, ..]) = moved {
            let user = one["user"].take();
            one["user"] = other["user"].take();
            other["user"] = user;
        }
        as_it_is(message)
    }
    is_found(swap, "position");
}

#[test]
fn a_stranger_elsewhere_than_in_the_middle_of_her_cell_is_forbidden() {
    fn add(number: u64, message: Value) -> Told {
        every_seventh(number, message, |mut message| {
            let stranger = json!([{
                "alias": "somebody",
                "cell": "u33dbf",
                "lat": 52.5200066,
                "lon": 13.404954,
                "distance_m": 1200.0,
                "seen": "now",
            }]);
            message["changes"]["entered"] = stranger;
            as_it_is(message)
        })
    }
    is_found(add, "forbidden");
}
