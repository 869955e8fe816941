//! Lies about who is gone, why, and when somebody was last heard.

use serde_json::{Value, json};

use crate::liar::{
    AT_ONCE, changes, every_seventh, finds, first_of, is_found, lied_about, list_of,
};
use crate::proxy::{Liar, Lie, Told, as_it_is};
use crate::tool::{HAMLET, Ran};

/// Half of a hamlet fall silent for good and expire, with everybody else's friends among them.
fn silence(lie: Liar, more: &[&str]) -> Ran {
    let trouble = "[trouble]\nsilent = 0.5\nsilent_after_s = 2\nsilent_for_s = 600\n";
    lied_about(lie, &format!("{HAMLET}{trouble}"), more)
}

/// The first of those who moved is said to be gone.
fn gone(why: &'static str) -> impl Fn(u64, Value) -> Told {
    move |number, message| {
        every_seventh(number, message, |mut message| {
            let moved = list_of(&mut message, "moved").filter(|moved| !moved.is_empty());
            if let Some(moved) = moved {
                let user = moved.remove(0)["user"].take();
                message["changes"]["exited"] = json!([{"user": user, "why": why}]);
            }
            as_it_is(message)
        })
    }
}

#[test]
fn a_friend_who_shares_has_not_left() {
    is_found(|number, message| gone("left")(number, message), "why");
}

#[test]
fn who_was_just_heard_is_not_inactive() {
    let wishes = ["--duration", "9s", "--freshness", "1s"];
    let lie: Lie = |number, message| gone("inactive")(number, message);
    finds(&lied_about(changes(lie), HAMLET, &wishes), "why");
}

#[test]
fn who_is_near_is_not_out_of_reach() {
    is_found(|number, message| gone("radius")(number, message), "why");
}

#[test]
fn who_has_expired_is_gone_and_that_is_right() {
    let ran = silence(Liar::HONEST, &["--duration", "18s"]);
    ran.is_right();
}

#[test]
fn who_has_expired_is_not_out_of_reach() {
    fn why(_: u64, mut message: Value) -> Told {
        for exit in list_of(&mut message, "exited").into_iter().flatten() {
            exit["why"] = json!("radius");
        }
        as_it_is(message)
    }
    let wishes = ["--duration", "14s", "--freshness", "2s"];
    finds(&silence(changes(why), &wishes), "why");
}

#[test]
fn who_has_expired_and_is_still_shown_is_forbidden() {
    fn keep(_: u64, mut message: Value) -> Told {
        if let Some(exited) = list_of(&mut message, "exited") {
            exited.clear();
        }
        as_it_is(message)
    }
    let wishes = ["--duration", "17s", "--freshness", "1s"];
    finds(&silence(changes(keep), &wishes), "forbidden");
}

fn heard(by_ms: i64) -> impl Fn(u64, Value) -> Told {
    move |number, message| {
        every_seventh(number, message, |message| {
            first_of(message, "moved", |person| {
                let seen_at = person["seen_at"].as_i64().unwrap();
                person["seen_at"] = json!(seen_at + by_ms);
            })
        })
    }
}

#[test]
fn nobody_is_heard_before_she_speaks() {
    is_found(|number, message| heard(-30_000)(number, message), "seen");
}

#[test]
fn nobody_is_heard_later_than_she_speaks() {
    is_found(|number, message| heard(30_000)(number, message), "seen");
}

#[test]
fn what_is_told_to_the_minute_is_not_told_to_the_millisecond() {
    fn exactly(_: u64, message: Value) -> Told {
        first_of(message, "entered", |person| {
            if person["approximate"] == json!(true) {
                person["seen_at"] = json!(person["seen_at"].as_u64().unwrap() + 1);
            }
        })
    }
    let cells = format!("{HAMLET}approximate = 1.0\n");
    let wishes = [&AT_ONCE[..], &["--warm-up", "0s"]].concat();
    finds(&lied_about(changes(exactly), &cells, &wishes), "seen");
}
