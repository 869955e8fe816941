//! What clients say, decoded and checked: every value here is within its range.

use nearcast_grid::Position;

use super::{Heartbeat, Mode, Sharing, UserId};

/// One message of a client.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientMessage {
    /// With it the answer carries the same id.
    pub id: Option<u32>,
    pub body: Command,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Hello(Hello),
    Move(Move),
    Nearby(Page),
    Follow {
        user: UserId,
    },
    Unfollow {
        user: UserId,
    },
    Settings(Settings),
    Refresh {
        token: String,
    },
    Wave {
        alias: String,
    },
    Block(Complaint),
    Report(Complaint),
    /// The answer to `ping`.
    Pong,
    Bye,
}

/// The first message of a session. What is absent is the default's matter, not the decoder's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hello {
    pub token: Option<String>,
    pub position: Option<Move>,
    pub modes: Option<Modes>,
    pub radius_m: Option<f64>,
    pub resume: Option<String>,
    /// The last `seq` received, for a resume.
    pub seq: Option<u64>,
    /// People in the first `nearby`.
    pub limit: Option<u32>,
    pub heartbeat: Option<Heartbeat>,
    /// A second screen: sees, does not report.
    pub observe: bool,
}

/// What a client says about where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Move {
    pub position: Position,
    pub accuracy_m: Option<f32>,
    /// 0 up to but not 360: 360 is 0.
    pub heading_deg: Option<f32>,
    pub speed_mps: Option<f32>,
    /// The client's clock, ms since 1970: only orders the moves of its session.
    pub at: Option<u64>,
}

/// Asks for a page of people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    pub mode: Option<Mode>,
    pub cursor: Option<String>,
    pub limit: Option<u32>,
}

/// What is absent stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Settings {
    pub modes: Option<Modes>,
    pub radius_m: Option<f64>,
    pub sharing: Option<Sharing>,
    pub sharing_for_s: Option<u32>,
}

/// Whom a block or a report is about, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    pub about: Target,
    pub reason: Option<String>,
}

/// Somebody, by the name the client knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    User(UserId),
    Alias(String),
}

/// A set of modes; on the wire a list without duplicates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Modes {
    pub friends: bool,
    pub strangers: bool,
}

impl Modes {
    pub const FRIENDS: Self = Self {
        friends: true,
        strangers: false,
    };
    pub const STRANGERS: Self = Self {
        friends: false,
        strangers: true,
    };
    pub const BOTH: Self = Self {
        friends: true,
        strangers: true,
    };

    #[must_use]
    pub fn has(self, mode: Mode) -> bool {
        match mode {
            Mode::Friends => self.friends,
            Mode::Strangers => self.strangers,
        }
    }

    #[must_use]
    pub fn with(mut self, mode: Mode) -> Self {
        match mode {
            Mode::Friends => self.friends = true,
            Mode::Strangers => self.strangers = true,
        }
        self
    }

    /// Friends before strangers.
    pub fn iter(self) -> impl Iterator<Item = Mode> {
        [Mode::Friends, Mode::Strangers]
            .into_iter()
            .filter(move |mode| self.has(*mode))
    }
}

impl Move {
    /// A move of which nothing but the position is known.
    #[must_use]
    pub fn to(position: Position) -> Self {
        Self {
            position,
            accuracy_m: None,
            heading_deg: None,
            speed_mps: None,
            at: None,
        }
    }
}
