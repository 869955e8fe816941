//! What was known of somebody does not come back with her, or with who gets her place.

use nearcast::broker::{About, Account, Befriended, Broker, Config, Denied, Move, Page, Worker};
use nearcast::wire::{Mode, Person, Sharing};
use nearcast_grid::Position;

/// The beginning of an epoch.
const BEGIN: u64 = 1_800_000_000_000;
const EPOCH_MS: u64 = 15_000;
const SEOUL: (f64, f64) = (37.5, 127.0);
const SYDNEY: (f64, f64) = (-33.9, 151.2);

fn worker() -> Worker {
    let config = Config {
        users: 10,
        edges: 4_096,
        ..Config::default()
    };
    Broker::new(config, 1).pop().unwrap()
}

fn admit(worker: &mut Worker, user: &str, open: bool, sharing: Sharing, now: u64) {
    let account = Account {
        open,
        sharing,
        ..Account::default()
    };
    worker.admit(user, &account, now).unwrap();
}

fn report(worker: &mut Worker, user: &str, (lat, lon): (f64, f64), now: u64) {
    let said = Move {
        position: Position::new(lat, lon).unwrap(),
        about: About::new(None, None, None),
        at: None,
    };
    worker.report(user, &said, now).unwrap();
}

/// Aliases of the strangers whom somebody is shown.
fn strangers(worker: &mut Worker, viewer: &str, now: u64) -> Vec<String> {
    let mut aliases = Vec::new();
    let page = Page {
        limit: 9,
        ..Page::default()
    };
    let say = |person: &Person<'_>| {
        if let Person::Stranger(stranger) = person {
            aliases.push(stranger.alias.to_owned());
        }
    };
    worker
        .peek(viewer, Mode::Strangers, 8_000.0, &page, now, say)
        .unwrap();
    aliases
}

/// Three epochs in which both report from Seoul: enough to be released.
fn settle(worker: &mut Worker, users: [&str; 2]) {
    for epoch in 0..3 {
        let now = BEGIN + epoch * EPOCH_MS;
        for user in users {
            report(worker, user, SEOUL, now);
        }
        worker.tidy(now);
    }
}

#[test]
fn who_gets_the_place_of_an_erased_user_is_not_shown_in_her_cell() {
    let mut worker = worker();
    admit(&mut worker, "viewer", true, Sharing::Exact, BEGIN);
    admit(&mut worker, "gone", false, Sharing::Approximate, BEGIN);
    settle(&mut worker, ["viewer", "gone"]);
    let now = BEGIN + 2 * EPOCH_MS + 1_000;
    worker.erase("gone").unwrap();
    worker.tidy(now);
    worker.tidy(now + 1);
    admit(&mut worker, "new", true, Sharing::Exact, now + 2);
    report(&mut worker, "new", SYDNEY, now + 2);
    worker.tidy(BEGIN + 3 * EPOCH_MS);
    assert!(strangers(&mut worker, "viewer", BEGIN + 3 * EPOCH_MS).is_empty());
}

#[test]
fn an_alias_of_who_came_back_leads_to_her_when_her_old_place_is_emptied_again() {
    let mut worker = worker();
    admit(&mut worker, "viewer", true, Sharing::Exact, BEGIN);
    admit(&mut worker, "back", true, Sharing::Exact, BEGIN);
    worker.erase("back").unwrap();
    admit(&mut worker, "back", true, Sharing::Exact, BEGIN);
    worker.tidy(BEGIN);
    worker.tidy(BEGIN + 1);
    admit(&mut worker, "short", false, Sharing::Exact, BEGIN + 2);
    worker.erase("short").unwrap();
    settle(&mut worker, ["viewer", "back"]);
    let now = BEGIN + 2 * EPOCH_MS;
    let [alias] = &strangers(&mut worker, "viewer", now)[..] else {
        panic!("one is shown");
    };
    assert_eq!(worker.resolve("viewer", alias, now), Ok("back".to_owned()));
}

#[test]
fn a_timed_off_that_she_brings_with_her_ends_as_what_was_before() {
    let mut worker = worker();
    let account = Account {
        sharing: Sharing::Off,
        sharing_until: Some(BEGIN + 60_000),
        sharing_then: Some(Sharing::Exact),
        ..Account::default()
    };
    worker.admit("ann", &account, BEGIN).unwrap();
    worker.tidy(BEGIN + 59_000);
    assert_eq!(
        worker.sharing("ann"),
        Ok((Sharing::Off, Some(BEGIN + 60_000)))
    );
    worker.tidy(BEGIN + 60_000);
    assert_eq!(worker.sharing("ann"), Ok((Sharing::Exact, None)));
}

