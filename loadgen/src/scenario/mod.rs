//! What a run is to be like: who there is, how they get about, what goes wrong.
//!
//! One struct; `config/scenarios/city.toml` is its default with the reasons, held equal by a test,
//! and every other file says only what it changes. All faults of a file are told at once. Nothing
//! here knows a person: that is the town's.

mod people;
mod place;
mod think;
mod trouble;

mod built_in;
mod checks;
mod draft;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub use people::{Friends, Graph, Sessions};
pub use place::{Kind, Movement, Place};
pub use think::Think;
pub use trouble::Trouble;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    pub title: String,
    pub people: u32,
    /// People in one district, at most. Nobody knows or sees anybody of another.
    pub district: u32,
    pub friends: Friends,
    pub place: Place,
    pub movement: Movement,
    pub think: Think,
    pub sessions: Sessions,
    pub trouble: Trouble,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            title: "An evening in a city".to_owned(),
            people: 2000,
            district: 1000,
            friends: Friends::default(),
            place: Place::default(),
            movement: Movement::default(),
            think: Think::default(),
            sessions: Sessions::default(),
            trouble: Trouble::default(),
        }
    }
}

impl Scenario {
    pub const NAMES: [&str; 8] = built_in::NAMES;

    /// # Errors
    /// Everything that is wrong, each sentence with its key.
    pub fn parse(text: &str) -> Result<Self, Vec<String>> {
        draft::read(text)
    }

    /// One that comes with the tool, or from a file.
    ///
    /// # Errors
    /// As [`Scenario::parse`], or that there is none.
    pub fn named(name: &str) -> Result<Self, Vec<String>> {
        if let Some(text) = Self::built_in(name) {
            return Self::parse(text);
        }
        if !Path::new(name).is_file() {
            let names = Self::NAMES.join(", ");
            return Err(vec![format!(
                "there is no scenario and no file {name:?}; the scenarios are {names}"
            )]);
        }
        let text = std::fs::read_to_string(name);
        Self::parse(&text.map_err(|error| vec![format!("read {name}: {error}")])?)
    }

    /// The text of a scenario that comes with the tool.
    #[must_use]
    pub fn built_in(name: &str) -> Option<&'static str> {
        built_in::text(name)
    }

    /// What is wrong with it, for who changed it after it was read: empty if nothing is.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        checks::faults(self)
    }

    /// Every key with its value, as a report shows them.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<String, String> {
        let mut parameters = BTreeMap::new();
        for (name, value) in draft::table(self) {
            match value {
                toml::Value::Table(keys) => parameters.extend(
                    keys.into_iter()
                        .map(|(key, value)| (format!("{name}.{key}"), draft::plain(&value))),
                ),
                value => {
                    parameters.insert(name, draft::plain(&value));
                }
            }
        }
        parameters
    }
}

#[cfg(test)]
mod tests;
