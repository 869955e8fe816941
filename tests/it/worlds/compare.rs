//! What every client rebuilt from its frames, against the truth.

use std::collections::BTreeSet;
use std::time::Duration;

use nearcast::wire::server::{Nearby, PersonBuf};
use nearcast::wire::{Encoding, Event, Modes, Sharing, decode_server};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::globe::Tile;
use super::op::{By, Hi};
use super::person::{How, who};
use super::seat::{Fault, Item, Seat};
use super::truth::{Expect, Eye};
use super::world::{World, claim};

/// Views settle after two epochs; on a machine that does much else the disk alone may take longer.
const SETTLING: Duration = Duration::from_secs(60);
/// How often it is looked whether views have settled.
const LOOK: Duration = Duration::from_millis(100);

impl World {
    /// Every hub sweeps once, and then exact friends are as they are.
    pub(crate) async fn is_swept(&mut self) -> Fault {
        self.ground.is_swept().await?;
        self.hear_all().await?;
        self.renewed.clear();
        for place in 0..self.seats.len() {
            if self.seats[place].client.is_some() {
                self.compare_friends(place, false)?;
                self.seats[place].anew.clear();
                self.count.compared += 1;
            }
        }
        Ok(())
    }

    /// Epochs pass, until cells that were released are where everybody is.
    pub(crate) async fn settles(&mut self) -> Fault {
        let mut last = String::new();
        let settled = timeout(SETTLING, async {
            loop {
                self.is_swept().await?;
                match self.has_settled().await {
                    Ok(()) => return Ok(()),
                    Err(fault) => last = fault,
                }
                sleep(LOOK).await;
            }
        });
        let settled = settled.await;
        self.count.settled += 1;
        settled.unwrap_or_else(|_| Err(format!("has not settled in {SETTLING:?}: {last}")))
    }

    async fn has_settled(&mut self) -> Fault {
        for place in 0..self.seats.len() {
            if self.seats[place].client.is_some() {
                self.compare_friends(place, true)?;
                self.compare_strangers(place)?;
            }
        }
        for user in 0..self.truth.people.len() {
            if self.truth.people[user].is_open() {
                self.peek_at_strangers(user).await?;
            }
        }
        Ok(())
    }

    fn compare_friends(&self, place: usize, settled: bool) -> Fault {
        let (truth, seat) = (&self.truth, &self.seats[place]);
        for (subject, human) in truth.people.iter().enumerate() {
            let mut all = seat.list.friends.values();
            let known = all.find(|friend| friend.user.as_str() == human.id);
            let expect = truth.expect(seat.user, &seat.eye, subject, settled);
            let is_there = match expect {
                Expect::In => known.is_some(),
                Expect::Out => known.is_none(),
                Expect::AsBefore | Expect::Either => true,
            };
            let is_so = known.is_none_or(|friend| {
                let veiled = human.sharing == Sharing::Approximate;
                let at = match veiled {
                    true if !settled => Some(friend.position),
                    true => human.position.map(|at| Tile::at(at).centre()),
                    false => human.position,
                };
                friend.approximate == veiled
                    && Some(friend.position) == at
                    && friend.name == human.name
            });
            claim(is_there && is_so, || {
                let viewer = &truth.people[seat.user];
                format!(
                    "seat {} of {viewer:?} should know of {human:?}: {expect:?}; sees {:?} and knows {known:?}",
                    seat.number, seat.eye
                )
            })?;
        }
        Ok(())
    }

