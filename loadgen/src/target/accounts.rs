//! Users and friendships, made through the public contract alone.

use nearcast::client::rest;
use nearcast::clock::Clock;
use nearcast::wire::{Sharing, UserId};
use serde_json::{Value, json};

use super::Target;
use crate::town::{Person, Town};

/// Lines of one request.
const LINES: usize = 5_000;

/// Makes everybody of a town, with her friendships.
///
/// # Errors
/// A sentence: what the server says about it.
pub(crate) async fn fill(target: &Target, town: &Town) -> Result<(), String> {
    let Some(first) = town.people().first() else {
        return Ok(());
    };
    let mut lines = lines(town);
    // She alone, whom a token is tried with: the others may take minutes.
    import(target, lines.by_ref().take(1).collect()).await?;
    knows_token(target, first).await?;
    loop {
        let part: Vec<Value> = lines.by_ref().take(LINES).collect();
        if part.is_empty() {
            return Ok(());
        }
        import(target, part).await?;
    }
}

/// Whether the server believes the secret that tokens are signed with.
async fn knows_token(target: &Target, person: &Person) -> Result<(), String> {
    let user = UserId::new(&person.name).expect("a letter and digits are a name");
    let token = target.token(&user, person.strangers, Clock::start().now_ms());
    let (trust, get) = (target.trust.as_ref(), http::Method::GET);
    let path = format!("/v1/users/{}/sharing", person.name);
    let answer = rest::ask(&target.address, trust, get, &path, &token).await?;
    match answer.status {
        200 => Ok(()),
        401 => Err(format!(
            "the server does not accept a token signed with this secret: 401 {}",
            shortened(&answer.body)
        )),
        status => Err(format!(
            "ask with a token: {status} {}",
            shortened(&answer.body)
        )),
    }
}

async fn import(target: &Target, part: Vec<Value>) -> Result<(), String> {
    let count = part.len() as u64;
    let lines: String = part.iter().map(|line| format!("{line}\n")).collect();
    let (trust, key) = (target.trust.as_ref(), &target.server_key);
    let answer = rest::post_lines(&target.address, trust, "/v1/import", key, lines).await?;
    if answer.status != 200 {
        return Err(format!(
            "import people: {} {}",
            answer.status,
            shortened(&answer.body)
        ));
    }
    let taken: u64 = answer.body.lines().map(taken).sum();
    if taken != count {
        return Err(format!(
            "import people: {taken} of {count} lines were taken: {}",
            shortened(&answer.body)
        ));
    }
    Ok(())
}

/// Of one batch, as its answer says.
fn taken(line: &str) -> u64 {
    let batch: Value = serde_json::from_str(line).unwrap_or_default();
    batch["imported"].as_u64().unwrap_or_default()
}

pub(super) fn shortened(body: &str) -> String {
    body.chars().take(300).collect()
}

fn lines(town: &Town) -> impl Iterator<Item = Value> {
    let users = town.people().iter().map(|person| {
        let sharing = match person.sharing {
            Sharing::Exact => "exact",
            Sharing::Approximate => "approximate",
            Sharing::Off => "off",
        };
        json!({"user": {
            "id": person.name,
            "sharing": sharing,
            "strangers_allowed": person.strangers,
            "strangers_consent": person.consents,
        }})
    });
    let friends = (0_u32..)
        .zip(town.people())
        .flat_map(move |(number, person)| {
            let later = person
                .friends
                .iter()
                .filter(move |&&friend| friend > number);
            later.map(move |&friend| {
                let friend = &town.people()[friend as usize].name;
                json!({"friends": [person.name, friend]})
            })
        });
    let absent = town.people().iter().flat_map(|person| {
        let absent = person.absent_names();
        absent.map(move |absent| json!({"friends": [person.name, absent]}))
    });
    users.chain(friends).chain(absent)
}
