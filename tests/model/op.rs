//! What can happen in a world. An operation names people and sessions by number and stands for
//! itself, so any of them can be taken out of a list and the rest still makes sense.

use nearcast::wire::{Encoding, Mode, Sharing};
use nearcast_grid::Position;

/// A user, and which of her sessions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) user: usize,
    pub(crate) nth: usize,
}

/// Where somebody goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Go {
    To(Position),
    Spot {
        number: usize,
        off_m: f64,
        heading: f64,
    },
    Step {
        metres: f64,
        heading: f64,
    },
    /// To this distance of somebody, give or take.
    Ring {
        of: usize,
        metres: f64,
        heading: f64,
    },
    /// Across the nearest corner of her privacy cell and on.
    Corner {
        metres: f64,
        heading: f64,
    },
}

/// What a client's clock says of a move.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At {
    Silent,
    Now,
    /// Seconds ago.
    Ago(u64),
    /// Seconds ahead.
    Ahead(u64),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) sharing: Sharing,
    pub(crate) sharing_for_s: Option<u64>,
    pub(crate) open: bool,
    pub(crate) pool: &'static str,
    pub(crate) profile: usize,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Hi {
    pub(crate) worker: usize,
    pub(crate) encoding: Encoding,
    pub(crate) friends: bool,
    pub(crate) strangers: bool,
    pub(crate) observes: bool,
    pub(crate) radius_m: f32,
    pub(crate) limit: Option<usize>,
    pub(crate) go: Option<Go>,
}

/// `by` is the worker that is asked, where any of them may be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Admit {
        by: usize,
        user: usize,
        standing: Standing,
    },
    Profile {
        by: usize,
        user: usize,
        profile: usize,
    },
    Open {
        user: usize,
        hi: Hi,
    },
    Close {
        seat: Seat,
    },
    Suspend {
        seat: Seat,
    },
    Resume {
        seat: Seat,
        right_seq: bool,
    },
    Move {
        seat: Seat,
        go: Go,
        at: At,
        about: usize,
    },
    Report {
        by: usize,
        user: usize,
        go: Go,
        about: usize,
    },
    Set {
        seat: Seat,
        friends: Option<bool>,
        strangers: Option<bool>,
        radius_m: Option<f32>,
        limit: Option<usize>,
    },
    Share {
        by: usize,
        user: usize,
        sharing: Sharing,
        for_s: Option<u64>,
    },
    Follow {
        seat: Seat,
        friend: usize,
    },
    Unfollow {
        seat: Seat,
        friend: usize,
    },
    Befriend {
        by: usize,
        one: usize,
        other: usize,
    },
    Unfriend {
        by: usize,
        one: usize,
        other: usize,
    },
    Block {
        by: usize,
        one: usize,
        other: usize,
    },
    Unblock {
        by: usize,
        one: usize,
        other: usize,
    },
    BlockAlias {
        seat: Seat,
        nth: usize,
    },
    Strangers {
        by: usize,
        user: usize,
        open: bool,
        pool: &'static str,
    },
    Nearby {
        seat: Seat,
        mode: Mode,
        limit: Option<usize>,
    },
    /// All pages; somebody may move between them.
    Pages {
        seat: Seat,
        mode: Mode,
        limit: usize,
        meanwhile: Option<(usize, Go)>,
        forged: bool,
    },
    Peek {
        by: usize,
        user: usize,
        mode: Mode,
        radius_m: f32,
        limit: usize,
    },
    Within {
        by: usize,
        go: Go,
        radius_m: f64,
        limit: usize,
    },
    Why {
        by: usize,
        viewer: usize,
        subject: usize,
    },
    Erase {
        by: usize,
        user: usize,
        close_later: bool,
    },
    Changed {
        by: usize,
    },
    Collect {
        by: usize,
        apply: bool,
    },
    Sweep {
        by: usize,
        full: u64,
    },
    Tick {
        ms: u64,
        full: u64,
        first: usize,
    },
}
