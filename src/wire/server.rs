//! What the server says, as owned values: for the messages it writes rarely, and for who decodes
//! any of them (tests, the load tester, the terminal client).
//!
//! `nearby` and `changes` on the hot path are written by their writers, never through these.

use nearcast_grid::Position;

pub use super::generated::{ErrorReply, Goodbye, Met, OkReply, Request};
use super::people::{Friend, Person, Stranger, Who};
use super::{Mode, Modes, Seen, Sharing, UserId, Why};

/// One message of the server.
#[derive(Debug, Clone, PartialEq)]
pub struct ServerMessage {
    /// That of the command this answers.
    pub id: Option<u32>,
    pub body: Event,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Welcome(Welcome),
    Nearby(Nearby),
    Changes(Changes),
    Met(Met),
    Request(Request),
    Ping,
    Ok(OkReply),
    Error(ErrorReply),
    Goodbye(Goodbye),
}

/// The answer to `hello`.
#[derive(Debug, Clone, PartialEq)]
pub struct Welcome {
    pub user: UserId,
    pub session: String,
    /// For the `hello` of the next connection.
    pub resume: String,
    pub resumed: bool,
    pub server_time: u64,
    pub ping_every_s: u32,
    pub move_every_s: u32,
    pub move_min_m: f64,
    pub radius_m: f64,
    pub margin_m: f64,
    /// What was granted.
    pub modes: Modes,
    pub sharing: Sharing,
    pub sharing_until: Option<u64>,
    /// Strangers: the cells listened to, own cell first.
    pub cells: Vec<String>,
    /// Strangers: how far these cells reach in every direction.
    pub reach_m: Option<f64>,
    pub node: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Nearby {
    pub seq: u64,
    /// A page shows and hides nothing.
    pub page: bool,
    pub mode: Mode,
    pub people: Vec<PersonBuf>,
    pub next: Option<String>,
    pub total: u32,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    pub seq: u64,
    pub at: u64,
    pub entered: Vec<PersonBuf>,
    pub moved: Vec<PersonBuf>,
    pub exited: Vec<ExitBuf>,
    pub cells: Vec<String>,
}

/// An owned [`Person`].
#[derive(Debug, Clone, PartialEq)]
pub enum PersonBuf {
    Friend(FriendBuf),
    Stranger(StrangerBuf),
}

/// An owned [`Friend`].
#[derive(Debug, Clone, PartialEq)]
pub struct FriendBuf {
    pub user: UserId,
    pub name: Option<String>,
    pub avatar_url: Option<String>,
    pub position: Position,
    pub distance_m: f64,
    pub seen_at: u64,
    pub approximate: bool,
    pub accuracy_m: Option<f32>,
    pub heading_deg: Option<f32>,
    pub speed_mps: Option<f32>,
}

/// An owned [`Stranger`].
#[derive(Debug, Clone, PartialEq)]
pub struct StrangerBuf {
    pub alias: String,
    pub cell: String,
    pub centre: Position,
    pub distance_m: f64,
    pub seen: Seen,
    pub name: Option<String>,
}

/// An owned [`Who`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum WhoBuf {
    User(UserId),
    Alias(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitBuf {
    pub who: WhoBuf,
    pub why: Why,
}

impl PersonBuf {
    /// As the writers take it.
    #[must_use]
    pub fn as_person(&self) -> Person<'_> {
        match self {
            Self::Friend(friend) => Person::Friend(Friend {
                user: friend.user.as_str(),
                name: friend.name.as_deref(),
                avatar_url: friend.avatar_url.as_deref(),
                position: friend.position,
                distance_m: friend.distance_m,
                seen_at: friend.seen_at,
                approximate: friend.approximate,
                accuracy_m: friend.accuracy_m,
                heading_deg: friend.heading_deg,
                speed_mps: friend.speed_mps,
            }),
            Self::Stranger(stranger) => Person::Stranger(Stranger {
                alias: &stranger.alias,
                cell: &stranger.cell,
                centre: stranger.centre,
                distance_m: stranger.distance_m,
                seen: stranger.seen,
                name: stranger.name.as_deref(),
            }),
        }
    }

    /// Who it is.
    #[must_use]
    pub fn who(&self) -> Who<'_> {
        match self {
            Self::Friend(friend) => Who::User(friend.user.as_str()),
            Self::Stranger(stranger) => Who::Alias(&stranger.alias),
        }
    }
}

impl WhoBuf {
    /// As the writers take it.
    #[must_use]
    pub fn as_who(&self) -> Who<'_> {
        match self {
            Self::User(user) => Who::User(user.as_str()),
            Self::Alias(alias) => Who::Alias(alias),
        }
    }
}
