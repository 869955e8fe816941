//! The name of a user, as the product that runs nearcast knows it.

use std::borrow::Borrow;
use std::fmt;

/// Most bytes of a user id.
pub const MAX_USER_ID: usize = 64;

/// 1–64 bytes of UTF-8 without control characters, compared byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct UserId(Box<str>);

/// Why a text is no user id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidUserId {
    Empty,
    /// It has this many bytes.
    TooLong(usize),
    /// It has a control character at this byte.
    Control(usize),
}

impl UserId {
    /// # Errors
    /// When the text is empty, longer than [`MAX_USER_ID`] bytes or has a control character.
    pub fn new(text: &str) -> Result<Self, InvalidUserId> {
        if text.is_empty() {
            return Err(InvalidUserId::Empty);
        }
        if text.len() > MAX_USER_ID {
            return Err(InvalidUserId::TooLong(text.len()));
        }
        match text.char_indices().find(|(_, c)| c.is_control()) {
            Some((at, _)) => Err(InvalidUserId::Control(at)),
            None => Ok(Self(text.into())),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Maps keyed by `UserId` are asked with a `&str` from a frame.
impl Borrow<str> for UserId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> serde::Deserialize<'de> for UserId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for InvalidUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is missing or empty"),
            Self::TooLong(bytes) => write!(f, "{bytes} bytes are more than {MAX_USER_ID}"),
            Self::Control(at) => write!(f, "has a control character at byte {at}"),
        }
    }
}

impl std::error::Error for InvalidUserId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_id_is_1_to_64_bytes_without_control_characters() {
        assert_eq!(UserId::new(""), Err(InvalidUserId::Empty));
        assert!(UserId::new(&"x".repeat(64)).is_ok());
        assert_eq!(
            UserId::new(&"é".repeat(33)),
            Err(InvalidUserId::TooLong(66))
        );
        for (text, at) in [("a\nb", 1), ("\u{0}", 0), ("ab\u{7f}", 2), ("a\u{85}", 1)] {
            assert_eq!(UserId::new(text), Err(InvalidUserId::Control(at)));
        }
        for text in [" ", "\"quoted\\\"", "민준", "a/b?c", "👩‍👩‍👧"] {
            assert_eq!(UserId::new(text).unwrap().as_str(), text);
        }
    }
}
