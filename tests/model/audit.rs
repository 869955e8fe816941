//! Frame by frame: nobody unentitled, nothing finer than may be told, nothing that is not so.

use nearcast::broker::SessionId;
use nearcast::wire::server::{Changes, Event, FriendBuf, Nearby, PersonBuf, StrangerBuf};
use nearcast::wire::{Encoding, Mode, Seen, Why, decode_server, encode_server};
use nearcast_grid::{Cell, Position};

use crate::globe::metres;
use crate::seat::{Went, in_order, name_of};
use crate::town::{Fault, Town};
use crate::truth::Expect;

/// Distances are told in tenths of a metre.
const TENTH_M: f64 = 0.06;

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
            self.log
                .push((self.truth.now, client.user, client.seq, bytes.to_vec()));
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

    fn name(&self, place: usize) -> &str {
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

    fn audit_friend(&self, place: usize, friend: &FriendBuf, how: As) -> Fault {
        let truth = &self.truth;
        let client = &self.clients[place];
        let subject = truth
            .people
            .iter()
            .position(|human| human.id == friend.user.as_str());
        let subject = subject.ok_or_else(|| format!("{} is nobody", friend.user))?;
        let human = &truth.people[subject];
        let wrong = |what: &str| {
            Err(format!(
                "{} hears {how:?} of {}: {what}: {friend:?}",
                self.name(place),
                human.id
            ))
        };
        let eye = match how {
            As::Paged(eye) => eye,
            _ => truth.people[client.user].position,
        };
        let expect = match how {
            As::Paged(_) => self.expect_on_page(place, eye, subject),
            _ => truth.expect(client, subject),
        };
        let entitled = match how {
            As::Moved | As::Listed => expect != Expect::Out,
            _ => matches!(expect, Expect::In | Expect::Either),
        };
        if !entitled {
            return wrong(&format!("expected {expect:?}"));
        }
        if truth.shown_at(subject) != Some(friend.position) {
            return wrong(&format!("she is shown at {:?}", truth.shown_at(subject)));
        }
        let apart = eye.map_or(0.0, |eye| metres(eye, friend.position));
        if (apart - friend.distance_m).abs() > TENTH_M {
            return wrong(&format!("she is {apart} m away"));
        }
        let (seen_at, about) = match human.veiled {
            true => (human.minute, [None; 3]),
            false => (human.seen, human.about),
        };
        if friend.approximate != human.veiled || friend.seen_at != seen_at {
            return wrong(&format!(
                "approximate is {}, seen at {seen_at}",
                human.veiled
            ));
        }
        if [friend.accuracy_m, friend.heading_deg, friend.speed_mps] != about {
            return wrong(&format!("she said {about:?}"));
        }
        let complete = (&friend.name, &friend.avatar_url)
            == (&text(&human.profile.name), &text(&human.profile.avatar_url));
        if how != As::Moved && !complete {
            return wrong(&format!("her profile is {:?}", human.profile));
        }
        Ok(())
    }

    pub(crate) fn expect_on_page(
        &self,
        place: usize,
        eye: Option<Position>,
        subject: usize,
    ) -> Expect {
        let client = &self.clients[place];
        if !client.friends || client.hidden.contains(&subject) || client.orphan {
            return Expect::Out;
        }
        self.truth
            .expect_from(client.user, eye, client.radius_m, subject)
    }

    pub(crate) fn audit_stranger(
        &self,
        place: usize,
        stranger: &StrangerBuf,
        subject: usize,
        how: As,
    ) -> Fault {
        let (truth, client) = (&self.truth, &self.clients[place]);
        let human = &truth.people[subject];
        let wrong = |what: &str| {
            Err(format!(
                "{} hears {how:?} of the stranger {}: {what}: {stranger:?}",
                self.name(place),
                human.id
            ))
        };
        if !client.strangers || client.orphan || !truth.may_be_shown(client.user, subject) {
            return wrong("she must not");
        }
        // A page shows what is shown.
        let shown = match how {
            As::Paged(_) => client.crowd.get(&stranger.alias).map(|one| one.0.centre),
            _ => human.released.map(Cell::centre),
        };
        let cell = truth.config.strangers.privacy.cell_at(stranger.centre);
        if shown.is_some_and(|shown| shown != stranger.centre)
            || *cell.text() != *stranger.cell
            || cell.centre() != stranger.centre
        {
            return wrong(&format!(
                "she is released in {:?}",
                human.released.map(|cell| cell.text().to_string())
            ));
        }
        let seen = match human.minute + 120_000 > truth.epoch_at {
            true => Seen::Now,
            false => Seen::Recent,
        };
        if !matches!(how, As::Paged(_)) && stranger.seen != seen {
            return wrong(&format!("she was seen {seen}"));
        }
        if how != As::Moved && stranger.name != text(&human.profile.stranger_name) {
            return wrong(&format!("her name is {:?}", human.profile.stranger_name));
        }
        let from = truth.people[client.user]
            .position
            .map(|eye| truth.config.strangers.privacy.cell_at(eye));
        if let Some(from) = from.filter(|_| self.setup.credulous()) {
            let apart = metres(from.centre(), stranger.centre);
            // The model's distance is only good for what is near.
            if apart < 60_000.0 && (apart - stranger.distance_m).abs() > TENTH_M {
                return wrong(&format!("her cell is {apart} m away"));
            }
        }
        Ok(())
    }

    /// Why somebody went, as it may be told.
    fn audit_exit(&self, place: usize, went: &Went) -> Fault {
        let (truth, client) = (&self.truth, &self.clients[place]);
        let (name, why, allowed) = match went {
            Went::Friend(user, why) => {
                let subject = truth.people.iter().position(|human| human.id == *user);
                let subject = subject.ok_or_else(|| format!("{user} is nobody"))?;
                let human = &truth.people[subject];
                let left = !truth.are_friends(client.user, subject)
                    || !human.shares
                    || client.hidden.contains(&subject)
                    || human.veiled && human.shown.is_none();
                let idle = human.went_idle
                    || truth.active(subject) != Some(true)
                    || human.veiled && human.shown.is_none();
                let far = truth.expect(client, subject) != Expect::In
                    && !left
                    && (human.veiled || truth.active(subject) != Some(false));
                (user.clone(), why, (left || human.erased, idle, far))
            }
            Went::Stranger(subject, why) => {
                let human = &truth.people[*subject];
                let left =
                    !human.open || !human.shares || !truth.may_be_shown(client.user, *subject);
                let idle = human.released.is_none();
                // That the viewer herself withdrew is no news of the other.
                let own = !truth.people[client.user].open;
                (human.id.clone(), why, (left, idle, own || !left && !idle))
            }
        };
        let (left, idle, far) = allowed;
        let holds = match why {
            Why::Left => left,
            Why::Inactive => idle,
            Why::Radius => far,
        };
        if holds {
            Ok(())
        } else {
            Err(format!(
                "{} hears that {name} exited, {why}: left {left}, inactive {idle}, radius {far}",
                self.name(place)
            ))
        }
    }

    /// The total of an unasked list of friends.
    fn check_total(&self, place: usize, list: &Nearby) -> Fault {
        if list.mode != Mode::Friends {
            let most = self.truth.config.strangers.view_max;
            return if list.total as usize <= most {
                Ok(())
            } else {
                Err(format!("{} strangers", list.total))
            };
        }
        let client = &self.clients[place];
        let expected: Vec<Expect> = (0..self.truth.people.len())
            .map(|one| self.truth.expect(client, one))
            .collect();
        let sure = expected.iter().filter(|&&one| one == Expect::In).count();
        let most = expected.iter().filter(|&&one| one != Expect::Out).count();
        if (sure..=most).contains(&(list.total as usize)) {
            Ok(())
        } else {
            Err(format!(
                "a total of {}, not of {sure} to {most}",
                list.total
            ))
        }
    }

    /// The pages of one walk, put together.
    pub(crate) fn audit_pages(
        &self,
        place: usize,
        people: &[PersonBuf],
        still: &[usize],
        eye: Option<Position>,
        mode: Mode,
    ) -> Fault {
        if mode == Mode::Strangers {
            return Ok(());
        }
        for &one in still {
            let id = &self.truth.people[one].id;
            let times = people.iter().filter(|person| matches!(person, PersonBuf::Friend(friend) if friend.user.as_str() == id)).count();
            let right = match self.expect_on_page(place, eye, one) {
                Expect::In => times == 1,
                Expect::Either => times <= 1,
                Expect::Out | Expect::AsBefore => times == 0,
            };
            if !right {
                return Err(format!(
                    "{id} stood still and is on the pages {times} times: {people:?}"
                ));
            }
        }
        if still.len() == self.truth.people.len() {
            in_order(people)
        } else {
            Ok(())
        }
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
