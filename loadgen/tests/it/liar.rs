//! How a lie is told, and what is to come of it.

use serde_json::Value;

use crate::machine::shared;
use crate::proxy::{Liar, Lie, Told, as_it_is, start};
use crate::server::Server;
use crate::tool::{HAMLET, Ran};

/// Every so manyth message is lied about: the others are to stay right.
const ONE_IN: u64 = 7;

/// Of a server to which a test comes: what takes epochs and minutes takes seconds.
const HASTY: [(&str, &str); 2] = [
    ("NEARCAST_BROKER_TTL_S", TTL_S),
    ("NEARCAST_STRANGERS_EPOCH_S", "1"),
];
pub(crate) const TTL_S: &str = "6";

/// Who is to be found does not mind a false fault beside it.
pub(crate) const AT_ONCE: [&str; 4] = ["--duration", "7s", "--freshness", "2s"];

pub(crate) fn lied_about(liar: Liar, scenario: &str, more: &[&str]) -> Ran {
    let _place = shared();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = Server::with(&HASTY);
    let address = runtime.block_on(start(&server.address, liar));
    Ran::against(&address, scenario, &[&["--ttl", TTL_S][..], more].concat())
}

pub(crate) fn changes(changes: Lie) -> Liar {
    Liar {
        changes,
        ..Liar::HONEST
    }
}

pub(crate) fn lists(lists: Lie) -> Liar {
    Liar {
        lists,
        ..Liar::HONEST
    }
}

pub(crate) fn is_found(lie: Lie, kind: &str) {
    finds(&lied_about(changes(lie), HAMLET, &AT_ONCE), kind);
}

pub(crate) fn finds(ran: &Ran, kind: &str) {
    assert!(ran.faults(kind) > 0, "{kind}: {}", ran.report["faults"]);
    assert_eq!(ran.status(), Some(1), "{}", ran.said());
}

pub(crate) fn every_seventh(number: u64, message: Value, lie: impl FnOnce(Value) -> Told) -> Told {
    if number % ONE_IN == ONE_IN - 1 {
        lie(message)
    } else {
        as_it_is(message)
    }
}

/// A kind of list, if there is one.
pub(crate) fn list_of<'m>(message: &'m mut Value, list: &str) -> Option<&'m mut Vec<Value>> {
    message["changes"].get_mut(list)?.as_array_mut()
}

/// Changes the first person of a kind of list, if there is one.
pub(crate) fn first_of(mut message: Value, list: &str, change: impl FnOnce(&mut Value)) -> Told {
    if let Some(person) = list_of(&mut message, list).and_then(|list| list.first_mut()) {
        change(person);
    }
    as_it_is(message)
}
