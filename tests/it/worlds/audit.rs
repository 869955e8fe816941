//! Frame by frame: what a client may rely on, and nothing that is not so.
//!
//! After each operation every session has heard all that was sent before the next one begins. So
//! whatever it hears was true before this operation or is true after it, and what was answered
//! before holds.

use std::collections::BTreeSet;

use nearcast::client::Untold;
use nearcast::wire::server::{Changes, Nearby, PersonBuf, ServerMessage, WhoBuf};
use nearcast::wire::{Encoding, Event, Mode, encode_server};
use serde_json::Value;

use super::person::{How, who};
use super::seat::{Fault, Item};
use super::truth::Expect;
use super::world::{World, claim};

impl World {
    /// Has every session hear all that was sent so far.
    pub(crate) async fn hear_all(&mut self) -> Fault {
        let mut asked = Vec::new();
        for (place, seat) in self.seats.iter_mut().enumerate() {
            if seat.client.is_some() {
                asked.push((place, seat.begins_to_listen().await?));
            }
        }
        for (place, id) in asked {
            self.seats[place].hears_answer(id).await?;
        }
        for place in 0..self.seats.len() {
            for item in std::mem::take(&mut self.seats[place].inbox) {
                match item {
                    Item::Cleared(mode) => self.seats[place].list.clear(mode),
                    Item::Said(message) => {
                        let heard = self.hear(place, &message).await;
                        heard.map_err(|fault| {
                            let seat = &self.seats[place];
                            let user = &self.truth.people[seat.user].id;
                            format!("seat {} of {user}: {fault}\nin {message:?}", seat.number)
                        })?;
                    }
                }
            }
        }
        self.seats.retain(|seat| !seat.has_ended);
        self.was.clone_from(&self.truth);
        for seat in &mut self.seats {
            seat.was.clone_from(&seat.eye);
        }
        self.erased = false;
        Ok(())
    }

    async fn hear(&mut self, place: usize, message: &ServerMessage) -> Fault {
        self.count.frames += 1;
        self.search_event(place, message)?;
        match &message.body {
            Event::Nearby(list) => self.hear_list(place, list).await,
            Event::Changes(changes) => self.hear_changes(place, changes).await,
            welcome @ Event::Welcome(_) => {
                let applied = self.seats[place].list.apply(welcome);
                applied.map_err(|untold| format!("{untold:?}"))
            }
            Event::Request(request) => {
                let asked = (self.user_of(&request.user)?, self.seats[place].user);
                claim(self.asked.contains(&asked), || "nobody asked".to_owned())
            }
            Event::Ok(_) | Event::Error(_) | Event::Goodbye(_) => Ok(()),
            other => Err(format!("nobody asked for {other:?}")),
        }
    }

    async fn hear_list(&mut self, place: usize, list: &Nearby) -> Fault {
        self.resolve_all(place, &list.people).await?;
        self.is_in_order(&list.people)?;
        let seat = &mut self.seats[place];
        let how = match list.page {
            true => How::Paged,
            false if seat.may_jump => How::ListedAgain,
            false => How::Listed,
        };
        if list.page {
            claim(list.seq == seat.list.seq, || {
                format!("a page at {}, not {}", list.seq, seat.list.seq)
            })?;
        } else {
            match seat.list.apply(&Event::Nearby(list.clone())) {
                Ok(()) => {}
                // What it missed while nobody had noticed that it was away.
                Err(Untold::Seq { expected, found }) if seat.may_jump && found > expected => {}
                Err(untold) => return Err(format!("{untold:?}")),
            }
            // A list of the other mode may follow in its turn.
            seat.may_jump = seat.may_jump && list.mode == Mode::Friends && seat.eye.modes.strangers;
        }
        for person in &list.people {
            self.audit_person(place, person, how)?;
        }
        self.check_total(place, list, how)
    }

