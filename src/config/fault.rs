//! What is wrong with a configuration, in sentences: where, which key, what it is, what it must be.

use std::fmt;

/// Keys whose values are never shown.
const SECRET: [&str; 4] = [
    "auth.hmac_secret",
    "auth.server_key",
    "snapshot.redis_url",
    "snapshot.sentinel_password",
];
/// Characters of a value that are shown.
const SHOWN: usize = 80;

/// One sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(String);

impl Fault {
    /// `right` goes on after "must be".
    pub(super) fn value(
        origin: impl fmt::Display,
        key: &str,
        value: impl fmt::Display,
        right: impl fmt::Display,
    ) -> Self {
        if SECRET.contains(&key) {
            return Self(format!("{origin}: {key} must be {right}"));
        }
        let value = shortened(&value.to_string());
        Self(format!("{origin}: {key} is {value}; it must be {right}"))
    }

    pub(super) fn sentence(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything that is wrong, never empty; one line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub(super) Vec<Fault>);

impl Faults {
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, fault) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
