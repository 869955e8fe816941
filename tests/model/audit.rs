//! Frame by frame: nobody unentitled, nothing finer than may be told, nothing that is not so.

use nearcast::broker::SessionId;
use nearcast::wire::server::{Changes, Event, Nearby, PersonBuf};
use nearcast::wire::{Encoding, decode_server, encode_server};
use nearcast_grid::Position;

use crate::seat::name_of;
use crate::town::{Fault, Heard, Town};

/// As what somebody is told of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum As {
    /// Complete: entered or in a list that replaces the client's.
    Entered,
    Listed,
    Moved,
    /// On a page, seen from there.
    Paged(Option<Position>),
}

impl Town<'_> {
    /// A frame that was not asked for arrives at a client.
    pub(crate) fn hear(&mut self, id: SessionId, bytes: &[u8]) -> Fault {
        let place = self.clients.iter().position(|client| client.id == id);
        let place = place.ok_or_else(|| format!("a frame for a session that has ended: {id:?}"))?;
        let event = self.decode(place, bytes)?;
        if self.clients[place].away_until.is_some() {
            return Err("a frame for a client that is away".into());
        }
        let told = match event {
            Event::Nearby(list) => self.hear_list(place, &list),
            Event::Changes(changes) => self.hear_changes(place, &changes),
            other => Err(format!("not a frame of the broker: {other:?}")),
        };
        told.map_err(|fault| {
            format!(
                "{fault}\n  in {}",
                show(self.clients[place].encoding, bytes)
            )
        })
    }

    fn hear_list(&mut self, place: usize, list: &Nearby) -> Fault {
        let names = self.resolve_all(place, list.people.iter())?;
        let who = |alias: &str| {
            names
                .iter()
                .find(|one| one.0 == alias)
                .map(|one| one.1)
                .ok_or_else(String::new)
        };
        self.clients[place].replace(list, who)?;
        self.audit_people(place, &list.people, As::Listed)?;
        if (list.total as usize) < list.people.len() {
            return Err(format!(
                "a total of {} of {} people",
                list.total,
                list.people.len()
            ));
        }
        self.check_total(place, list)
    }

    fn hear_changes(&mut self, place: usize, changes: &Changes) -> Fault {
        if changes.at != self.truth.now {
            return Err(format!("at {} instead of {}", changes.at, self.truth.now));
        }
        let names = self.resolve_all(place, changes.entered.iter())?;
        let who = |alias: &str| {
            names
                .iter()
                .find(|one| one.0 == alias)
                .map(|one| one.1)
                .ok_or_else(String::new)
        };
        // Whom a client has is told complete again when her profile changed, or when marks were
        // lost and with them who it was.
        let lost = self.workers[0].broker().marks_dropped() > 0;
        let again: Vec<&str> = self
            .truth
            .people
            .iter()
            .filter(|human| human.profile_changed || lost)
            .map(|human| &*human.id)
            .collect();
        let known = |person: &&PersonBuf| self.clients[place].view.contains_key(name_of(person));
        let (renewed, entered): (Vec<PersonBuf>, _) = changes
            .entered
            .iter()
            .cloned()
            .partition(|person| known(&person));
        let went = self.clients[place].change(changes, who, |user| again.contains(&user))?;
        self.audit_people(place, &entered, As::Entered)?;
        self.audit_people(place, &renewed, As::Listed)?;
        self.audit_people(place, &changes.moved, As::Moved)?;
        went.iter()
            .try_for_each(|went| self.audit_exit(place, went))
    }

    /// Reads a frame, and finds nothing in it that the reader would not see.
    pub(crate) fn decode(&mut self, place: usize, bytes: &[u8]) -> Result<Event, String> {
        self.frames += 1;
        let client = &self.clients[place];
        if self.record {
            self.log.push(Heard {
                user: client.user,
                session: Some(client.id),
                at: self.truth.now,
                bytes: bytes.to_vec(),
            });
        }
        let message = decode_server(client.encoding, bytes)
            .map_err(|fault| format!("{fault} in {}", show(client.encoding, bytes)))?;
        let mut again = Vec::new();
        encode_server(client.encoding, &message, &mut again);
        if again.len() != bytes.len() {
            return Err(format!(
                "holds more than it says: {}",
                show(client.encoding, bytes)
            ));
        }
        self.search(place, &message.body, bytes)?;
        Ok(message.body)
    }

    /// Searches the bytes for names and positions of people whom the message does not name.
    fn search(&self, place: usize, event: &Event, bytes: &[u8]) -> Fault {
        let mut named: Vec<&PersonBuf> = Vec::new();
        let mut gone = Vec::new();
        match event {
            Event::Nearby(list) => named.extend(&list.people),
            Event::Changes(changes) => {
                named.extend(changes.entered.iter().chain(&changes.moved));
                gone.extend(&changes.exited);
            }
            _ => {}
        }
        let position = |person: &PersonBuf| match person {
            PersonBuf::Friend(friend) => friend.position,
            PersonBuf::Stranger(stranger) => stranger.centre,
        };
        for human in &self.truth.people {
            let is = |name: &str| name == human.id;
            let friend = named
                .iter()
                .any(|person| matches!(person, PersonBuf::Friend(one) if is(one.user.as_str())));
            let exited = gone.iter().any(|exit| matches!(&exit.who, nearcast::wire::server::WhoBuf::User(user) if is(user.as_str())));
            if !friend && !exited && find(bytes, human.id.as_bytes()) {
                return Err(format!(
                    "the bytes for {} name {}",
                    self.name(place),
                    human.id
                ));
            }
            let Some(at) = human
                .position
                .filter(|_| self.clients[place].encoding == Encoding::Json)
            else {
                continue;
            };
            let text = format!("{}", at.lat());
            let told = named.iter().any(|person| {
                let there = position(person);
                format!("{}", there.lat()).contains(&text)
                    || format!("{}", there.lon()).contains(&text)
            });
            if text.len() >= 9 && !told && find(bytes, text.as_bytes()) {
                return Err(format!(
                    "the bytes for {} hold the latitude of {}",
                    self.name(place),
                    human.id
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn name(&self, place: usize) -> &str {
        &self.truth.people[self.clients[place].user].id
    }

    pub(crate) fn resolve_all<'p>(
        &mut self,
        place: usize,
        people: impl Iterator<Item = &'p PersonBuf>,
    ) -> Result<Vec<(String, usize)>, String> {
        let viewer = self.truth.people[self.clients[place].user].id.clone();
        let mut names = Vec::new();
        for person in people {
            let PersonBuf::Stranger(stranger) = person else {
                continue;
            };
            let known = self.clients[place]
                .crowd
                .get(&stranger.alias)
                .map(|one| one.1);
            let subject = match known {
                Some(subject) => subject,
                None => self.resolve(&viewer, &stranger.alias)?,
            };
            names.push((stranger.alias.clone(), subject));
        }
        Ok(names)
    }

    fn resolve(&mut self, viewer: &str, alias: &str) -> Result<usize, String> {
        let now = self.truth.now;
        let user = self.workers[0].resolve(viewer, alias, now);
        let user = user.map_err(|denied| format!("nobody is {alias} to {viewer}: {denied:?}"))?;
        let subject = self.truth.people.iter().position(|human| human.id == user);
        subject.ok_or_else(|| format!("{alias} is {user}, who is nobody"))
    }

    pub(crate) fn audit_people(&mut self, place: usize, people: &[PersonBuf], how: As) -> Fault {
        let names = self.resolve_all(place, people.iter())?;
        for person in people {
            match person {
                PersonBuf::Friend(friend) => self.audit_friend(place, friend, how),
                PersonBuf::Stranger(stranger) => {
                    let subject = names
                        .iter()
                        .find(|one| one.0 == stranger.alias)
                        .map(|one| one.1);
                    self.audit_stranger(place, stranger, subject.expect("all were resolved"), how)
                }
            }?;
        }
        Ok(())
    }
}

pub(crate) fn text(text: &Option<Box<str>>) -> Option<String> {
    text.as_ref().map(|text| text.to_string())
}

fn find(bytes: &[u8], wanted: &[u8]) -> bool {
    let first = wanted[0];
    bytes
        .windows(wanted.len())
        .any(|window| window[0] == first && window == wanted)
}

pub(crate) fn show(encoding: Encoding, bytes: &[u8]) -> String {
    match (encoding, decode_server(encoding, bytes)) {
        (Encoding::Protobuf, Ok(message)) => format!("{message:?}"),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}
