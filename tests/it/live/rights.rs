//! Nobody learns from an answer who exists, who has blocked and who has declined.

use nearcast::wire::client::{Complaint, Target};
use nearcast::wire::{Command, UserId};

use super::town::{Town, in_town, in_town_with};
use crate::places::CAFE;
use crate::server::As;

/// Nobody's id, somebody who is there, one whom ann blocked, and one who blocked ann.
const OTHERS: [&str; 5] = ["unknown", "there", "blocked", "blocker", "declined"];

async fn others(town: &Town) {
    for user in ["there", "blocked", "blocker", "declined"] {
        town.backend("PUT", &format!("/v1/users/{user}"), "{}")
            .await;
    }
    for path in [
        "/v1/users/ann/blocks/blocked",
        "/v1/users/blocker/blocks/ann",
    ] {
        town.backend("PUT", path, "").await;
    }
    town.unfriend("declined", "ann").await;
}

fn user(name: &str) -> UserId {
    UserId::new(name).unwrap()
}

fn complaint(about: Target) -> Complaint {
    Complaint {
        about,
        reason: Some("rude".to_owned()),
    }
}

#[test]
fn every_command_that_names_a_person_answers_alike_for_who_is_no_friend() {
    in_town(async |town| {
        others(town).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        for name in OTHERS {
            for command in [
                Command::Follow { user: user(name) },
                Command::Unfollow { user: user(name) },
            ] {
                let answer = ann.asks(command).await;
                assert_eq!(answer, "error 103: not with this person", "{name}");
            }
        }
        for name in OTHERS {
            let report = Command::Report(complaint(Target::User(user(name))));
            assert_eq!(ann.asks(report).await, "ok", "{name}");
        }
        for name in OTHERS {
            let block = Command::Block(complaint(Target::User(user(name))));
            assert_eq!(ann.asks(block).await, "ok", "{name}");
        }
    });
}

#[test]
fn an_alias_that_means_nobody_is_denied_alike_by_every_command() {
    in_town(async |town| {
        let mut ann = town.phone("ann").at(CAFE).await;
        for alias in ["x", "unknown", &"0".repeat(32), &"f".repeat(32)] {
            let alias = || alias.to_owned();
            let complaint = complaint(Target::Alias(alias()));
            for command in [
                Command::Wave { alias: alias() },
                Command::Block(complaint.clone()),
                Command::Report(complaint),
            ] {
                let answer = ann.asks(command).await;
                assert_eq!(answer, "error 103: not with this person");
            }
        }
    });
}

#[test]
fn who_blocks_and_unblocks_to_see_who_vanishes_may_not_for_long() {
    in_town_with(
        |config| config.limits.blocks_per_hour = 3,
        async |town| {
            let mut ann = town.phone("ann").at(CAFE).await;
            for name in ["bob", "cem"] {
                let block = Command::Block(complaint(Target::User(user(name))));
                assert_eq!(ann.asks(block).await, "ok");
            }
            let path = |name: &str| format!("/v1/users/ann/blocks/{name}");
            let put = async |who, name: &str| town.rest(who, "PUT", &path(name), "").await.status;
            assert_eq!(put(As::User("ann"), "dan").await, 204);
            assert_eq!(put(As::User("ann"), "eve").await, 429);
            let block = Command::Block(complaint(Target::User(user("eve"))));
            assert!(ann.asks(block).await.starts_with("error 111"));
            // The product may.
            assert_eq!(put(As::Server, "eve").await, 204);
        },
    );
}

#[test]
fn who_asks_for_many_who_are_no_friends_learns_nothing_for_a_while() {
    in_town_with(
        |config| config.limits.denied_per_minute = 5,
        async |town| {
            town.befriend("ann", "bob").await;
            let _bob = town.phone("bob").at(CAFE).await;
            let mut ann = town.phone("ann").at(CAFE).await;
            let mut answers = Vec::new();
            for number in 0..7 {
                let user = user(&format!("user-{number}"));
                answers.push(ann.asks(Command::Follow { user }).await);
            }
            assert!(answers[..5].iter().all(|one| one.starts_with("error 103")));
            assert!(answers[6].starts_with("error 111"), "{answers:?}");
            // Friends may be followed all the same.
            let bob = Command::Follow { user: user("bob") };
            assert_eq!(ann.asks(bob).await, "ok");
        },
    );
}
