//! Client messages between their checked form and the generated one that both encodings read.

use super::bounds;
use super::client::{Command, Complaint, Hello, Modes, Move, Page, Settings, Target};
use super::generated as raw;
use super::generated::client_message::Command as Raw;
use super::json::Object;
use super::refused::Wrong;
use super::words::Word;

/// Checks a command; a fault is named from the command down.
pub(super) fn check(command: Raw) -> Result<Command, Wrong> {
    match command {
        Raw::Hello(hello) => check_hello(hello)
            .map(Command::Hello)
            .map_err(|wrong| wrong.inside("hello")),
        Raw::Move(to) => check_move(to)
            .map(Command::Move)
            .map_err(|wrong| wrong.inside("move")),
        Raw::Nearby(page) => check_page(page)
            .map(Command::Nearby)
            .map_err(|wrong| wrong.inside("nearby")),
        Raw::Follow(raw::Follow { user }) => Ok(Command::Follow {
            user: bounds::user("follow.user", &user)?,
        }),
        Raw::Unfollow(raw::Unfollow { user }) => Ok(Command::Unfollow {
            user: bounds::user("unfollow.user", &user)?,
        }),
        Raw::Settings(settings) => check_settings(settings)
            .map(Command::Settings)
            .map_err(|wrong| wrong.inside("settings")),
        Raw::Refresh(raw::Refresh { token }) => Ok(Command::Refresh {
            token: bounds::token(token).map_err(|wrong| wrong.inside("refresh"))?,
        }),
        Raw::Wave(raw::Wave { alias }) => Ok(Command::Wave {
            alias: bounds::opaque("wave.alias", alias)?,
        }),
        Raw::Block(block) => check_complaint(block.user, block.alias, block.reason)
            .map(Command::Block)
            .map_err(|wrong| wrong.inside("block")),
        Raw::Report(report) => check_complaint(report.user, report.alias, report.reason)
            .map(Command::Report)
            .map_err(|wrong| wrong.inside("report")),
        Raw::Pong(raw::Pong {}) => Ok(Command::Pong),
        Raw::Bye(raw::Bye {}) => Ok(Command::Bye),
    }
}

fn check_hello(hello: raw::Hello) -> Result<Hello, Wrong> {
    Ok(Hello {
        token: hello.token.map(bounds::token).transpose()?,
        position: hello
            .position
            .map(|to| check_move(to).map_err(|wrong| wrong.inside("position")))
            .transpose()?,
        modes: bounds::modes(&hello.modes)?,
        radius_m: bounds::radius_m(hello.radius_m)?,
        resume: hello
            .resume
            .map(|resume| bounds::opaque("resume", resume))
            .transpose()?,
        seq: hello.seq,
        limit: bounds::limit(hello.limit)?,
        heartbeat: hello
            .heartbeat
            .map(|number| bounds::word("heartbeat", number))
            .transpose()?,
        observe: hello.observe.unwrap_or(false),
    })
}

fn check_move(to: raw::Move) -> Result<Move, Wrong> {
    Ok(Move {
        position: bounds::position(to.lat, to.lon)?,
        accuracy_m: bounds::accuracy_m(to.accuracy_m)?,
        heading_deg: bounds::heading_deg(to.heading_deg)?,
        speed_mps: bounds::speed_mps(to.speed_mps)?,
        at: to.at.map(|at| bounds::time_ms("at", at)).transpose()?,
    })
}

/// The body of a `move` on its own.
impl<'de> serde::Deserialize<'de> for Move {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Object(to) = Object::<raw::Move>::deserialize(deserializer)?;
        check_move(to).map_err(serde::de::Error::custom)
    }
}

fn check_page(page: raw::NearbyPage) -> Result<Page, Wrong> {
    Ok(Page {
        mode: page
            .mode
            .map(|number| bounds::word("mode", number))
            .transpose()?,
        cursor: page
            .cursor
            .map(|cursor| bounds::opaque("cursor", cursor))
            .transpose()?,
        limit: bounds::limit(page.limit)?,
    })
}