#[test]
fn a_block_that_is_one_too_many_is_refused_and_leaves_the_friendship() {
    let config = Config {
        users: 10,
        edges: 4_096,
        blocks: 1,
        ..Config::default()
    };
    let mut worker = Broker::new(config, 1).pop().unwrap();
    for user in ["ann", "bob", "eve"] {
        admit(&mut worker, user, false, Sharing::Exact, BEGIN);
    }
    worker.befriend("ann", "eve").unwrap();
    worker.block("ann", "bob").unwrap();
    assert_eq!(worker.block("ann", "eve").err(), Some(Denied::Full));
    assert!(worker.why("ann", "eve", BEGIN).unwrap().friends);
    worker.unblock("ann", "bob");
    worker.block("ann", "eve").unwrap();
    assert!(!worker.why("ann", "eve", BEGIN).unwrap().friends);
}

#[test]
fn who_gets_the_place_of_a_blocked_user_is_not_blocked() {
    let mut worker = worker();
    for user in ["ann", "gone"] {
        admit(&mut worker, user, false, Sharing::Exact, BEGIN);
    }
    worker.block("ann", "gone").unwrap();
    worker.erase("gone").unwrap();
    let later = BEGIN + 601_000;
    report(&mut worker, "ann", SEOUL, later);
    worker.tidy(later);
    worker.tidy(later + 1);
    for new in 0..9 {
        let new = format!("new {new}");
        admit(&mut worker, &new, false, Sharing::Exact, later);
        assert_eq!(
            worker.befriend("ann", &new),
            Ok(Befriended::Watched),
            "{new}"
        );
    }
}

#[test]
fn sharing_that_was_lent_until_before_she_came_is_off() {
    let mut worker = worker();
    let account = Account {
        sharing: Sharing::Exact,
        sharing_until: Some(BEGIN - 1),
        ..Account::default()
    };
    worker.admit("lender", &account, BEGIN).unwrap();
    assert_eq!(worker.sharing("lender"), Ok((Sharing::Off, None)));
}

#[test]
fn strangers_hear_on_an_epoch_that_somebody_without_a_session_expired() {
    let mut worker = worker();
    admit(&mut worker, "viewer", true, Sharing::Exact, BEGIN);
    admit(&mut worker, "quiet", true, Sharing::Exact, BEGIN);
    report(&mut worker, "quiet", SEOUL, BEGIN + 3_000);
    let mut shown_at = |second: u64| {
        let now = BEGIN + second * 1_000;
        report(&mut worker, "viewer", SEOUL, now);
        worker.tidy(now);
        strangers(&mut worker, "viewer", now).len()
    };
    assert_eq!((1..=600).map(&mut shown_at).max(), Some(1));
    // The TTL is over at 603, the epoch at 615.
    assert!((601..615).all(|second| shown_at(second) == 1));
    assert_eq!(shown_at(615), 0);
}

#[test]
fn where_she_was_while_she_did_not_share_is_not_shown_afterwards() {
    let mut worker = worker();
    admit(&mut worker, "viewer", true, Sharing::Exact, BEGIN);
    admit(&mut worker, "private", true, Sharing::Exact, BEGIN);
    worker
        .set_sharing("private", Sharing::Off, None, BEGIN)
        .unwrap();
    settle(&mut worker, ["viewer", "private"]);
    let now = BEGIN + 2 * EPOCH_MS + 1_000;
    report(&mut worker, "private", SYDNEY, now);
    worker
        .set_sharing("private", Sharing::Exact, None, now + 1_000)
        .unwrap();
    worker.tidy(BEGIN + 3 * EPOCH_MS);
    assert!(strangers(&mut worker, "viewer", BEGIN + 3 * EPOCH_MS).is_empty());
}

/// Places in the index come from where people have been, also those who are not shown.
#[test]
fn who_stands_at_one_centre_is_listed_the_same_wherever_others_are() {
    let centre = Position::new(SEOUL.0, SEOUL.1).unwrap();
    let listed = |hidden: [(f64, f64); 2]| {
        let mut worker = worker();
        admit(&mut worker, "hidden", false, Sharing::Off, BEGIN);
        report(&mut worker, "hidden", hidden[0], BEGIN);
        worker.tidy(BEGIN);
        for user in ["ann", "bob", "cid"] {
            admit(&mut worker, user, false, Sharing::Exact, BEGIN);
            report(&mut worker, user, SEOUL, BEGIN);
            worker.tidy(BEGIN);
        }
        report(&mut worker, "hidden", hidden[1], BEGIN);
        [2, 9].map(|limit| {
            let mut listed = Vec::new();
            worker.within(centre, 800.0, limit, BEGIN, |person| {
                if let Person::Friend(friend) = person {
                    listed.push(friend.user.to_owned());
                }
            });
            listed
        })
    };
    let lists = [[SEOUL, SYDNEY], [SYDNEY, SYDNEY], [SYDNEY, SEOUL]].map(listed);
    assert_eq!(lists[0], [vec!["ann", "bob"], vec!["ann", "bob", "cid"]]);
    assert!(lists[1] == lists[0] && lists[2] == lists[0], "{lists:?}");
}

#[test]
fn an_id_that_is_too_long_is_refused() {
    let mut worker = worker();
    let admitted = worker.admit(&"x".repeat(65), &Account::default(), BEGIN);
    assert!(admitted.is_err());
    assert!(
        worker
            .admit(&"x".repeat(64), &Account::default(), BEGIN)
            .is_ok()
    );
}
