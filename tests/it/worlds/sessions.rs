//! What a session does over its socket.

use std::collections::BTreeSet;

use nearcast::wire::client::{Complaint, Hello, Page, Settings, Target};
use nearcast::wire::server::{Nearby, PersonBuf, Welcome};
use nearcast::wire::{ClientMessage, Command, Event, Mode, Modes, Move, UserId};
use nearcast_grid::Position;

use super::op::{Hi, Seq};
use super::person::who;
use super::seat::{Fault, Item, Seat};
use super::truth::{Expect, Eye, pair};
use super::world::{World, claim, is_error, is_ok};

impl World {
    pub(crate) async fn hello(&mut self, user: usize, hi: &Hi) -> Fault {
        self.truth.people[user].change(|human| human.here = true);
        let eye = Eye {
            modes: self.granted(user, hi.modes),
            radius_m: hi.radius_m,
            hidden: BTreeSet::new(),
        };
        let mut seat = Seat::new(self.seated, user, hi.encoding, eye);
        seat.observes = hi.observes;
        seat.anew.clone_from(&self.renewed);
        self.seated += 1;
        self.seats.push(seat);
        let place = self.seats.len() - 1;
        if let Some(to) = hi.to.filter(|_| !hi.observes) {
            self.truth.people[user].go(to);
        }
        let welcome = self.says_hello(place, self.words(user, hi)).await?;
        claim(!welcome.resumed, || "a first hello is resumed".to_owned())?;
        self.is_welcome(place, &welcome)
    }

    fn words(&self, user: usize, hi: &Hi) -> Hello {
        Hello {
            token: Some(self.token(user)),
            position: hi.to.map(Move::to),
            modes: Some(hi.modes),
            radius_m: Some(hi.radius_m),
            limit: hi.limit,
            observe: hi.observes,
            ..Hello::default()
        }
    }

    async fn says_hello(&mut self, place: usize, hello: Hello) -> Result<Welcome, String> {
        let encoding = self.seats[place].encoding;
        let client = self.ground.connect(encoding).await?;
        let seat = &mut self.seats[place];
        seat.client = Some(client);
        match seat.asks(Command::Hello(hello)).await? {
            Event::Welcome(welcome) => Ok(welcome),
            other => Err(format!("hello is answered with {other:?}")),
        }
    }

    fn is_welcome(&self, place: usize, welcome: &Welcome) -> Fault {
        let (seat, human) = (
            &self.seats[place],
            &self.truth.people[self.seats[place].user],
        );
        let said = (
            welcome.user.as_str(),
            welcome.modes,
            welcome.radius_m,
            welcome.sharing,
        );
        let wanted = (
            human.id.as_str(),
            seat.eye.modes,
            seat.eye.radius_m,
            human.sharing,
        );
        claim(said == wanted, || {
            format!("welcome says {said:?}, not {wanted:?}")
        })
    }

    pub(crate) fn loses(&mut self, number: usize) -> Fault {
        let place = self.place(number);
        let seat = &mut self.seats[place];
        let client = seat.client.take().ok_or("it is away already")?;
        seat.returning = client.returning();
        Ok(())
    }

    /// Comes back. Of the hello only the position counts, unless there is no session any more.
    pub(crate) async fn resume(&mut self, number: usize, seq: Seq, hi: &Hi) -> Fault {
        let place = self.place(number);
        let (user, is_orphan) = (self.seats[place].user, self.seats[place].is_orphan);
        let returning = self.seats[place].returning.take().ok_or("it never left")?;
        let wrong = if returning.seq.is_multiple_of(2) {
            returning.seq + 1_000
        } else {
            0
        };
        let mut hello = self.words(user, hi);
        hello.resume = Some(returning.resume);
        hello.seq = Some(if seq == Seq::Right {
            returning.seq
        } else {
            wrong
        });
        self.truth.people[user].change(|human| human.here = true);
        let granted = self.granted(user, hi.modes);
        let seat = &mut self.seats[place];
        seat.encoding = hi.encoding;
        if is_orphan {
            seat.observes = hi.observes;
            seat.eye = Eye {
                modes: granted,
                radius_m: hi.radius_m,
                hidden: BTreeSet::new(),
            };
        }
        seat.may_jump = !is_orphan;
        if let Some(to) = hi.to.filter(|_| !seat.observes) {
            self.truth.people[user].go(to);
        }
        let welcome = self.says_hello(place, hello).await?;
        self.seats[place].is_orphan = false;
        claim(welcome.resumed != is_orphan, || {
            format!("resumed is {}", welcome.resumed)
        })?;
        self.is_welcome(place, &welcome)?;
        if seq == Seq::Wrong && !is_orphan {
            return self.gets_complete_lists(place).await;
        }
        Ok(())
    }

    /// What it had is worthless: the next frames are one list per mode.
    async fn gets_complete_lists(&mut self, place: usize) -> Fault {
        let seat = &mut self.seats[place];
        let id = seat.begins_to_listen().await?;
        seat.hears_answer(id).await?;
        let after = seat.inbox.iter().filter_map(|item| match item {
            Item::Said(message) if !matches!(message.body, Event::Welcome(_)) => {
                Some(&message.body)
            }
            _ => None,
        });
        let lists: Vec<Option<Mode>> = after
            .take(seat.eye.modes.iter().count())
            .map(|event| match event {
                Event::Nearby(list) if !list.page => Some(list.mode),
                _ => None,
            })
            .collect();
        let wanted: Vec<Option<Mode>> = seat.eye.modes.iter().map(Some).collect();
        claim(lists == wanted, || {
            format!("with a wrong seq it gets {lists:?}, not one list for each of {wanted:?}")
        })
    }

