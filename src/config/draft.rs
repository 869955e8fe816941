//! A configuration while it is read: value by value, each tried on its own, so that one fault
//! hides no other, and with where it came from.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use toml::{Table, Value};

use super::checks::Checks;
use super::{Config, Fault, Faults};

const PREFIX: &str = "NEARCAST_";

pub(super) struct Draft {
    /// Every section and key there is, with its default.
    known: Table,
    chosen: Table,
    origins: Origins,
    faults: Vec<Fault>,
}

/// By `section.key`, what gave it its value.
#[derive(Default)]
pub(super) struct Origins(BTreeMap<String, String>);

impl Origins {
    pub(super) fn of(&self, key: &str) -> &str {
        self.0.get(key).map_or("default", String::as_str)
    }
}

impl Draft {
    pub(super) fn new() -> Self {
        Self {
            known: table(&Config::default()),
            chosen: Table::new(),
            origins: Origins::default(),
            faults: Vec::new(),
        }
    }

    pub(super) fn file(&mut self, path: &Path) {
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return self.fault(format!("{name}: read the file: {error}")),
        };
        match text.parse::<Table>() {
            Ok(table) => self.table(&name, table),
            Err(first) => self.unreadable(&name, &text, first),
        }
    }

    /// Everything that is not TOML. The lines are numbered and not shown: one may hold a secret.
    /// `first`: what stopped the reader; of a value that it cannot hold no more is found.
    fn unreadable(&mut self, name: &str, text: &str, first: toml::de::Error) {
        let (_, mut errors) = toml::de::DeTable::parse_recoverable(text);
        if errors.is_empty() {
            errors.push(first);
        }
        for error in errors {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(1, |before| before.matches('\n').count() + 1);
            let message = error.message().replace('\n', ", ");
            self.fault(format!("{name}: line {line} is not TOML: {message}"));
        }
    }

    fn table(&mut self, origin: &str, table: Table) {
        for (section, keys) in table {
            match (self.known.contains_key(&section), keys) {
                (true, Value::Table(keys)) => {
                    for (key, value) in keys {
                        self.put(origin, &section, &key, value);
                    }
                }
                (true, _) => self.fault(format!(
                    "{origin}: {section} must be a section, [{section}], with its keys below"
                )),
                (false, _) => {
                    let nearest = nearest(&section, self.known.keys());
                    self.fault(format!(
                        "{origin}: there is no section {section:?}; the nearest is {nearest:?}"
                    ));
                }
            }
        }
    }

    /// Variables that do not begin with the name of a section are somebody else's, unless they
    /// name a key of one that is nearly written so.
    pub(super) fn variable(&mut self, name: &OsStr, text: &OsStr) {
        let Some(name) = name.to_str() else {
            return;
        };
        let Some((section, key)) = name
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once('_'))
        else {
            return;
        };
        let (section, key) = (section.to_lowercase(), key.to_lowercase());
        if !self.known.contains_key(&section) {
            let meant = nearest(&section, self.known.keys());
            let is_near = strsim::osa_distance(meant, &section) <= 2;
            if is_near && self.known[meant].get(&key).is_some() {
                self.fault(format!(
                    "{name}: there is no section {section:?}; the nearest is {meant:?}"
                ));
            }
            return;
        }
        match text.to_str() {
            Some(text) => self.text(name, &section, &key, text),
            None => self.fault(format!("{name}: the value is not UTF-8")),
        }
    }

    pub(super) fn flag(&mut self, flag: &str, section: &str, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.text(flag, section, key, text);
        }
    }

    /// A value that was written without quotes: the default says what kind it is.
    fn text(&mut self, origin: &str, section: &str, key: &str, text: &str) {
        let value = match &self.known[section].get(key) {
            Some(Value::Integer(_)) => text.parse().ok().map(Value::Integer),
            Some(Value::Float(_)) => text.parse().ok().map(Value::Float),
            Some(Value::Boolean(_)) => text.parse().ok().map(Value::Boolean),
            Some(Value::Array(_)) => Some(Value::Array(list(text))),
            _ => None,
        };
        let value = value.unwrap_or_else(|| Value::String(text.to_owned()));
        self.put(origin, section, key, value);
    }

    fn put(&mut self, origin: &str, section: &str, key: &str, value: Value) {
        let path = format!("{section}.{key}");
        let keys = self.known[section].as_table();
        let Some(default) = keys.and_then(|keys| keys.get(key)) else {
            let nearest = self.nearest_key(section, key);
            return self.fault(format!(
                "{origin}: there is no key {path}; the nearest is {nearest}"
            ));
        };
        let alone = Table::from_iter([(key.to_owned(), value.clone())]);
        let whole = Table::from_iter([(section.to_owned(), Value::Table(alone))]);
        if whole.try_into::<Config>().is_err() {
            let right = kind(&path, default);
            self.faults.push(Fault::value(origin, &path, value, right));
            return;
        }
        let keys = self
            .chosen
            .entry(section)
            .or_insert(Value::Table(Table::new()));
        if let Value::Table(keys) = keys {
            keys.insert(key.to_owned(), value);
        }
        self.origins.0.insert(path, origin.to_owned());
    }

    /// In the same section, unless the key stands as it is written in another.
    fn nearest_key(&self, section: &str, key: &str) -> String {
        let elsewhere = self
            .known
            .iter()
            .find(|(_, keys)| keys.get(key).is_some())
            .map(|(elsewhere, _)| format!("{elsewhere}.{key}"));
        elsewhere.unwrap_or_else(|| {
            let keys = self.known[section].as_table();
            let nearest = nearest(key, keys.into_iter().flat_map(Table::keys));
            format!("{section}.{nearest}")
        })
    }

    fn fault(&mut self, sentence: String) {
        self.faults.push(Fault::sentence(sentence));
    }

    #[cfg(test)]
    pub(super) fn origin_of(&self, key: &str) -> &str {
        self.origins.of(key)
    }

    pub(super) fn finish(mut self) -> Result<Config, Faults> {
        let config: Config = self
            .chosen
            .try_into()
            .expect("every value was tried when it was put");
        self.faults.extend(Checks::of(&config, &self.origins));
        if self.faults.is_empty() {
            Ok(config)
        } else {
            Err(Faults(self.faults))
        }
    }
}

/// A configuration by section and key.
pub(super) fn table(config: &Config) -> Table {
    Table::try_from(config).expect("what was loaded and checked fits a table")
}

fn list(text: &str) -> Vec<Value> {
    let items = text.split(',').map(str::trim);
    items
        .filter(|item| !item.is_empty())
        .map(|item| Value::String(item.to_owned()))
        .collect()
}

/// What a key takes, to stand after "must be".
fn kind(path: &str, default: &Value) -> &'static str {
    match (path, default) {
        ("server.listen", _) => "an address in numbers and a port, like \"127.0.0.1:8080\"",
        ("accounts.default_sharing", _) => "\"exact\", \"approximate\" or \"off\"",
        ("snapshot.deployment", _) => "\"single\", \"sentinel\" or \"cluster\"",
        ("strangers.grid", _) => "\"geohash\" or \"h3\"",
        (_, Value::Integer(_)) => "a whole number, not negative and not that large",
        (_, Value::Float(_)) => "a number",
        (_, Value::Boolean(_)) => "true or false",
        (_, Value::Array(_)) => "a list of texts",
        _ => "a text",
    }
}

fn nearest<'k>(word: &str, keys: impl Iterator<Item = &'k String>) -> &'k str {
    keys.min_by_key(|key| strsim::osa_distance(key, word))
        .map_or("", String::as_str)
}
