//! Aliases, and strangers who are parted: whom a viewer could tell by name comes back with the next
//! aliases only, which are all new, so that none of them says who she is.

use crate::places::{CAFE, PARK};
use crate::town::{Arrival, Phone, Town};

/// Eve shows Tom and Uma as strangers, and from then on knows by name that it is Tom whom she does
/// not show, until that `ends`. He comes back with the next aliases, all of which are new.
fn is_a_stranger_again(
    begins: impl FnOnce(&mut Town, Phone, Phone),
    ends: impl FnOnce(&mut Town, Phone, Phone),
) {
    let mut config = Town::config();
    config.strangers.alias_ms = 600_000;
    let mut town = Town::with(config);
    let [eve, tom, uma] =
        ["eve", "tom", "uma"].map(|name| town.arrive_as(name, CAFE, &Arrival::open()));
    town.wait_s(600 - (town.now / 1000) % 600 + 60);
    assert_eq!(town.strangers_of(eve), ["tom", "uma"]);
    let before = town.aliases_of(eve);
    begins(&mut town, eve, tom);
    ends(&mut town, eve, tom);
    for _ in 0..4 {
        town.wait_s(100);
        assert_eq!(town.strangers_of(eve), ["uma"]);
        assert_eq!(town.strangers_of(tom), ["uma"]);
    }
    assert_eq!(town.strangers_of(uma), ["eve", "tom"]);
    town.wait_s(180);
    assert_eq!(town.strangers_of(eve), ["tom", "uma"]);
    assert_eq!(town.strangers_of(tom), ["eve", "uma"]);
    let after = town.aliases_of(eve);
    assert!(after.iter().all(|alias| !before.contains(alias)));
}

#[test]
fn who_is_a_friend_no_more_comes_with_the_next_aliases() {
    is_a_stranger_again(Town::befriend, |town, eve, tom| {
        town.unfriend(tom, eve);
    });
}

#[test]
fn who_is_blocked_no_more_comes_with_the_next_aliases() {
    is_a_stranger_again(Town::block, Town::unblock);
}

#[test]
fn who_is_parted_while_she_is_away_is_no_stranger_when_she_comes_back() {
    let mut town = Town::new();
    let [eve, tom] = ["eve", "tom"].map(|name| town.arrive_as(name, CAFE, &Arrival::open()));
    town.two_epochs();
    town.block(eve, tom);
    town.leave(tom);
    town.wait_s(700);
    assert!(!town.workers[0].broker().is_resident("tom"));
    town.unblock(eve, tom);
    let tom = town.arrive_as("tom", CAFE, &Arrival::open());
    town.two_epochs();
    assert!(town.strangers_of(eve).is_empty());
    assert!(town.strangers_of(tom).is_empty());
}

#[test]
fn who_parts_in_the_last_epoch_of_a_period_waits_for_the_end_of_the_next() {
    let mut config = Town::config();
    config.strangers.alias_ms = 600_000;
    let mut town = Town::with(config);
    let [eve, tom] = ["eve", "tom"].map(|name| town.arrive_as(name, CAFE, &Arrival::open()));
    town.befriend(eve, tom);
    town.wait_s(600 - (town.now / 1000) % 600 - 10);
    town.unfriend(eve, tom);
    town.wait_s(500);
    assert!(town.strangers_of(eve).is_empty());
    town.wait_s(140);
    assert_eq!(town.strangers_of(eve), ["tom"]);
}

#[test]
fn a_block_by_alias_holds_after_the_alias_has_changed() {
    let mut town = Town::new();
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    let tom = town.arrive_as("tom", CAFE, &Arrival::open());
    town.two_epochs();
    town.heard_by(tom);
    let alias = town.aliases_of(eve).pop().unwrap();
    let now = town.now;
    town.workers[0].block_alias("eve", &alias, now).unwrap();
    town.second();
    assert!(town.strangers_of(eve).is_empty());
    assert_eq!(town.heard_by(tom), ["stranger eve exited: left"]);
    town.wait_s(2 * 3600);
    assert!(town.strangers_of(eve).is_empty() && town.strangers_of(tom).is_empty());
    // An alias is the viewer's own, of this period or the one before.
    let now = town.now;
    assert!(town.workers[0].resolve("eve", &alias, now).is_err());
    assert!(town.workers[0].resolve("tom", &alias, now).is_err());
}

#[test]
fn aliases_rotate_together_with_a_fresh_list() {
    let mut town = Town::new();
    let eve = town.arrive_as("eve", CAFE, &Arrival::open());
    let tom = town.arrive_as("tom", PARK, &Arrival::open());
    town.two_epochs();
    let (before, of_tom) = (town.aliases_of(eve), town.aliases_of(tom));
    assert_ne!(before, of_tom);
    town.heard_by(eve);
    town.wait_s(3600);
    assert_eq!(
        town.heard_by(eve),
        ["strangers: stranger tom at the cell of PARK"]
    );
    let after = town.aliases_of(eve);
    assert_eq!((before.len(), after.len()), (1, 1));
    assert_ne!(before, after);
    // The old one still says whom she means, for one period.
    let now = town.now;
    let meant = town.workers[1].resolve("eve", &before[0], now);
    assert_eq!(meant.as_deref(), Ok("tom"));
}