    pub(crate) async fn bye(&mut self, number: usize) -> Fault {
        let place = self.place(number);
        let seat = &mut self.seats[place];
        let client = seat.client.as_mut().ok_or("it is away")?;
        let (id, body) = (None, Command::Bye);
        let sent = client.send(&ClientMessage { id, body }).await;
        sent.map_err(|closed| format!("bye: {closed:?}"))?;
        seat.is_closed(1000).await
    }

    pub(crate) async fn goes(&mut self, number: usize, to: Position) -> Fault {
        let place = self.place(number);
        let seat = &mut self.seats[place];
        let answer = seat.asks(Command::Move(Move::to(to))).await?;
        if seat.observes {
            return is_error(&answer, 103);
        }
        self.truth.people[seat.user].go(to);
        is_ok(&answer)
    }

    pub(crate) async fn set(
        &mut self,
        number: usize,
        modes: Option<Modes>,
        radius_m: Option<f64>,
    ) -> Fault {
        let place = self.place(number);
        let settings = Settings {
            modes,
            radius_m,
            ..Settings::default()
        };
        let answer = self.seats[place].asks(Command::Settings(settings)).await?;
        let user = self.seats[place].user;
        if modes.is_some_and(|modes| self.granted(user, modes) != modes) {
            return is_error(&answer, 103);
        }
        let margin_m = radius_m.map(|radius_m| (radius_m / 10.0).min(100.0));
        match &answer {
            Event::Ok(ok) if ok.margin_m == margin_m => {}
            other => return Err(format!("settings are answered with {other:?}")),
        }
        let seat = &mut self.seats[place];
        let modes = modes.unwrap_or(seat.eye.modes);
        for mode in seat.eye.modes.iter().filter(|mode| !modes.has(*mode)) {
            seat.inbox.push(Item::Cleared(mode));
        }
        for mode in modes.iter().filter(|mode| !seat.eye.modes.has(*mode)) {
            let is_it = |item: &Item| matches!(item, Item::Said(message) if matches!(&message.body, Event::Nearby(list) if !list.page && list.mode == mode));
            claim(seat.inbox.iter().any(is_it), || {
                format!("no list of {mode} comes before ok")
            })?;
        }
        seat.eye.modes = modes;
        seat.eye.radius_m = radius_m.unwrap_or(seat.eye.radius_m);
        Ok(())
    }

    /// Follows a friend, or does not any more.
    pub(crate) async fn follow(&mut self, number: usize, friend: usize, follows: bool) -> Fault {
        let (place, user) = (self.place(number), self.user(friend));
        let command = if follows {
            Command::Follow { user }
        } else {
            Command::Unfollow { user }
        };
        let answer = self.seats[place].asks(command).await?;
        let two = pair(self.seats[place].user, friend);
        if !self.truth.friends.contains(&two) {
            return is_error(&answer, 103);
        }
        let hidden = &mut self.seats[place].eye.hidden;
        if follows {
            hidden.remove(&friend);
        } else {
            hidden.insert(friend);
        }
        is_ok(&answer)
    }

    fn user(&self, user: usize) -> UserId {
        UserId::new(&self.truth.people[user].id).expect("ids of worlds are user ids")
    }

    /// All pages, one behind the other: whoever is near stands on one of them, once.
    pub(crate) async fn pages(&mut self, number: usize, mode: Mode, limit: u32) -> Fault {
        let place = self.place(number);
        let mut people: Vec<PersonBuf> = Vec::new();
        let mut cursor = None;
        loop {
            let page = Command::Nearby(Page {
                mode: Some(mode),
                cursor: cursor.take(),
                limit: Some(limit),
            });
            let answer = self.seats[place].asks(page).await?;
            let Event::Nearby(Nearby {
                people: part, next, ..
            }) = answer
            else {
                return Err(format!("a page is answered with {answer:?}"));
            };
            claim(part.len() <= limit as usize, || {
                "a page is too long".to_owned()
            })?;
            people.extend(part);
            let Some(next) = next else { break };
            cursor = Some(next);
            claim(people.len() < 100, || {
                format!("pages without end: {people:?}")
            })?;
        }
        let mut once = BTreeSet::new();
        for person in &people {
            claim(once.insert(who(person)), || {
                format!("twice on the pages: {people:?}")
            })?;
        }
        if mode == Mode::Strangers {
            return Ok(());
        }
        let seat = &self.seats[place];
        for (subject, human) in self.truth.people.iter().enumerate() {
            let expect = self.truth.expect(seat.user, &seat.eye, subject, false);
            claim(expect != Expect::In || once.contains(&human.id), || {
                format!("{} is near and on none of the pages {people:?}", human.id)
            })?;
        }
        Ok(())
    }

    pub(crate) async fn block_by_socket(
        &mut self,
        place: usize,
        about: Target,
    ) -> Result<Event, String> {
        let block = Command::Block(Complaint {
            about,
            reason: None,
        });
        self.seats[place].asks(block).await
    }
}
