//! The disk: full, and what is found on it of who was erased.

use std::collections::BTreeSet;
use std::fs;

use super::super::Sqlite;
use super::super::writer::Work;
use super::opening::meddle;
use super::{DataDir, RULES, open};
use crate::store::contract::traces::entangle;
use crate::store::contract::{Town, id};
use crate::store::{Imported, Result, Store, Wave};

async fn pragma(store: &Sqlite, sql: &'static str) -> Result<()> {
    let run = store.writer.write("set", move |on| -> Work<'_, ()> {
        Box::pin(async move { sqlx::query(sql).execute(on).await.map(drop) })
    });
    run.await
}

#[tokio::test]
async fn a_full_disk_fails_in_words_and_loses_nothing() {
    let (store, dir) = open().await;
    store.befriend(&id("ann"), &id("bob"), 5).await.unwrap();
    // Answered with the smallest that it can be: the file may not grow.
    pragma(&store, "PRAGMA max_page_count = 1").await.unwrap();
    let many: Vec<_> = (0..5_000)
        .map(|number| Imported::Friends(id("carl"), id(&format!("{number:060}"))))
        .collect();
    let said = store.import(&many, 6).await.unwrap_err();
    assert_eq!(said.0, "import: disk is full");
    assert_eq!(store.user("carl").await.unwrap(), None);
    pragma(&store, "PRAGMA max_page_count = 1000000")
        .await
        .unwrap();
    store.befriend(&id("ann"), &id("dora"), 7).await.unwrap();
    store.close().await.unwrap();
    let store = Sqlite::open(dir.path(), RULES).await.unwrap();
    assert_eq!(Town::new(&store).friends("ann").await, ["bob", "dora"]);
}

#[tokio::test]
async fn a_write_that_fails_takes_no_other_with_it() {
    let (store, _dir) = open().await;
    let (ann, bob) = (id("ann"), id("bob"));
    let (first, failed, last) = tokio::join!(
        store.arrive(&ann, 5),
        pragma(&store, "INSERT INTO users (id) VALUES (NULL)"),
        store.arrive(&bob, 5),
    );
    assert!(first.is_ok() && last.is_ok());
    let said = failed.unwrap_err().0;
    assert_eq!(said, "set: NOT NULL constraint failed: users.id");
    for user in ["ann", "bob"] {
        assert!(store.user(user).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_the_writer_whole() {
    let (store, _dir) = open().await;
    for number in 0..50 {
        let user = id(&number.to_string());
        let arrive = store.arrive(&user, 5);
        tokio::select! {
            biased;
            _ = arrive => {}
            () = tokio::task::yield_now() => {}
        }
    }
    store.arrive(&id("ann"), 6).await.unwrap();
    assert!(store.user("ann").await.unwrap().is_some());
}

/// Everything in the data directory, one file after the other.
fn disk(dir: &DataDir) -> Vec<u8> {
    let files = fs::read_dir(dir.path()).unwrap();
    let bytes = files.map(|file| fs::read(file.unwrap().path()).unwrap());
    bytes.collect::<Vec<_>>().concat()
}

fn on_disk(dir: &DataDir, text: &str) -> bool {
    let disk = disk(dir);
    disk.windows(text.len())
        .any(|found| found == text.as_bytes())
}

#[tokio::test]
async fn who_is_erased_is_not_found_in_any_file() {
    let (store, dir) = open().await;
    let town = Town::new(&store);
    let (erased, kept) = ("the-erased-one", "the-kept-one");
    entangle(&town, erased, 1).await;
    entangle(&town, kept, 2).await;
    assert!(on_disk(&dir, erased));
    store.erase(erased).await.unwrap();
    assert!(on_disk(&dir, kept));
    assert!(!on_disk(&dir, erased));
}

#[tokio::test]
async fn who_is_erased_from_a_crowd_is_not_found_after_a_vacuum() {
    const CROWD: usize = 2_000;
    let (store, dir) = open().await;
    let member = |number: usize| format!("member-{:04}", number % CROWD);
    // Out of order, so that pages are split and rows move from page to page.
    let lines: Vec<_> = (0..CROWD)
        .map(|step| step * 1_237 % CROWD)
        .map(|number| Imported::Friends(id(&member(number)), id(&member(number + 1))))
        .collect();
    for batch in lines.chunks(100) {
        assert_eq!(store.import(batch, 5).await.unwrap(), []);
    }
    let is_erased = |number: &usize| number.is_multiple_of(37);
    for number in (0..CROWD).filter(is_erased) {
        store.erase(&member(number)).await.unwrap();
    }
    store.close().await.unwrap();
    meddle(&dir, "VACUUM").await;
    let disk = disk(&dir);
    let found: BTreeSet<String> = disk
        .windows(member(0).len())
        .filter(|text| text.starts_with(b"member-"))
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .collect();
    for number in 0..CROWD {
        let (name, erased) = (member(number), is_erased(&number));
        assert_eq!(found.contains(&name), !erased, "{name}");
    }
}

#[tokio::test]
async fn naming_who_was_erased_keeps_her_name_only_for_as_long() {
    const HER: &str = "the-erased-one";
    for case in 0..6 {
        let (store, dir) = open().await;
        let town = Town::new(&store);
        town.all_arrive(&["ann", "carl", HER]).await;
        town.block("ann", HER).await;
        store.erase(HER).await.unwrap();
        assert!(!on_disk(&dir, HER));
        match case {
            0 => drop(town.befriend(HER, "ann").await),
            1 => {
                town.ask("carl", HER).await;
                store.unfriend("carl", HER).await.unwrap();
            }
            2 => {
                town.block("carl", HER).await;
                store.unblock("carl", HER).await.unwrap();
            }
            3 => drop(town.import(&[Imported::Friends(id(HER), id("ann"))]).await),
            // By an alias from before.
            4 => drop(town.block_alias("carl", HER).await),
            _ => {
                let wave = Wave {
                    at: town.tick(),
                    since: 0,
                    may_meet: false,
                };
                store.wave(&id("carl"), &id(HER), wave).await.unwrap();
            }
        }
        store.close().await.unwrap();
        meddle(&dir, "VACUUM").await;
        assert!(!on_disk(&dir, HER), "case {case}");
    }
}