    fn compare_strangers(&self, place: usize) -> Fault {
        let seat = &self.seats[place];
        let mut shown = BTreeSet::new();
        for (alias, stranger) in &seat.list.strangers {
            let subject = seat.crowd.get(alias).copied();
            let Some(subject) = subject.filter(|subject| shown.insert(*subject)) else {
                return Err(format!("{alias} is nobody or somebody who is there twice"));
            };
            let at = self.truth.people[subject].position.map(Tile::at);
            claim(at.is_some_and(|tile| tile.text() == stranger.cell), || {
                format!("the stranger {subject} is shown elsewhere: {stranger:?}")
            })?;
        }
        let viewer = &self.truth.people[seat.user];
        let own = viewer.position.map(|at| Tile::at(at).text());
        let heard = seat.list.cells.first().filter(|_| viewer.is_open());
        let is_own = |cell: &String| {
            own.as_ref()
                .is_some_and(|own| own.starts_with(cell.as_str()))
        };
        claim(heard.is_none_or(is_own), || {
            format!(
                "seat {} listens around {heard:?}, and is in {own:?}",
                seat.number
            )
        })?;
        let agrees = match seat.eye.modes.strangers {
            true => self.truth.are_strangers_of(seat.user, &shown),
            false => shown.is_empty(),
        };
        claim(agrees, || {
            let wanted = self.truth.strangers_of(seat.user);
            format!(
                "seat {} of {} shows the strangers {shown:?}, not {wanted:?}",
                seat.number, viewer.id
            )
        })
    }

    async fn peek_at_strangers(&mut self, user: usize) -> Fault {
        let list = self
            .nearby(user, "mode=strangers&limit=100", By::Server)
            .await?;
        let mut shown = BTreeSet::new();
        for person in &list.people {
            shown.extend(self.resolve(user, &who(person)).await?);
        }
        let agrees = self.truth.are_strangers_of(user, &shown);
        claim(agrees && shown.len() == list.people.len(), || {
            let wanted = self.truth.strangers_of(user);
            format!("GET nearby of {user} shows the strangers {shown:?}, not {wanted:?}")
        })
    }

    /// GET nearby, as the page that a session would get.
    async fn nearby(&mut self, user: usize, query: &str, by: By) -> Result<Nearby, String> {
        let path = format!("{}/nearby?{query}", self.path(user));
        let credential = self.credential(user, by);
        let answer = self.ground.rest(&credential, "GET", &path, "").await?;
        claim(answer.status == 200, || format!("{path}: {answer:?}"))?;
        let mut list = answer.json();
        self.leaks_nobody(user, &list)?;
        (list["seq"], list["page"]) = (json!(0), json!(true));
        let frame = json!({"nearby": list}).to_string();
        match decode_server(Encoding::Json, frame.as_bytes()) {
            Ok(message) => match message.body {
                Event::Nearby(list) => Ok(list),
                other => Err(format!("{other:?}")),
            },
            Err(refused) => Err(format!("{refused} in {frame}")),
        }
    }

    /// What REST answers is so, and is what a new session gets.
    pub(crate) async fn peek(&mut self, user: usize, radius_m: f64, by: By) -> Fault {
        let query = format!("radius_m={radius_m}&limit=100");
        let list = self.nearby(user, &query, by).await?;
        let eye = Eye {
            modes: Modes::FRIENDS,
            radius_m,
            hidden: BTreeSet::new(),
        };
        // Nobody's session: what it is told is audited as if it were one's.
        self.seats
            .push(Seat::new(self.seated, user, Encoding::Json, eye));
        let place = self.seats.len() - 1;
        for person in &list.people {
            self.audit_person(place, person, How::Paged)?;
        }
        self.seats.pop();
        let hi = Hi {
            encoding: self.dice.of(&Encoding::ALL),
            modes: Modes::FRIENDS,
            radius_m,
            limit: Some(100),
            observes: true,
            to: None,
        };
        self.hello(user, &hi).await?;
        let seat = self.seats.last_mut().ok_or("a session has begun")?;
        let (number, id) = (seat.number, seat.begins_to_listen().await?);
        seat.hears_answer(id).await?;
        let first = seat.inbox.iter().find_map(|item| match item {
            Item::Said(message) => match &message.body {
                Event::Nearby(list) if !list.page => Some(list.clone()),
                _ => None,
            },
            Item::Cleared(_) => None,
        });
        self.bye(number).await?;
        let first = first.ok_or("a new session gets no list")?;
        // An epoch may have come between the two.
        claim(exact(&first) == exact(&list), || {
            format!("a new session gets {first:?}, and REST answers {list:?}")
        })
    }
}

/// Those of a list whom no epoch changes.
fn exact(list: &Nearby) -> Vec<PersonBuf> {
    let is_exact =
        |person: &&PersonBuf| matches!(person, PersonBuf::Friend(friend) if !friend.approximate);
    list.people.iter().filter(is_exact).cloned().collect()
}
