//! Nobody else: whatever a viewer is told is searched for ids, names and positions of people whom
//! she is not entitled to hear of.

use std::collections::BTreeSet;

use nearcast::wire::Sharing;
use nearcast_grid::Position;
use serde_json::Value;

use super::seat::Fault;
use super::setup::mark;
use super::truth::Truth;
use super::world::{World, claim};

/// Positions are told to seven decimals.
const SAME_DEGREES: f64 = 6e-8;

impl World {
    /// `named`: whose names may be in it besides those of her friends.
    pub(crate) fn search(&self, viewer: usize, told: &Value, named: &BTreeSet<usize>) -> Fault {
        let text = told.to_string();
        for subject in (0..self.truth.people.len()).filter(|&subject| subject != viewer) {
            let any = |may: fn(&Truth, usize, usize) -> bool| {
                may(&self.was, viewer, subject) || may(&self.truth, viewer, subject)
            };
            let (is_friend, is_stranger) =
                (any(Truth::is_shown_friend), any(Truth::is_shown_stranger));
            let user = &self.truth.people[subject].id;
            let id = is_friend || named.contains(&subject);
            let number = format!("{}.{subject}", self.seed);
            for (what, mark, may) in [
                ("id", mark(self.seed, subject), id),
                ("name", format!("^{number}^"), id),
                ("name for strangers", format!("={number}="), is_stranger),
            ] {
                claim(may || !text.contains(&mark), || {
                    format!("the {what} of {user} is told to who must not know it: {text}")
                })?;
            }
        }
        let may_see = self.places_for(viewer);
        let mut told_places = Vec::new();
        collect_places(told, &mut told_places);
        for place in told_places {
            let near = |at: &Position| {
                (at.lat() - place.0).abs() < SAME_DEGREES
                    && (at.lon() - place.1).abs() < SAME_DEGREES
            };
            claim(may_see.iter().any(near), || {
                format!("{place:?} is told to who must not know it: {text}")
            })?;
        }
        Ok(())
    }

    pub(crate) fn leaks_nobody(&self, viewer: usize, told: &Value) -> Fault {
        self.search(viewer, told, &BTreeSet::new())
    }

    /// Every position that a viewer may be told, before or after the last operation.
    fn places_for(&self, viewer: usize) -> Vec<Position> {
        let mut places = Vec::new();
        for truth in [&self.was, &self.truth] {
            for (subject, human) in truth.people.iter().enumerate() {
                let is_friend = truth.is_shown_friend(viewer, subject);
                if is_friend && human.sharing == Sharing::Exact {
                    places.extend(human.position);
                }
                if is_friend && human.sharing == Sharing::Approximate
                    || truth.is_shown_stranger(viewer, subject)
                {
                    places.extend(human.tiles.iter().map(|tile| tile.centre()));
                }
            }
        }
        places
    }
}

fn collect_places(value: &Value, into: &mut Vec<(f64, f64)>) {
    match value {
        Value::Object(fields) => {
            let number = |key: &str| fields.get(key).and_then(Value::as_f64);
            into.extend(number("lat").zip(number("lon")));
            fields
                .values()
                .for_each(|field| collect_places(field, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_places(item, into)),
        _ => {}
    }
}
