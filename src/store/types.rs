//! What an account store is told and answers.

use crate::wire::{Sharing, UserId};

/// A user as she is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub name: Option<String>,
    pub stranger_name: Option<String>,
    pub avatar_url: Option<String>,
    /// Permission by the product, given with a server key only.
    pub strangers_allowed: bool,
    /// Her own consent to be shown to strangers.
    pub strangers_consent: bool,
    /// Whether her movement is kept; it is unless she says otherwise.
    pub history: bool,
    pub sharing: Lent,
    pub created_at: u64,
}

/// How a user shares, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lent {
    pub sharing: Sharing,
    /// A timed sharing ends here. The store keeps it and never looks at a clock.
    pub until: Option<u64>,
    /// What it becomes then; none: off.
    pub then: Option<Sharing>,
}

/// What is known of a user who comes into the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub user: User,
    pub friends: Vec<UserId>,
    /// Whom she blocks, however the block was made; each once.
    pub blocks: Vec<UserId>,
    pub blocked_by: Vec<UserId>,
}

/// What is named changes; `Some(None)` takes a text away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    pub name: Option<Option<String>>,
    pub stranger_name: Option<Option<String>>,
    pub avatar_url: Option<Option<String>>,
    pub strangers_allowed: Option<bool>,
}

/// What is named changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SharingChange {
    pub sharing: Option<Lent>,
    pub strangers_consent: Option<bool>,
    pub history: Option<bool>,
}

/// One line of an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    User {
        id: UserId,
        profile: ProfileChange,
        sharing: SharingChange,
    },
    /// Users who are not there yet are made.
    Friends(UserId, UserId),
}

/// What became of a friendship that a server key makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    Friends,
    /// One of them blocks the other, or they are one and the same; nothing was stored.
    Blocked,
    /// One of them has as many friends as one may; nothing was stored.
    Full,
}

/// What became of a user's own request for friendship.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// They are friends, by this or before.
    Friends,
    /// The other side is to be told.
    Requested,
    /// Asked before, unknown, blocked, declined, more than the other side may have, or herself:
    /// told to nobody. The caller must not let the asker see a difference from `Requested`; the
    /// store does the same work for both and lists both alike in her export.
    Quiet,
    /// The asker has as many friends, or requests that wait, as one may; nothing was stored.
    Full,
}

/// A line of a list: a person and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub user: UserId,
    pub name: Option<String>,
    pub at: u64,
}

/// A line of the list of blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blocked {
    User(Listed),
    /// Made through an alias, or of somebody who is erased: says who it is to nobody.
    Alias {
        block: String,
        at: u64,
    },
}

impl Blocked {
    /// What names this line in `unblock` and in `Part::after`.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::User(listed) => listed.user.as_str(),
            Self::Alias { block, .. } => block,
        }
    }
}

/// A part of a list: what comes after `after`, at most `limit`. Lists are in the order of the
/// bytes of user ids and ids of blocks, so that nobody is skipped or shown twice when others come
/// and go between two parts.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub after: Option<&'a str>,
    pub limit: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wave {
    pub at: u64,
    /// Older ones count no more.
    pub since: u64,
    /// Whether the two may be named to each other now; otherwise it waits.
    pub may_meet: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Given by the store; grows from report to report.
    pub id: u64,
    pub at: u64,
    /// None: erased since. A report outlives one of its sides, without her name.
    pub by: Option<UserId>,
    pub user: Option<UserId>,
    pub reason: Option<String>,
    /// Where the reporter was, coarse; empty if that is not known, or she is erased.
    pub cell: String,
}

/// Most device tokens of one user.
pub const DEVICES: usize = 32;

/// A token that a phone app keeps instead of a user's; only its hash is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    pub id: String,
    pub name: String,
    pub at: u64,
}

/// Everything that is stored about a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    pub user: User,
    pub friends: Vec<Listed>,
    /// Who waits for her answer.
    pub requests: Vec<Listed>,
    /// Whom she asked and who is no friend; without names, and whatever became of it.
    pub requested: Vec<Listed>,
    pub blocks: Vec<Blocked>,
    /// Reports that she made.
    pub reports: Vec<Report>,
    pub devices: Vec<Device>,
}

/// What a store is told once.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Of a user who is made without saying how she shares.
    pub default_sharing: Sharing,
    pub friends: usize,
    pub blocks: usize,
    /// Requests that wait, made by one user or for one user.
    pub requests: usize,
}

/// The store failed; nothing of what was asked is certain. The sentence is for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed(pub String);

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

pub type Result<T> = std::result::Result<T, Failed>;
