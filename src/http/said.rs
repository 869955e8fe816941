//! What bodies, import lines and queries say: from their bytes to what a route acts on.
//!
//! Pure, so that the fuzzer reads what the routes read. Whatever comes out is within its limits,
//! and a sentence about what does not never quotes more than a part of it.

use hyper::Uri;
use nearcast_grid::Position;
use serde::Deserialize;

use crate::store::{Imported, ProfileChange, SharingChange};
use crate::wire::{DEFAULT_LIMIT, Mode, Move, UserId, Wrong, bounds, short};

use super::problem::Problem;
use super::profile::Profile;
use super::sharing::Wish;
use super::told::{read, read_query, read_value};

/// People in one answer of `within`.
const WITHIN_LIMIT: std::ops::RangeInclusive<u32> = 1..=1000;
const WITHIN_DEFAULT: u32 = 100;
/// Half of the earth's circumference: farther away is nobody.
const WITHIN_RADIUS_M: std::ops::RangeInclusive<f64> = 1.0..=20_100_000.0;

/// Whom moderation asks about.
#[derive(Debug, Deserialize)]
pub struct Alias {
    pub viewer: UserId,
    pub alias: String,
}

/// Which page of whom.
#[derive(Debug)]
pub struct Near {
    pub mode: Mode,
    pub cursor: Option<String>,
    pub limit: u32,
    pub radius_m: Option<f64>,
}

#[derive(Debug)]
pub struct Circle {
    pub centre: Position,
    pub radius_m: f64,
    pub limit: u32,
}

/// The query of `nearby`, before it is checked.
#[derive(Deserialize)]
struct NearQuery {
    mode: Option<Mode>,
    cursor: Option<String>,
    limit: Option<u32>,
    radius_m: Option<f64>,
}

/// The query of `within`, before it is checked.
#[derive(Deserialize)]
struct CircleQuery {
    lat: Option<f64>,
    lon: Option<f64>,
    radius_m: Option<f64>,
    limit: Option<u32>,
}

/// What a line of an import says: one of the two.
#[derive(Deserialize)]
struct Line {
    user: Option<serde_json::Value>,
    friends: Option<[UserId; 2]>,
}

#[derive(Deserialize)]
struct Named {
    id: UserId,
}

/// What a user of an import may say. Anything else is refused: of a million lines nobody looks
/// whether a misspelt wish was heard.
const OF_A_USER: [&str; 9] = [
    "id",
    "name",
    "stranger_name",
    "avatar_url",
    "strangers_allowed",
    "sharing",
    "until",
    "strangers_consent",
    "history",
];

/// # Errors
/// Names the field and what is wrong with it; as all others here.
pub fn profile(body: &[u8], avatar_hosts: &[String]) -> Result<ProfileChange, Problem> {
    let profile: Profile = read(body).map_err(Problem::bad)?;
    Ok(profile.check(avatar_hosts)?)
}

/// # Errors
/// As [`profile`].
pub fn sharing(body: &[u8], now: u64) -> Result<SharingChange, Problem> {
    let wish: Wish = read(body).map_err(Problem::bad)?;
    Ok(wish.check(now)?)
}

/// # Errors
/// As [`profile`].
pub fn position(body: &[u8]) -> Result<Move, Problem> {
    read(body).map_err(Problem::bad)
}

/// # Errors
/// As [`profile`].
pub fn alias(body: &[u8]) -> Result<Alias, Problem> {
    let Alias { viewer, alias } = read(body).map_err(Problem::bad)?;
    let alias = bounds::opaque("alias", alias)?;
    Ok(Alias { viewer, alias })
}

