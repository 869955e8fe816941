//! Server messages between their owned form and the generated one that both encodings read.
//!
//! Decoding is as strict as for clients: a frame that breaks the contract fails a test here.

use super::bounds;
use super::client_codec::numbers;
use super::generated as raw;
use super::generated::server_message::Event as Raw;
use super::refused::Wrong;
use super::server::{
    Changes, Event, ExitBuf, FriendBuf, Nearby, PersonBuf, StrangerBuf, Welcome, WhoBuf,
};
use super::words::Word;

/// Checks an event; a fault is named from the event down.
pub(super) fn check(event: Raw) -> Result<Event, Wrong> {
    match event {
        Raw::Welcome(welcome) => check_welcome(welcome)
            .map(Event::Welcome)
            .map_err(|wrong| wrong.inside("welcome")),
        Raw::Nearby(nearby) => check_nearby(nearby)
            .map(Event::Nearby)
            .map_err(|wrong| wrong.inside("nearby")),
        Raw::Changes(changes) => check_changes(changes)
            .map(Event::Changes)
            .map_err(|wrong| wrong.inside("changes")),
        Raw::Met(met) => {
            bounds::user("met.user", &met.user)?;
            Ok(Event::Met(met))
        }
        Raw::Request(request) => {
            bounds::user("request.user", &request.user)?;
            Ok(Event::Request(request))
        }
        Raw::Ping(raw::Ping {}) => Ok(Event::Ping),
        Raw::Ok(ok) => {
            bounds::metres("ok.margin_m", ok.margin_m)?;
            Ok(Event::Ok(ok))
        }
        Raw::Error(error) => Ok(Event::Error(error)),
        Raw::Goodbye(goodbye) => Ok(Event::Goodbye(goodbye)),
    }
}

fn check_welcome(welcome: raw::Welcome) -> Result<Welcome, Wrong> {
    for (field, value) in [
        ("move_min_m", Some(welcome.move_min_m)),
        ("radius_m", Some(welcome.radius_m)),
        ("margin_m", Some(welcome.margin_m)),
        ("reach_m", welcome.reach_m),
    ] {
        bounds::metres(field, value)?;
    }
    Ok(Welcome {
        user: bounds::user("user", &welcome.user)?,
        session: welcome.session,
        resume: welcome.resume,
        resumed: welcome.resumed,
        server_time: welcome.server_time,
        ping_every_s: welcome.ping_every_s,
        move_every_s: welcome.move_every_s,
        move_min_m: welcome.move_min_m,
        radius_m: welcome.radius_m,
        margin_m: welcome.margin_m,
        modes: bounds::modes(&welcome.modes)?.unwrap_or_default(),
        sharing: bounds::word("sharing", welcome.sharing)?,
        sharing_until: welcome.sharing_until,
        cells: welcome.cells,
        reach_m: welcome.reach_m,
        node: welcome.node,
    })
}

fn check_nearby(nearby: raw::Nearby) -> Result<Nearby, Wrong> {
    Ok(Nearby {
        seq: nearby.seq,
        page: nearby.page.unwrap_or(false),
        mode: bounds::word("mode", nearby.mode)?,
        people: check_people("people", nearby.people)?,
        next: nearby.next,
        total: nearby.total,
    })
}

fn check_changes(changes: raw::Changes) -> Result<Changes, Wrong> {
    Ok(Changes {
        seq: changes.seq,
        at: changes.at,
        entered: check_people("entered", changes.entered)?,
        moved: check_people("moved", changes.moved)?,
        exited: check_each("exited", changes.exited, check_exit)?,
        cells: changes.cells,
    })
}

fn check_people(list: &str, people: Vec<raw::Person>) -> Result<Vec<PersonBuf>, Wrong> {
    check_each(list, people, check_person)
}

/// Checks the entries of a list; a fault is named `list[2].field`.
fn check_each<R, T>(
    list: &str,
    entries: Vec<R>,
    check: impl Fn(R) -> Result<T, Wrong>,
) -> Result<Vec<T>, Wrong> {
    entries
        .into_iter()
        .enumerate()
        .map(|(at, entry)| check(entry).map_err(|wrong| wrong.inside(&format!("{list}[{at}]"))))
        .collect()
}

fn check_person(person: raw::Person) -> Result<PersonBuf, Wrong> {
    let position = bounds::position(person.lat, person.lon)?;
    bounds::metres("distance_m", Some(person.distance_m))?;
    match check_who(person.user, person.alias)? {
        WhoBuf::User(user) => Ok(PersonBuf::Friend(FriendBuf {
            user,
            name: person.name,
            avatar_url: person.avatar_url,
            position,
            distance_m: person.distance_m,
            seen_at: person.seen_at.ok_or_else(|| Wrong::missing("seen_at"))?,
            approximate: person.approximate.unwrap_or(false),
            accuracy_m: bounds::accuracy_m(person.accuracy_m)?,
            heading_deg: bounds::heading_deg(person.heading_deg)?,
            speed_mps: bounds::speed_mps(person.speed_mps)?,
        })),
        WhoBuf::Alias(alias) => Ok(PersonBuf::Stranger(StrangerBuf {
            alias,
            cell: person.cell.ok_or_else(|| Wrong::missing("cell"))?,
            centre: position,
            distance_m: person.distance_m,
            seen: bounds::word("seen", person.seen.ok_or_else(|| Wrong::missing("seen"))?)?,
            name: person.name,
        })),
    }
}

fn check_exit(exited: raw::Exited) -> Result<ExitBuf, Wrong> {
    Ok(ExitBuf {
        who: check_who(exited.user, exited.alias)?,
        why: bounds::word("why", exited.why)?,
    })
}

fn check_who(user: Option<String>, alias: Option<String>) -> Result<WhoBuf, Wrong> {
    match (user, alias) {
        (Some(user), None) => Ok(WhoBuf::User(bounds::user("user", &user)?)),
        (None, Some(alias)) => Ok(WhoBuf::Alias(bounds::opaque("alias", alias)?)),
        (Some(_), Some(_)) => Err(Wrong::new("alias", "comes with a user: one of both")),
        (None, None) => Err(Wrong::new("user", "is missing, and so is alias")),
    }
}

impl From<&Welcome> for raw::Welcome {
    fn from(welcome: &Welcome) -> Self {
        Self {
            user: welcome.user.to_string(),
            session: welcome.session.clone(),
            resume: welcome.resume.clone(),
            resumed: welcome.resumed,
            server_time: welcome.server_time,
            ping_every_s: welcome.ping_every_s,
            move_every_s: welcome.move_every_s,
            move_min_m: welcome.move_min_m,
            radius_m: welcome.radius_m,
            margin_m: welcome.margin_m,
            modes: numbers(Some(welcome.modes)),
            sharing: welcome.sharing.number(),
            sharing_until: welcome.sharing_until,
            cells: welcome.cells.clone(),
            reach_m: welcome.reach_m,
            node: welcome.node.clone(),
        }
    }
}
