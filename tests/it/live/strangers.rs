//! Strangers over the wire: by consent, by cell, by alias.

use nearcast::wire::{Mode, Modes};
use serde_json::json;

use super::town::{Town, in_town, in_town_with};
use crate::places::{BUSAN, CAFE, NEXT_DOOR, PARK};
use crate::server::As;

async fn consent(town: &Town, user: &str, open: bool) {
    let body = json!({"strangers_consent": open});
    town.share(user, &body.to_string()).await;
}

/// Eve and tom, open to strangers; eve looks.
async fn open(town: &Town) {
    consent(town, "eve", true).await;
    consent(town, "tom", true).await;
}

#[test]
fn a_stranger_is_an_alias_in_a_cell() {
    in_town(async |town| {
        open(town).await;
        town.backend(
            "PUT",
            "/v1/users/tom",
            r#"{"name": "Tom", "stranger_name": "T"}"#,
        )
        .await;
        let mut tom = town.phone("tom").curious().at(NEXT_DOOR).await;
        let mut eve = town.phone("eve").curious().at(CAFE).await;
        assert_eq!(eve.welcome().modes, Modes::BOTH);
        let cells = eve.welcome().cells.clone();
        assert_eq!(cells.len(), 9);
        assert!(CAFE.cell().starts_with(&cells[0]), "her own cell first");
        assert!(eve.welcome().reach_m.unwrap() > 1_000.0);
        eve.hears_at_last("stranger tom (T) entered at the cell of CAFE")
            .await;
        tom.hears_at_last("stranger eve entered at the cell of CAFE")
            .await;
        let alias = eve.alias();
        let shown = &eve.list.strangers[&alias];
        assert_eq!(shown.cell, CAFE.cell());
        assert_eq!(shown.distance_m, 0.0, "centre to centre");
        assert_ne!(alias, tom.alias(), "per viewer");
        tom.goes(PARK).await;
        eve.hears_at_last("stranger tom moved to the cell of PARK")
            .await;
    });
}