/// # Errors
/// As [`profile`].
pub fn import_line(line: &[u8], avatar_hosts: &[String], now: u64) -> Result<Imported, String> {
    let said: Line = read(line)?;
    match (said.user, said.friends) {
        (Some(user), None) => {
            let inside = |fault: String| match fault.strip_prefix("missing field") {
                Some(field) => format!("user: missing field{field}"),
                None => format!("user.{fault}"),
            };
            let wrong = |wrong: Wrong| inside(wrong.to_string());
            let Named { id } = read_value(&user).map_err(inside)?;
            let fields = user.as_object().into_iter().flat_map(serde_json::Map::keys);
            if let Some(unknown) = fields.into_iter().find(|name| !is_of_a_user(name)) {
                return Err(format!("user.{}: there is no such field", short(unknown)));
            }
            let profile: Profile = read_value(&user).map_err(inside)?;
            let sharing: Wish = read_value(&user).map_err(inside)?;
            Ok(Imported::User {
                id,
                profile: profile.check(avatar_hosts).map_err(wrong)?,
                sharing: sharing.check(now).map_err(wrong)?,
            })
        }
        (None, Some([one, other])) if one == other => {
            Err("friends: nobody is her own friend".to_owned())
        }
        (None, Some([one, other])) => Ok(Imported::Friends(one, other)),
        (Some(_), Some(_)) => Err("user and friends in one line".to_owned()),
        (None, None) => Err("neither user nor friends".to_owned()),
    }
}

fn is_of_a_user(field: &str) -> bool {
    OF_A_USER.contains(&field)
}

/// # Errors
/// As [`profile`].
pub fn nearby(uri: &Uri) -> Result<Near, Problem> {
    let asked: NearQuery = read_query(uri)?;
    let cursor = asked.cursor.map(|text| bounds::opaque("cursor", text));
    Ok(Near {
        mode: asked.mode.unwrap_or(Mode::Friends),
        limit: bounds::limit(asked.limit)?.unwrap_or(DEFAULT_LIMIT),
        radius_m: bounds::radius_m(asked.radius_m)?,
        cursor: cursor.transpose()?,
    })
}

/// # Errors
/// As [`profile`].
pub fn within(uri: &Uri) -> Result<Circle, Problem> {
    let asked: CircleQuery = read_query(uri)?;
    let centre = bounds::position(asked.lat, asked.lon)?;
    let radius_m = asked.radius_m.ok_or_else(|| Wrong::missing("radius_m"))?;
    let limit = asked.limit.unwrap_or(WITHIN_DEFAULT);
    Ok(Circle {
        centre,
        radius_m: bounds::within("radius_m", radius_m, &WITHIN_RADIUS_M)?,
        limit: bounds::within("limit", limit, &WITHIN_LIMIT)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_quotes_a_part_of_what_was_said() {
        let long = "x".repeat(10_000);
        for line in [
            format!(r#"{{"user":{{"{long}":1e999}}}}"#),
            format!(r#"{{"user":{{"id":"a","sharing":"{long}"}}}}"#),
            format!(r#"{{"friends":["{long}","b"]}}"#),
        ] {
            let said = import_line(line.as_bytes(), &[], 0).unwrap_err();
            assert!(said.chars().count() < 300, "{said}");
        }
    }

    #[test]
    fn a_fault_names_the_field() {
        for (line, expected) in [
            ("{}", "neither user nor friends"),
            (r#"{"user":{"id":""}}"#, "user.id: is missing or empty"),
            (r#"{"user":{}}"#, "user: missing field `id`"),
            (r#"{"user":{"id":"a","name":7}}"#, "user.name: invalid type"),
            (
                r#"{"user":{"id":"a","sharing":"all"}}"#,
                "user.sharing: unknown variant",
            ),
            (
                r#"{"user":{"id":"a","until":5}}"#,
                "user.until: comes without sharing",
            ),
            (
                r#"{"user":{"id":"a","shraing":"off"}}"#,
                "user.shraing: there is no such field",
            ),
            (r#"{"friends":["a"]}"#, "friends"),
            (
                r#"{"friends":["a","a"]}"#,
                "friends: nobody is her own friend",
            ),
            (
                r#"{"friends":["a","b"],"user":{"id":"a"}}"#,
                "user and friends",
            ),
        ] {
            let said = import_line(line.as_bytes(), &[], 0).unwrap_err();
            assert!(said.starts_with(expected), "{line}: {said}");
        }
    }
}
