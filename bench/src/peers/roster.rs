//! Who is compared, and what each of them checks before it tells anybody anything.

use nearcast::wire::Encoding;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Floor,
    Ours { encoding: Encoding, held_s: u64 },
    Textbook,
    Naive,
    Erlang,
    PubSub { multiplexed: bool },
    Ws,
    Uws,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    /// For `--only`.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) kind: Kind,
    /// What it looks at besides the group.
    pub(super) checks: &'static str,
    /// Without it the comparison says too little: that it cannot be had is an error.
    pub(super) required: bool,
}

const OURS: &str = "distance, consent, views";
const NOTHING: &str = "nothing";

const fn ours(name: &'static str, title: &'static str, encoding: Encoding, held_s: u64) -> Entry {
    Entry {
        name,
        title,
        kind: Kind::Ours { encoding, held_s },
        checks: OURS,
        required: true,
    }
}

const fn other(name: &'static str, title: &'static str, kind: Kind, required: bool) -> Entry {
    Entry {
        name,
        title,
        kind,
        checks: NOTHING,
        required,
    }
}

pub(super) const ROSTER: [Entry; 12] = [
    other(
        "floor",
        "bare loop: reads a move, sends it to each (the floor)",
        Kind::Floor,
        true,
    ),
    ours("json", "nearcast, JSON", Encoding::Json, 0),
    ours("protobuf", "nearcast, protobuf", Encoding::Protobuf, 0),
    Entry {
        checks: "friends, by channel",
        ..other(
            "textbook",
            "the textbook built well: gateways and Redis",
            Kind::Textbook,
            true,
        )
    },
    ours("json-held", "nearcast, JSON, held 1 s", Encoding::Json, 1),
    ours(
        "protobuf-held",
        "nearcast, protobuf, held 1 s",
        Encoding::Protobuf,
        1,
    ),
    other(
        "naive",
        "tokio, fastwebsockets, a channel each",
        Kind::Naive,
        true,
    ),
    other("erlang", "Erlang/OTP, a process each", Kind::Erlang, true),
    other(
        "redis",
        "Redis Pub/Sub, a connection each",
        Kind::PubSub { multiplexed: false },
        true,
    ),
    other(
        "redis-multiplexed",
        "Redis Pub/Sub, a connection per 1/40 (server to server)",
        Kind::PubSub { multiplexed: true },
        true,
    ),
    other("ws", "`ws` on Node", Kind::Ws, false),
    other("uws", "uWebSockets.js on Node", Kind::Uws, false),
];

/// All, or those that were named, in the order of the roster.
pub(super) fn chosen(only: &[String]) -> Result<Vec<Entry>, String> {
    let unknown = only
        .iter()
        .find(|name| ROSTER.iter().all(|entry| entry.name != name.as_str()));
    if let Some(name) = unknown {
        let names: Vec<&str> = ROSTER.iter().map(|entry| entry.name).collect();
        return Err(format!(
            "--only {name}: there is no such peer, but {}",
            names.join(", ")
        ));
    }
    let is_chosen = |entry: &&Entry| only.is_empty() || only.iter().any(|name| name == entry.name);
    Ok(ROSTER.iter().filter(is_chosen).copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_chosen_by_name() {
        assert_eq!(chosen(&[]).unwrap().len(), ROSTER.len());
        let some = chosen(&["ws".to_owned(), "floor".to_owned()]).unwrap();
        let names: Vec<&str> = some.iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["floor", "ws"]);
        let refused = chosen(&["nats".to_owned()]).unwrap_err();
        assert!(refused.contains("--only nats"), "{refused}");
        assert!(refused.contains("erlang"), "{refused}");
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<&str> = ROSTER.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ROSTER.len());
    }
}