#[test]
fn permission_or_consent_alone_shows_and_sees_nothing() {
    in_town(async |town| {
        open(town).await;
        // Claim without consent, consent without claim, and the flag in place of the claim.
        let lin = town.phone("lin").curious().at(CAFE).await;
        assert_eq!(lin.welcome().modes, Modes::FRIENDS);
        consent(town, "mia", true).await;
        let mia = town.phone("mia").modes(Modes::BOTH).at(CAFE).await;
        assert_eq!(mia.welcome().modes, Modes::FRIENDS);
        town.backend("PUT", "/v1/users/tom", r#"{"strangers_allowed": true}"#)
            .await;
        let mut tom = town.phone("tom").modes(Modes::BOTH).at(CAFE).await;
        assert_eq!(tom.welcome().modes, Modes::BOTH);
        let mut eve = town.phone("eve").curious().at(CAFE).await;
        tom.hears_at_last("stranger eve entered at the cell of CAFE")
            .await;
        eve.hears_at_last("stranger tom entered at the cell of CAFE")
            .await;
        assert_eq!(eve.shows(Mode::Strangers), ["tom"]);
    });
}

#[test]
fn who_withdraws_consent_is_gone_at_once_and_sees_nobody() {
    in_town(async |town| {
        open(town).await;
        let mut tom = town.phone("tom").curious().at(CAFE).await;
        let mut eve = town.phone("eve").curious().at(CAFE).await;
        eve.hears_at_last("stranger tom entered at the cell of CAFE")
            .await;
        tom.hears_at_last("stranger eve entered at the cell of CAFE")
            .await;
        consent(town, "tom", false).await;
        eve.hears("stranger tom exited: left").await;
        // Eve has not left; she is beyond what he may see.
        tom.hears_at_last("stranger eve exited: radius").await;
    });
}

#[test]
fn pools_never_meet() {
    in_town(async |town| {
        for user in ["eve", "tom", "tim"] {
            consent(town, user, true).await;
        }
        let _tim = town.phone("tim").curious().pool("teens").at(CAFE).await;
        let mut tom = town.phone("tom").curious().pool("adults").at(CAFE).await;
        let mut eve = town.phone("eve").curious().pool("adults").at(CAFE).await;
        eve.hears_at_last("stranger tom entered at the cell of CAFE")
            .await;
        tom.hears_at_last("stranger eve entered at the cell of CAFE")
            .await;
        // Both have been released into the cell that tim is in longer.
        assert_eq!(eve.shows(Mode::Strangers), ["tom"]);
        assert_eq!(tom.shows(Mode::Strangers), ["eve"]);
    });
}

#[test]
fn friends_are_never_strangers() {
    in_town(async |town| {
        open(town).await;
        let mut tom = town.phone("tom").curious().at(CAFE).await;
        let mut eve = town.phone("eve").curious().at(CAFE).await;
        eve.hears_at_last("stranger tom entered at the cell of CAFE")
            .await;
        tom.hears_at_last("stranger eve entered at the cell of CAFE")
            .await;
        town.befriend("eve", "tom").await;
        eve.hears_at_last("stranger tom exited: left").await;
        assert!(eve.shows(Mode::Strangers).is_empty());
        assert_eq!(eve.shows(Mode::Friends), ["tom"]);
        town.unfriend("tom", "eve").await;
        eve.hears("tom exited: left").await;
        assert!(eve.shows(Mode::Strangers).is_empty());
    });
}

#[test]
fn who_is_no_friend_any_more_is_a_stranger_when_aliases_change() {
    in_town_with(
        |config| config.strangers.alias_s = 4,
        async |town| {
            open(town).await;
            let _tom = town.phone("tom").curious().at(CAFE).await;
            let mut eve = town.phone("eve").curious().at(CAFE).await;
            town.befriend("eve", "tom").await;
            eve.hears_at_last("tom entered at CAFE").await;
            town.unfriend("tom", "eve").await;
            eve.hears_at_last("tom exited: left").await;
            eve.hears_at_last("strangers: stranger tom at the cell of CAFE")
                .await;
        },
    );
}

#[test]
fn who_is_named_and_then_not_any_more_cannot_be_told_by_an_alias() {
    in_town_with(
        |config| config.strangers.alias_s = 1_000_000_000,
        async |town| {
            for user in ["eve", "tom", "tim", "ted", "uma"] {
                consent(town, user, true).await;
            }
            let mut uma = town.phone("uma").curious().at(CAFE).await;
            let _others = [
                town.phone("tom").curious().at(CAFE).await,
                town.phone("tim").curious().at(CAFE).await,
                town.phone("ted").curious().at(CAFE).await,
            ];
            let mut eve = town.phone("eve").curious().at(CAFE).await;
            while eve.shows(Mode::Strangers).len() < 4 {
                eve.next_line().await;
            }
            let read = async |path: &str| town.rest(As::Server, "GET", path, "").await.json();
            for (path, place, left) in [
                ("/v1/users/eve/blocks/tom", PARK, &["ted", "tim", "uma"][..]),
                ("/v1/users/tim/blocks/eve", CAFE, &["ted", "uma"]),
                ("/v1/users/ted/friends/eve", PARK, &["uma"]),
            ] {
                town.backend("PUT", path, "").await;
                town.backend("DELETE", path, "").await;
                // Epochs pass.
                uma.goes(place).await;
                let name = if place == PARK { "PARK" } else { "CAFE" };
                eve.hears_at_last(&format!("stranger uma moved to the cell of {name}"))
                    .await;
                assert_eq!(eve.shows(Mode::Strangers), left, "{path}");
                let list = read("/v1/users/eve/nearby?mode=strangers").await;
                assert_eq!(list["total"], left.len(), "{list}");
            }
            for subject in ["tom", "tim", "ted"] {
                let why = format!("/v1/admin/why?viewer={subject}&subject=eve");
                let why = read(&why).await;
                assert_eq!(why["just_parted"], true, "{why}");
            }
            let list = read("/v1/users/uma/nearby?mode=strangers").await;
            assert_eq!(list["total"], 4, "{list}");
        },
    );
}

#[test]
fn who_erases_herself_and_comes_again_finds_no_alias_of_who_is_known_by_name() {
    in_town_with(
        |config| config.strangers.alias_s = 1_000_000_000,
        async |town| {
            for user in ["eve", "tom", "tim", "uma"] {
                consent(town, user, true).await;
            }
            let _others = [
                town.phone("tom").curious().at(CAFE).await,
                town.phone("tim").curious().at(CAFE).await,
            ];
            let mut uma = town.phone("uma").curious().at(CAFE).await;
            let mut eve = town.phone("eve").curious().at(CAFE).await;
            while eve.shows(Mode::Strangers).len() < 3 {
                eve.next_line().await;
            }
            town.backend("PUT", "/v1/users/eve/blocks/tom", "").await;
            town.befriend("eve", "tim").await;
            town.backend("DELETE", "/v1/users/eve", "").await;
            consent(town, "eve", true).await;
            let mut eve = town.phone("eve").curious().at(CAFE).await;
            while eve.shows(Mode::Strangers).is_empty() {
                eve.next_line().await;
            }
            uma.goes(PARK).await;
            eve.hears_at_last("stranger uma moved to the cell of PARK")
                .await;
            assert_eq!(eve.shows(Mode::Strangers), ["uma"]);
        },
    );
}

#[test]
fn who_ends_no_friendship_and_no_block_changes_nothing() {
    in_town(async |town| {
        open(town).await;
        let _tom = town.phone("tom").curious().at(CAFE).await;
        let mut eve = town.phone("eve").curious().at(CAFE).await;
        eve.hears_at_last("stranger tom entered at the cell of CAFE")
            .await;
        for path in ["friends/tom", "blocks/tom"] {
            town.backend("DELETE", &format!("/v1/users/eve/{path}"), "")
                .await;
        }
        let list = "/v1/users/eve/nearby?mode=strangers";
        let list = town.rest(As::Server, "GET", list, "").await.json();
        assert_eq!(list["total"], 1, "{list}");
        assert_eq!(eve.shows(Mode::Strangers), ["tom"]);
    });
}

#[test]
fn claims_of_the_newest_token_decide() {
    in_town(async |town| {
        open(town).await;
        let mut eve = town.phone("eve").curious().at(CAFE).await;
        let _tom = town.phone("tom").curious().at(CAFE).await;
        eve.hears_at_last("stranger tom entered at the cell of CAFE")
            .await;
        let _second = town.phone("tom").arrives().await;
        eve.hears_at_last("stranger tom exited: left").await;
    });
}

#[test]
fn a_page_of_strangers_shows_who_is_shown() {
    use nearcast::wire::Command;
    use nearcast::wire::client::Page;
    in_town(async |town| {
        open(town).await;
        let _tom = town.phone("tom").curious().at(CAFE).await;
        let mut eve = town.phone("eve").curious().at(CAFE).await;
        eve.hears_at_last("stranger tom entered at the cell of CAFE")
            .await;
        let page = Command::Nearby(Page {
            mode: Some(Mode::Strangers),
            ..Page::default()
        });
        assert_eq!(
            eve.asks(page).await,
            "page of strangers: stranger tom at the cell of CAFE"
        );
        let path = "/v1/users/eve/nearby?mode=strangers";
        let list = town.rest(As::Server, "GET", path, "").await.json();
        assert_eq!(list["people"][0]["alias"], eve.alias());
        assert_eq!(list["people"][0]["user"], json!(null));
    });
}

#[test]
fn who_is_far_is_nobodys_stranger() {
    in_town(async |town| {
        for user in ["eve", "tom", "uma"] {
            consent(town, user, true).await;
        }
        let _uma = town.phone("uma").curious().at(BUSAN).await;
        let _tom = town.phone("tom").curious().at(CAFE).await;
        let mut eve = town.phone("eve").curious().at(CAFE).await;
        eve.hears_at_last("stranger tom entered at the cell of CAFE")
            .await;
        assert_eq!(eve.shows(Mode::Strangers), ["tom"]);
    });
}
