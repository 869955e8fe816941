//! What strangers may do with an alias: wave, block, report.

use nearcast::wire::client::{Complaint, Target};
use nearcast::wire::{Command, Mode};
use serde_json::json;

use super::phone::Phone;
use super::town::{Town, in_town, in_town_with};
use crate::places::CAFE;
use crate::server::As;

/// Eve and tom, who see each other as strangers.
async fn strangers(town: &Town) -> (Phone, Phone) {
    for user in ["eve", "tom"] {
        town.share(user, r#"{"strangers_consent": true}"#).await;
    }
    let mut tom = town.phone("tom").curious().at(CAFE).await;
    let mut eve = town.phone("eve").curious().at(CAFE).await;
    eve.hears_at_last("stranger tom entered at the cell of CAFE")
        .await;
    tom.hears_at_last("stranger eve entered at the cell of CAFE")
        .await;
    (eve, tom)
}

fn about(phone: &Phone) -> Complaint {
    Complaint {
        about: Target::Alias(phone.alias()),
        reason: Some("rude".to_owned()),
    }
}

fn wave(phone: &Phone) -> Command {
    Command::Wave {
        alias: phone.alias(),
    }
}

#[test]
fn who_wave_at_each_other_meet() {
    in_town(async |town| {
        let (mut eve, mut tom) = strangers(town).await;
        let mut tablet = town.phone("tom").curious().observing().arrives().await;
        assert_eq!(eve.asks(wave(&eve)).await, "ok");
        assert_eq!(eve.asks(wave(&eve)).await, "ok", "once more is no more");
        assert_eq!(tom.asks(wave(&tom)).await, "ok");
        eve.hears_at_last("met tom").await;
        tom.hears_at_last("met eve").await;
        tablet.hears_at_last("met eve").await;
    });
}

#[test]
fn a_block_by_alias_hides_both_and_never_says_whom() {
    in_town(async |town| {
        let (mut eve, mut tom) = strangers(town).await;
        let complaint = about(&eve);
        assert_eq!(eve.asks(Command::Block(complaint.clone())).await, "ok");
        eve.hears_at_last("stranger tom exited: left").await;
        tom.hears_at_last("stranger eve exited: left").await;
        let list = town
            .rest(As::User("eve"), "GET", "/v1/users/eve/blocks", "")
            .await;
        let blocks = list.json()["blocks"].clone();
        assert_eq!(blocks.as_array().unwrap().len(), 1);
        assert!(blocks[0]["block"].is_string() && blocks[0]["at"].is_u64());
        assert!(!list.body.contains("tom"));
        // It holds for sessions to come.
        let eve = town.phone("eve").curious().at(CAFE).await;
        assert!(eve.shows(Mode::Strangers).is_empty());
    });
}

#[test]
fn a_report_is_stored_with_a_coarse_cell() {
    in_town(async |town| {
        let (mut eve, _tom) = strangers(town).await;
        let complaint = about(&eve);
        assert_eq!(eve.asks(Command::Report(complaint)).await, "ok");
        let reports = town.rest(As::Server, "GET", "/v1/reports", "").await.json();
        let report = &reports["reports"][0];
        assert_eq!(report["by"], "eve");
        assert_eq!(report["user"], "tom");
        assert_eq!(report["reason"], "rude");
        assert_eq!(report["cell"], json!(CAFE.cell()));
    });
}

#[test]
fn waves_are_limited_per_hour() {
    in_town_with(
        |config| config.limits.waves_per_hour = 2,
        async |town| {
            let (mut eve, _tom) = strangers(town).await;
            assert_eq!(eve.asks(wave(&eve)).await, "ok");
            assert_eq!(eve.asks(wave(&eve)).await, "ok");
            let answer = eve.asks(wave(&eve)).await;
            assert!(answer.starts_with("error 111"), "{answer}");
        },
    );
}

#[test]
fn the_alias_of_another_viewer_means_nobody() {
    in_town(async |town| {
        let (mut eve, tom) = strangers(town).await;
        let toms = Complaint {
            about: Target::Alias(tom.alias()),
            reason: None,
        };
        for command in [
            Command::Block(toms.clone()),
            Command::Report(toms),
            wave(&tom),
        ] {
            assert_eq!(eve.asks(command).await, "error 103: not with this person");
        }
    });
}
