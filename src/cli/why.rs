//! `nearcast why A B`: asks a running server why A does or does not see B.

use std::process::ExitCode;

use nearcast::wire::UserId;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::IO;
use super::operations::Operations;

/// Why somebody does, or does not, see somebody
///
/// Prints the verdict for each mode with what stands against it, and every condition with its
/// value. Asks with the server key of the configuration, or the
/// development key in the data directory.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Who looks
    #[arg(value_parser = |id: &str| UserId::new(id))]
    viewer: UserId,
    /// Who is or is not seen
    #[arg(value_parser = |id: &str| UserId::new(id))]
    subject: UserId,
    #[command(flatten)]
    server: Operations,
}

impl Args {
    pub(crate) fn run(&self) -> ExitCode {
        let [viewer, subject] = [&self.viewer, &self.subject]
            .map(|user| utf8_percent_encode(user.as_str(), NON_ALPHANUMERIC).to_string());
        let path = format!("/v1/admin/why?viewer={viewer}&subject={subject}");
        match self.server.get(&path, "viewer") {
            Ok(reasons) => super::print(&lines(&reasons)).unwrap_or(IO).into(),
            Err(status) => status.into(),
        }
    }
}

/// The verdicts, and a condition per line.
fn lines(reasons: &Map<String, Value>) -> String {
    let line = |(name, value): (&String, &Value)| format!("{name:20} {value}\n");
    let conditions: String = reasons.iter().map(line).collect();
    verdict("as a friend", &against_friend(reasons))
        + &verdict("as a stranger", &against_stranger(reasons))
        + &conditions
}

fn verdict(how: &str, against: &[String]) -> String {
    match against {
        [] => format!("{how:20} yes\n"),
        _ => format!("{how:20} no: {}\n", against.join(", ")),
    }
}

fn is(reasons: &Map<String, Value>, name: &str) -> bool {
    reasons.get(name).and_then(Value::as_bool) == Some(true)
}

fn against_friend(reasons: &Map<String, Value>) -> Vec<String> {
    let metres = |name| reasons.get(name).and_then(Value::as_f64);
    let mut against = unmet(
        reasons,
        &[
            "friends",
            "viewer_located",
            "subject_active",
            "subject_shares",
        ],
    );
    if is(reasons, "blocked") {
        against.push("blocked".to_owned());
    }
    if is(reasons, "subject_approximate") && !is(reasons, "subject_released") {
        against.push("not subject_released".to_owned());
    }
    if let (Some(distance), Some(radius)) = (metres("distance_m"), metres("radius_m"))
        && distance > radius
        && !is(reasons, "in_view")
    {
        against.push("distance_m beyond radius_m".to_owned());
    }
    if !any_session(reasons, &["friends", "follows"]) {
        against.push("no session that follows her".to_owned());
    }
    against
}

fn against_stranger(reasons: &Map<String, Value>) -> Vec<String> {
    let mut against = unmet(
        reasons,
        &[
            "viewer_open",
            "viewer_located",
            "subject_open",
            "same_pool",
            "subject_lodged",
            "within_reach",
            "same_room",
            "enough_people",
        ],
    );
    for unwanted in ["blocked", "friends", "just_parted"] {
        if is(reasons, unwanted) {
            against.push(unwanted.to_owned());
        }
    }
    if !any_session(reasons, &["strangers"]) {
        against.push("no session with strangers".to_owned());
    }
    against
}

/// Whether one of the viewer's sessions is all of this.
fn any_session(reasons: &Map<String, Value>, wanted: &[&str]) -> bool {
    let sessions = reasons.get("sessions").and_then(Value::as_array);
    sessions.is_some_and(|sessions| {
        sessions.iter().any(|session| {
            let session = session.as_object();
            session.is_some_and(|session| unmet(session, wanted).is_empty())
        })
    })
}

/// The conditions that are to be and are not.
fn unmet(reasons: &Map<String, Value>, wanted: &[&str]) -> Vec<String> {
    let unmet = wanted.iter().filter(|name| !is(reasons, name));
    unmet.map(|name| format!("not {name}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_condition_has_a_line() {
        let body = r#"{"viewer":"ann","friends":true,"distance_m":12.5}"#;
        let text = lines(&serde_json::from_str(body).unwrap());
        assert_eq!(text.lines().count(), 5);
        assert!(text.contains("friends              true\n"), "{text}");
    }

    #[test]
    fn a_verdict_names_what_stands_against_it() {
        let told = |body: &str| {
            let lines = lines(&serde_json::from_str(body).unwrap());
            let mut lines = lines.lines().map(str::to_owned).collect::<Vec<_>>();
            lines.truncate(2);
            lines
        };
        let near = r#"{"friends":true,"viewer_located":true,"subject_active":true,
            "subject_shares":true,"subject_approximate":false,"radius_m":100,
            "sessions":[{"friends":true,"follows":true,"strangers":false}],"distance_m":50}"#;
        assert_eq!(told(near)[0], "as a friend          yes");
        let far = near
            .replace("50}", "150}")
            .replace("tive\":true", "tive\":false");
        assert_eq!(
            told(&far)[0],
            "as a friend          no: not subject_active, distance_m beyond radius_m"
        );
        let open = r#"{"viewer_open":true,"viewer_located":true,"subject_open":true,
            "same_pool":true,"subject_lodged":true,"within_reach":true,"same_room":true,
            "enough_people":true,"blocked":true,"sessions":[]}"#;
        assert_eq!(
            told(open)[1],
            "as a stranger        no: blocked, no session with strangers"
        );
    }
}
