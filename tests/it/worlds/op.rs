//! What can happen in a world, over a socket or over REST.

use nearcast::wire::{Encoding, Mode, Modes, Sharing};
use nearcast_grid::Position;

/// With whose credential the backend's routes for users are asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    User,
    Server,
}

/// How a session begins.
#[derive(Clone, Debug)]
pub(crate) struct Hi {
    pub(crate) encoding: Encoding,
    pub(crate) modes: Modes,
    pub(crate) radius_m: f64,
    pub(crate) limit: Option<u32>,
    pub(crate) observes: bool,
    pub(crate) to: Option<Position>,
}

/// Which `seq` a client that comes back says it has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Seq {
    Right,
    Wrong,
}

/// `seat`: a session by its number; none: over REST.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Hello {
        user: usize,
        hi: Hi,
    },
    Drop {
        seat: usize,
    },
    Resume {
        seat: usize,
        seq: Seq,
        hi: Hi,
    },
    Bye {
        seat: usize,
    },
    Move {
        seat: usize,
        to: Position,
    },
    Post {
        user: usize,
        to: Position,
        by: By,
    },
    Befriend {
        one: usize,
        other: usize,
    },
    /// Both ask.
    Ask {
        one: usize,
        other: usize,
    },
    Unfriend {
        one: usize,
        other: usize,
        by: By,
    },
    Block {
        user: usize,
        other: usize,
        seat: Option<usize>,
    },
    /// By the nth alias that the session shows.
    BlockAlias {
        seat: usize,
        nth: usize,
    },
    Unblock {
        user: usize,
        other: usize,
    },
    Share {
        user: usize,
        sharing: Sharing,
        seat: Option<usize>,
    },
    Settings {
        seat: usize,
        modes: Option<Modes>,
        radius_m: Option<f64>,
    },
    Follow {
        seat: usize,
        friend: usize,
    },
    Unfollow {
        seat: usize,
        friend: usize,
    },
    Pages {
        seat: usize,
        mode: Mode,
        limit: u32,
    },
    /// GET nearby, and a new session beside it.
    Peek {
        user: usize,
        radius_m: f64,
        by: By,
    },
    Name {
        user: usize,
        version: Option<usize>,
    },
    Consent {
        user: usize,
        consents: bool,
    },
    Allow {
        user: usize,
        allowed: bool,
    },
    Erase {
        user: usize,
    },
}
