//! Why a message was not understood, in words that its sender can act on.

use std::fmt;

use super::MAX_MESSAGE;
use super::closes::ErrorCode;

/// A message that was refused; nothing of it is applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// The message's own, when it could be read: the `error` that answers carries it.
    pub id: Option<u32>,
    pub fault: Fault,
}

/// What was wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// It has this many bytes, more than [`MAX_MESSAGE`].
    TooLarge(usize),
    /// It is not JSON, not protobuf or not an object: no message at all.
    Malformed(String),
    /// It has no command.
    Empty,
    /// Its only command is one that this version does not know.
    Unknown(String),
    /// It has two commands, or one twice.
    Two(&'static str, &'static str),
    /// A field is missing, of the wrong type or out of range.
    Field(Wrong),
}

/// A field and what is wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Wrong {
    /// From the message down: `hello.position.lat`.
    pub path: String,
    /// The rest of the sentence: `91 is outside -90..=90`.
    pub problem: String,
}

impl Refused {
    /// The code of the `error` that answers.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self.fault {
            Fault::Unknown(_) => ErrorCode::NotFound,
            _ => ErrorCode::BadRequest,
        }
    }
}

impl Wrong {
    pub(crate) fn new(field: &str, problem: impl fmt::Display) -> Self {
        Self {
            path: field.to_owned(),
            problem: short(&problem.to_string()),
        }
    }

    pub(crate) fn missing(field: &str) -> Self {
        Self::new(field, "is missing")
    }

    /// The same field, seen from the message that holds this one.
    pub(super) fn inside(mut self, outer: &str) -> Self {
        self.path = format!("{outer}.{}", self.path);
        self
    }
}

/// A text from a client as it goes into an answer or a log: a part will do.
pub(crate) fn short(text: &str) -> String {
    const MOST: usize = 120;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(bytes) => {
                write!(f, "{bytes} bytes are more than {MAX_MESSAGE}")
            }
            Self::Malformed(problem) => write!(f, "malformed message: {problem}"),
            Self::Empty => f.write_str("no command"),
            Self::Unknown(name) => write!(f, "unknown command: {name}"),
            Self::Two(first, second) if first == second => write!(f, "{first} twice"),
            Self::Two(first, second) => write!(f, "{first} and {second} in one message"),
            Self::Field(wrong) => wrong.fmt(f),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, problem } = self;
        write!(f, "{path}: {problem}")
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fault.fmt(f)
    }
}

impl std::error::Error for Refused {}