    async fn hear_changes(&mut self, place: usize, changes: &Changes) -> Fault {
        self.resolve_all(place, &changes.entered).await?;
        let seat = &mut self.seats[place];
        seat.may_jump = false;
        let exits = changes.exited.iter().map(|exit| match &exit.who {
            WhoBuf::User(user) => user.to_string(),
            WhoBuf::Alias(alias) => alias.clone(),
        });
        let people = changes.entered.iter().chain(&changes.moved).map(who);
        let mut once = BTreeSet::new();
        for name in people.chain(exits) {
            claim(once.insert(name.clone()), || {
                format!("{name} is twice in one frame")
            })?;
        }
        claim(!once.is_empty() || !changes.cells.is_empty(), || {
            "it is empty".to_owned()
        })?;
        let known: Vec<bool> = changes
            .entered
            .iter()
            .map(|person| seat.shows(person))
            .collect();
        let applied = seat.list.apply(&Event::Changes(changes.clone()));
        applied.map_err(|untold| format!("{untold:?}"))?;
        for (person, known) in changes.entered.iter().zip(known) {
            let how = if known {
                How::EnteredAgain
            } else {
                How::Entered
            };
            self.audit_person(place, person, how)?;
        }
        for person in &changes.moved {
            self.audit_person(place, person, How::Moved)?;
        }
        changes
            .exited
            .iter()
            .try_for_each(|exit| self.audit_exit(place, exit))
    }

    async fn resolve_all(&mut self, place: usize, people: &[PersonBuf]) -> Fault {
        let viewer = self.seats[place].user;
        for person in people {
            let PersonBuf::Stranger(stranger) = person else {
                continue;
            };
            let alias = &stranger.alias;
            let whose = *self.aliases.entry(alias.clone()).or_insert(viewer);
            claim(whose == viewer, || {
                format!("{alias} is known to two viewers")
            })?;
            if self.seats[place].crowd.contains_key(alias) {
                continue;
            }
            match self.resolve(viewer, alias).await? {
                Some(subject) => {
                    self.seats[place].crowd.insert(alias.clone(), subject);
                }
                None if self.erased => {}
                None => return Err(format!("{alias} is nobody")),
            }
        }
        Ok(())
    }

    fn is_in_order(&self, people: &[PersonBuf]) -> Fault {
        let distance = |person: &PersonBuf| match person {
            PersonBuf::Friend(friend) => friend.distance_m,
            PersonBuf::Stranger(stranger) => stranger.distance_m,
        };
        let sorted = people.is_sorted_by(|one, other| distance(one) <= distance(other));
        claim(sorted, || "it is not sorted by distance".to_owned())
    }

    fn check_total(&self, place: usize, list: &Nearby, how: How) -> Fault {
        let (seat, total) = (&self.seats[place], list.total as usize);
        let all = 0..self.truth.people.len();
        let (sure, most) = match list.mode {
            Mode::Friends => {
                let both = |subject: usize| self.expectations(place, subject);
                let may = |one: &Expect| match one {
                    Expect::In | Expect::Either => true,
                    Expect::AsBefore => how == How::ListedAgain,
                    Expect::Out => false,
                };
                let sure = all
                    .clone()
                    .filter(|&one| both(one) == [Expect::In; 2])
                    .count();
                (sure, all.filter(|&one| both(one).iter().any(may)).count())
            }
            Mode::Strangers => {
                let shown =
                    |truth: &super::truth::Truth, one| truth.is_shown_stranger(seat.user, one);
                let may = |&one: &usize| shown(&self.was, one) || shown(&self.truth, one);
                (list.people.len(), all.filter(may).count())
            }
        };
        claim((sure..=most).contains(&total), || {
            format!("a total of {total}, not of {sure} to {most}")
        })
    }

    fn search_event(&self, place: usize, message: &ServerMessage) -> Fault {
        let mut named = BTreeSet::new();
        match &message.body {
            Event::Changes(changes) => {
                for exit in &changes.exited {
                    if let WhoBuf::User(user) = &exit.who {
                        named.insert(self.user_of(user.as_str())?);
                    }
                }
            }
            Event::Request(request) => {
                named.insert(self.user_of(&request.user)?);
            }
            _ => {}
        }
        let mut text = Vec::new();
        encode_server(Encoding::Json, message, &mut text);
        let value: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
        self.search(self.seats[place].user, &value, &named)
    }
}