fn check_settings(settings: raw::Settings) -> Result<Settings, Wrong> {
    Ok(Settings {
        modes: bounds::modes(&settings.modes)?,
        radius_m: bounds::radius_m(settings.radius_m)?,
        sharing: settings
            .sharing
            .map(|number| bounds::word("sharing", number))
            .transpose()?,
        sharing_for_s: bounds::sharing_for_s(settings.sharing_for_s)?,
    })
}

fn check_complaint(
    user: Option<String>,
    alias: Option<String>,
    reason: Option<String>,
) -> Result<Complaint, Wrong> {
    let about = match (user, alias) {
        (Some(user), None) => Target::User(bounds::user("user", &user)?),
        (None, Some(alias)) => Target::Alias(bounds::opaque("alias", alias)?),
        (Some(_), Some(_)) => return Err(Wrong::new("alias", "comes with a user: one of both")),
        (None, None) => return Err(Wrong::new("user", "is missing, and so is alias")),
    };
    Ok(Complaint {
        about,
        reason: bounds::reason(reason)?,
    })
}

impl From<&Command> for Raw {
    fn from(command: &Command) -> Self {
        match command {
            Command::Hello(hello) => Self::Hello(hello.into()),
            Command::Move(to) => Self::Move((*to).into()),
            Command::Nearby(page) => Self::Nearby(raw::NearbyPage {
                mode: page.mode.map(Word::number),
                cursor: page.cursor.clone(),
                limit: page.limit,
            }),
            Command::Follow { user } => Self::Follow(raw::Follow {
                user: user.to_string(),
            }),
            Command::Unfollow { user } => Self::Unfollow(raw::Unfollow {
                user: user.to_string(),
            }),
            Command::Settings(settings) => Self::Settings(raw::Settings {
                modes: numbers(settings.modes),
                radius_m: settings.radius_m,
                sharing: settings.sharing.map(Word::number),
                sharing_for_s: settings.sharing_for_s,
            }),
            Command::Refresh { token } => Self::Refresh(raw::Refresh {
                token: token.clone(),
            }),
            Command::Wave { alias } => Self::Wave(raw::Wave {
                alias: alias.clone(),
            }),
            Command::Block(complaint) => {
                let (user, alias) = complaint.about.split();
                let reason = complaint.reason.clone();
                Self::Block(raw::Block {
                    user,
                    alias,
                    reason,
                })
            }
            Command::Report(complaint) => {
                let (user, alias) = complaint.about.split();
                let reason = complaint.reason.clone();
                Self::Report(raw::Report {
                    user,
                    alias,
                    reason,
                })
            }
            Command::Pong => Self::Pong(raw::Pong {}),
            Command::Bye => Self::Bye(raw::Bye {}),
        }
    }
}

impl From<&Hello> for raw::Hello {
    fn from(hello: &Hello) -> Self {
        Self {
            token: hello.token.clone(),
            position: hello.position.map(Into::into),
            modes: numbers(hello.modes),
            radius_m: hello.radius_m,
            resume: hello.resume.clone(),
            seq: hello.seq,
            limit: hello.limit,
            heartbeat: hello.heartbeat.map(Word::number),
            observe: hello.observe.then_some(true),
        }
    }
}

impl From<Move> for raw::Move {
    fn from(to: Move) -> Self {
        Self {
            lat: Some(to.position.lat()),
            lon: Some(to.position.lon()),
            accuracy_m: to.accuracy_m,
            heading_deg: to.heading_deg,
            speed_mps: to.speed_mps,
            at: to.at,
        }
    }
}

impl Target {
    /// As `user` and `alias`.
    fn split(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::User(user) => (Some(user.to_string()), None),
            Self::Alias(alias) => (None, Some(alias.clone())),
        }
    }
}

pub(super) fn numbers(modes: Option<Modes>) -> Vec<i32> {
    modes
        .into_iter()
        .flat_map(Modes::iter)
        .map(Word::number)
        .collect()
}
