//! Pages of who is near: asked for, and changing nothing.

use nearcast::wire::client::Page;
use nearcast::wire::{Command, Mode};

use super::phone::Phone;
use super::town::{Town, in_town};
use crate::places::{CAFE, COUNTER, NEXT_DOOR, PARK};

fn page(cursor: Option<String>, limit: u32) -> Command {
    Command::Nearby(Page {
        mode: None,
        cursor,
        limit: Some(limit),
    })
}

/// Three friends of ann, the nearest first, and their phones.
async fn three_friends(town: &Town) -> [Phone; 3] {
    for friend in ["bob", "cem", "dan"] {
        town.befriend("ann", friend).await;
    }
    [
        town.phone("bob").at(COUNTER).await,
        town.phone("cem").at(NEXT_DOOR).await,
        town.phone("dan").at(PARK).await,
    ]
}

#[test]
fn a_page_changes_nothing_and_everybody_is_on_one() {
    in_town(async |town| {
        let friends = three_friends(town).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        let shown = ann.list.clone();
        let first = ann.asks(page(None, 2)).await;
        assert_eq!(first, "page of friends: bob at COUNTER, cem at NEXT_DOOR …");
        let next = ann.cursor();
        let second = ann.asks(page(Some(next), 2)).await;
        assert_eq!(second, "page of friends: dan at PARK of 3");
        assert_eq!(ann.list, shown);
        drop(friends);
    });
}

#[test]
fn a_cursor_of_somebody_else_or_of_nobody_leads_nowhere() {
    in_town(async |town| {
        let _friends = three_friends(town).await;
        let mut ann = town.phone("ann").at(CAFE).await;
        ann.asks(page(None, 1)).await;
        let hers = ann.cursor();
        town.befriend("eve", "bob").await;
        let mut eve = town.phone("eve").at(CAFE).await;
        for cursor in [hers, "x".to_owned(), "0".repeat(64)] {
            let answer = eve.asks(page(Some(cursor), 1)).await;
            assert_eq!(answer, "error 104: nearby.cursor: no such page");
        }
    });
}

#[test]
fn a_page_of_a_mode_that_was_not_granted_is_empty() {
    in_town(async |town| {
        let mut ann = town.phone("ann").at(CAFE).await;
        let strangers = Command::Nearby(Page {
            mode: Some(Mode::Strangers),
            ..Page::default()
        });
        assert_eq!(ann.asks(strangers).await, "page of strangers: nobody");
    });
}

#[test]
fn who_has_no_position_sees_nobody() {
    in_town(async |town| {
        let _friends = three_friends(town).await;
        let mut ann = town.phone("ann").arrives().await;
        assert_eq!(ann.first, ["friends: nobody"]);
        assert_eq!(ann.asks(page(None, 9)).await, "page of friends: nobody");
        ann.goes(CAFE).await;
        ann.hears_all([
            "bob entered at COUNTER",
            "cem entered at NEXT_DOOR",
            "dan entered at PARK",
        ])
        .await;
    });
}
