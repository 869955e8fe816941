//! Everything that a label can be. Nothing that a client sends is among it.

use crate::wire::client::Command;
use crate::wire::server::Event;
use crate::wire::{Close, Encoding, ErrorCode};

/// A value that a counter is told apart by.
pub trait Label: Copy + PartialEq + 'static {
    const ALL: &'static [Self];

    /// Names and values, as they are told.
    fn pairs(self) -> Vec<(&'static str, String)>;

    fn index(self) -> usize {
        let place = Self::ALL.iter().position(|label| *label == self);
        place.expect("every value is in the list of all")
    }
}

/// No label.
impl Label for () {
    const ALL: &'static [Self] = &[()];

    fn pairs(self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident $key:literal { $($value:ident $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($value,)+ }

        impl $name {
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$value => $text,)+ }
            }
        }

        impl Label for $name {
            const ALL: &'static [Self] = &[$(Self::$value,)+];

            fn pairs(self) -> Vec<(&'static str, String)> {
                vec![($key, self.name().to_owned())]
            }

            fn index(self) -> usize {
                self as usize
            }
        }
    )+};
}

labels! {
    /// What a client said.
    Method "method" {
        Hello "hello",
        Move "move",
        Nearby "nearby",
        Follow "follow",
        Unfollow "unfollow",
        Settings "settings",
        Refresh "refresh",
        Wave "wave",
        Block "block",
        Report "report",
        Pong "pong",
        Bye "bye",
        Refused "refused",
    }

    /// What the server said.
    Said "type" {
        Welcome "welcome",
        Nearby "nearby",
        Changes "changes",
        Met "met",
        Request "request",
        Ping "ping",
        Ok "ok",
        Error "error",
        Goodbye "goodbye",
    }

    MoveOutcome "outcome" {
        Went "went",
        Stayed "stayed",
        Older "older",
        Refused "refused",
    }

    ResumeOutcome "outcome" {
        Continued "continued",
        Complete "complete",
        TooLate "too_late",
    }

    Handshake "outcome" {
        Accepted "accepted",
        Refused "refused",
    }

    /// A limit that somebody reached; named as its key.
    Limit "limit" {
        Connections "connections",
        ConnectionsPerAddress "connections_per_address",
        Addresses "addresses",
        HandshakesPerAddress "handshakes_per_address_per_s",
        RequestsPerAddress "requests_per_address_per_s",
        SessionsPerUser "sessions_per_user",
        Moves "moves_per_s",
        Messages "messages_per_s",
        Bytes "bytes_per_s",
        Friends "friends",
        Blocks "blocks",
        RequestsWaiting "requests_waiting",
        Denied "denied_per_minute",
        Requests "requests_per_hour",
        Waves "waves_per_hour",
        Reports "reports_per_hour",
        BlocksMade "blocks_per_hour",
        Changes "changes",
        Waiting "waiting_max",
        Message "max_message",
    }

    /// What the account store was asked.
    StoreCall "call" {
        Arrive "arrive",
        Read "read",
        Write "write",
        Erase "erase",
        Import "import",
    }
}

impl Limit {
    /// What whoever reached it is told.
    #[must_use]
    pub fn sentence(self) -> String {
        format!("more than limits.{} allows", self.name())
    }
}

impl Method {
    #[must_use]
    pub fn of(command: &Command) -> Self {
        match command {
            Command::Hello(_) => Self::Hello,
            Command::Move(_) => Self::Move,
            Command::Nearby(_) => Self::Nearby,
            Command::Follow { .. } => Self::Follow,
            Command::Unfollow { .. } => Self::Unfollow,
            Command::Settings(_) => Self::Settings,
            Command::Refresh { .. } => Self::Refresh,
            Command::Wave { .. } => Self::Wave,
            Command::Block(_) => Self::Block,
            Command::Report(_) => Self::Report,
            Command::Pong => Self::Pong,
            Command::Bye => Self::Bye,
        }
    }
}

impl Said {
    #[must_use]
    pub fn of(event: &Event) -> Self {
        match event {
            Event::Welcome(_) => Self::Welcome,
            Event::Nearby(_) => Self::Nearby,
            Event::Changes(_) => Self::Changes,
            Event::Met(_) => Self::Met,
            Event::Request(_) => Self::Request,
            Event::Ping => Self::Ping,
            Event::Ok(_) => Self::Ok,
            Event::Error(_) => Self::Error,
            Event::Goodbye(_) => Self::Goodbye,
        }
    }
}

impl Label for Close {
    const ALL: &'static [Self] = Self::ALL;

    fn pairs(self) -> Vec<(&'static str, String)> {
        vec![("code", self.code().to_string())]
    }
}

impl Label for ErrorCode {
    const ALL: &'static [Self] = Self::ALL;

    fn pairs(self) -> Vec<(&'static str, String)> {
        vec![("code", self.code().to_string())]
    }
}

impl Label for Encoding {
    const ALL: &'static [Self] = &Self::ALL;

    fn pairs(self) -> Vec<(&'static str, String)> {
        let encoding = match self {
            Self::Json => "json",
            Self::Protobuf => "protobuf",
        };
        let transport = ("transport", "websocket".to_owned());
        vec![transport, ("encoding", encoding.to_owned())]
    }

    fn index(self) -> usize {
        self as usize
    }
}
