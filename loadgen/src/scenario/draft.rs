//! A scenario while it is read: key by key, each tried on its own, so that one fault hides no
//! other.

use toml::{Table, Value};

use super::{Scenario, checks};

pub(super) fn read(text: &str) -> Result<Scenario, Vec<String>> {
    let table = match text.parse::<Table>() {
        Ok(table) => table,
        Err(first) => return Err(not_toml(text, first)),
    };
    let mut draft = Draft {
        known: self::table(&Scenario::default()),
        chosen: Table::new(),
        faults: Vec::new(),
    };
    for (name, value) in table {
        draft.put(name, value);
    }
    draft.finish()
}

/// A scenario by section and key.
pub(super) fn table(scenario: &Scenario) -> Table {
    Table::try_from(scenario).expect("a scenario is numbers and texts by name")
}

/// A value as one would say it: texts without quotes.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

/// `first`: what stopped the reader; of a value that it cannot hold no more is found.
fn not_toml(text: &str, first: toml::de::Error) -> Vec<String> {
    let (_, mut errors) = toml::de::DeTable::parse_recoverable(text);
    if errors.is_empty() {
        errors.push(first);
    }
    let sentences = errors.iter().map(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        let line = before.map_or(1, |before| before.matches('\n').count() + 1);
        let message = error.message().replace('\n', ", ");
        format!("line {line} is not TOML: {message}")
    });
    sentences.collect()
}

struct Draft {
    /// Every section and key there is, with its default.
    known: Table,
    chosen: Table,
    faults: Vec<String>,
}

impl Draft {
    fn put(&mut self, name: String, value: Value) {
        let Some(default) = self.known.get(&name) else {
            return self.unknown(&name);
        };
        let keys = match (default, value) {
            (Value::Table(_), Value::Table(keys)) => keys,
            (Value::Table(_), _) => {
                return self.faults.push(format!(
                    "{name}: a section, [{name}], with its keys below, was expected"
                ));
            }
            (default, value) => {
                if fits(Table::from_iter([(name.clone(), value.clone())])) {
                    self.chosen.insert(name, value);
                } else {
                    self.faults.push(unfit(&name, &value, default));
                }
                return;
            }
        };
        let mut right = Table::new();
        for (key, value) in keys {
            let path = format!("{name}.{key}");
            let Some(default) = self.known[&name].get(&key) else {
                self.unknown(&path);
                continue;
            };
            let alone = Table::from_iter([(key.clone(), value.clone())]);
            if fits(Table::from_iter([(name.clone(), Value::Table(alone))])) {
                right.insert(key, value);
            } else {
                let fault = unfit(&path, &value, default);
                self.faults.push(fault);
            }
        }
        self.chosen.insert(name, Value::Table(right));
    }

    /// The nearest is one that is called the same in another section, if there is one.
    fn unknown(&mut self, path: &str) {
        let mut paths = Vec::new();
        for (name, value) in &self.known {
            paths.push(name.clone());
            if let Value::Table(keys) = value {
                paths.extend(keys.keys().map(|key| format!("{name}.{key}")));
            }
        }
        let key = |path: &str| path.rsplit('.').next().map(str::to_owned);
        let nearest = paths
            .iter()
            .min_by_key(|known| (key(known) != key(path), edits(known, path)));
        let nearest = nearest.expect("there are keys");
        self.faults.push(format!(
            "{path}: there is no such key; the nearest is {nearest}"
        ));
    }

    /// What was not understood stands at its default while the rest is checked.
    fn finish(mut self) -> Result<Scenario, Vec<String>> {
        let scenario: Scenario = self
            .chosen
            .try_into()
            .expect("every value was tried when it was put");
        self.faults.extend(checks::faults(&scenario));
        if self.faults.is_empty() {
            Ok(scenario)
        } else {
            Err(self.faults)
        }
    }
}

fn fits(table: Table) -> bool {
    table.try_into::<Scenario>().is_ok()
}

fn unfit(path: &str, value: &Value, default: &Value) -> String {
    let right = match (path, default) {
        ("friends.kind", _) => "\"fixed\" or \"power_law\"",
        ("place.kind", _) => "\"city\" or \"stadium\"",
        (_, Value::Integer(_)) => "a whole number, not negative and not that large",
        (_, Value::Float(_)) => "a number",
        (_, Value::Boolean(_)) => "true or false",
        (_, Value::Array(_)) => "a list of numbers",
        _ => "a text",
    };
    format!("{path}: {value} is not {right}")
}

/// Letters to change, add or leave out to make one word of the other.
fn edits(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, b) in other.bytes().enumerate() {
            let changed = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}
