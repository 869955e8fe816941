//! Lies about lists, and about strangers: how many there can be.

use nearcast_grid::{Grid, Position};
use serde_json::{Value, json};

use crate::liar::{AT_ONCE, changes, every_seventh, finds, is_found, lied_about, list_of, lists};
use crate::proxy::{Liar, Told, as_it_is};
use crate::tool::HAMLET;

/// Everybody comes back to a new list every few seconds.
fn restless() -> String {
    format!("{HAMLET}[trouble]\nreconnect_every_s = 3\nresume = false\n")
}

/// Everybody wants to see strangers, and half of them are to be seen.
fn sociable() -> String {
    format!("{HAMLET}strangers = 1.0\nconsent = 0.5\n")
}

fn people(message: &mut Value) -> &mut Vec<Value> {
    message["nearby"]["people"].as_array_mut().unwrap()
}

#[test]
fn lists_without_a_lie_are_right() {
    let ran = lied_about(Liar::HONEST, &restless(), &["--duration", "10s"]);
    ran.is_right();
}

#[test]
fn a_list_that_begins_with_who_is_farthest_is_not_in_order() {
    fn turn(_: u64, mut message: Value) -> Told {
        people(&mut message).reverse();
        as_it_is(message)
    }
    finds(&lied_about(lists(turn), &restless(), &AT_ONCE), "order");
}

#[test]
fn a_list_that_says_there_are_more_than_it_shows_is_wrong() {
    fn more(_: u64, mut message: Value) -> Told {
        let total = message["nearby"]["total"].as_u64().unwrap();
        message["nearby"]["total"] = json!(total + 1);
        as_it_is(message)
    }
    finds(&lied_about(lists(more), HAMLET, &AT_ONCE), "order");
}

#[test]
fn a_list_that_leaves_out_everybody_and_does_not_count_them_is_wrong() {
    fn fewer(_: u64, mut message: Value) -> Told {
        people(&mut message).clear();
        message["nearby"]["total"] = json!(0);
        as_it_is(message)
    }
    let wishes = ["--duration", "10s", "--freshness", "1s"];
    finds(&lied_about(lists(fewer), &restless(), &wishes), "order");
}

#[test]
fn strangers_without_a_lie_are_right() {
    let ran = lied_about(Liar::HONEST, &sociable(), &["--duration", "12s"]);
    ran.is_right();
}

#[test]
fn more_strangers_than_have_consented_are_forbidden() {
    fn crowd(_: u64, mut message: Value) -> Told {
        if let Some(entered) = list_of(&mut message, "entered") {
            let stranger = entered.iter().find(|one| one["alias"].is_string()).cloned();
            for number in 0..24 {
                entered.extend(stranger.clone().map(|mut twin| {
                    twin["alias"] = json!(format!("somebody-{number}"));
                    twin
                }));
            }
        }
        as_it_is(message)
    }
    let wishes = ["--duration", "12s"];
    finds(
        &lied_about(changes(crowd), &sociable(), &wishes),
        "forbidden",
    );
}

#[test]
fn a_stranger_where_nobody_was_who_consented_is_forbidden() {
    fn add(number: u64, message: Value) -> Told {
        every_seventh(number, message, |mut message| {
            let grid = Grid::geohash(6).unwrap();
            let cell = grid.cell_at(Position::new(37.5665, 126.978).unwrap());
            let centre = cell.centre();
            message["changes"]["entered"] = json!([{
                "alias": format!("somebody-{number}"),
                "cell": cell.text().to_string(),
                "lat": centre.lat(),
                "lon": centre.lon(),
                "distance_m": 0.0,
                "seen": "now",
            }]);
            as_it_is(message)
        })
    }
    is_found(add, "forbidden");
}
