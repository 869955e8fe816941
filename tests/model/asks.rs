//! Operations that ask, and those that take somebody away.

use nearcast::broker::{Change, Denied, Page};
use nearcast::wire::server::{Event, PersonBuf};
use nearcast::wire::{Encoding, Mode, NearbyWriter, decode_server};

use crate::audit::As;
use crate::globe::metres;
use crate::op::Go;
use crate::town::{Fault, Heard, Town, expect, said};
use crate::truth::Expect;

impl Town<'_> {
    pub(crate) fn set(&mut self, place: usize, change: &Change, limit: Option<usize>) -> Fault {
        let id = self.clients[place].id;
        expect("set", &self.worker_of(place).set(id, change), &Ok(()))?;
        let client = &mut self.clients[place];
        client.radius_m = change.radius_m.unwrap_or(client.radius_m);
        let (had_friends, had_strangers) = (client.friends, client.strangers);
        client.friends = change.friends.unwrap_or(had_friends);
        client.strangers = change.strangers.unwrap_or(had_strangers);
        if !client.friends {
            client.view.clear();
        }
        if !client.strangers {
            client.crowd.clear();
        }
        let (friends, strangers) = (
            client.friends && !had_friends,
            client.strangers && !had_strangers,
        );
        if friends {
            self.nearby(place, Mode::Friends, limit)?;
        }
        if strangers {
            self.nearby(place, Mode::Strangers, limit)?;
        }
        Ok(())
    }

    pub(crate) fn follow(&mut self, place: usize, friend: usize) -> Fault {
        let (id, name) = (self.clients[place].id, self.id(friend));
        let known = self.truth.are_friends(self.clients[place].user, friend);
        let answer = self.worker_of(place).follow(id, &name);
        self.clients[place]
            .hidden
            .retain(|&hidden| hidden != friend || !known);
        expect(
            "follow",
            &answer,
            &if known {
                Ok(())
            } else {
                Err(Denied::NotFriends)
            },
        )
    }

    pub(crate) fn unfollow(&mut self, place: usize, friend: usize) -> Fault {
        let (id, name, now) = (self.clients[place].id, self.id(friend), self.truth.now);
        let known = self.truth.are_friends(self.clients[place].user, friend);
        let shown = self.clients[place].view.contains_key(&name);
        let mut frame = Vec::new();
        let answer = self.worker_of(place).unfollow(id, &name, now, &mut frame);
        if !known {
            return expect("unfollow", &answer, &Err(Denied::NotFriends));
        }
        self.clients[place].hidden.insert(friend);
        expect("unfollow", &answer, &Ok(shown))?;
        if shown {
            self.hear(id, &frame)
        } else {
            expect("a frame", &frame.len(), &0)
        }
    }

    /// An unasked list.
    pub(crate) fn nearby(&mut self, place: usize, mode: Mode, limit: Option<usize>) -> Fault {
        let client = &self.clients[place];
        let (id, now) = (client.id, self.truth.now);
        let listens = match mode {
            Mode::Friends => client.friends,
            Mode::Strangers => client.strangers,
        };
        let before = client.view.keys().cloned().collect();
        let mut frame = Vec::new();
        self.worker_of(place)
            .nearby(id, mode, limit, now, &mut frame)
            .map_err(|denied| format!("nearby answers {denied:?}"))?;
        if !listens {
            return expect("a frame of a mode that is off", &frame.len(), &0);
        }
        self.hear(id, &frame)?;
        let client = &self.clients[place];
        match (mode, limit) {
            (Mode::Friends, None) => self.compare_friends(place, &before),
            (Mode::Friends, Some(limit)) => {
                expect("at most the limit", &(client.view.len() <= limit), &true)
            }
            (Mode::Strangers, Some(limit)) => {
                expect("at most the limit", &(client.crowd.len() <= limit), &true)
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn pages(
        &mut self,
        place: usize,
        mode: Mode,
        limit: usize,
        meanwhile: Option<(usize, Go)>,
        forged: bool,
    ) -> Fault {
        let client = &self.clients[place];
        let (id, user, seq) = (client.id, client.user, client.seq);
        let eye = self.truth.people[user].position;
        let mut still: Vec<usize> = (0..self.truth.people.len()).collect();
        let mut people: Vec<PersonBuf> = Vec::new();
        let mut cursor: Option<String> = None;
        for number in 0_u32.. {
            let mut frame = Vec::new();
            let page = Page {
                id: Some(number),
                cursor: cursor.as_deref(),
                limit,
            };
            let now = self.truth.now;
            let answer = self.worker_of(place).page(id, mode, &page, now, &mut frame);
            answer.map_err(|denied| format!("page answers {denied:?}"))?;
            let Event::Nearby(list) = self.decode(place, &frame)? else {
                return Err("a page is no nearby".into());
            };
            let right =
                list.page && list.mode == mode && list.seq == seq && list.people.len() <= limit;
            expect("a page of this mode, seq and size", &right, &true)?;
            self.audit_people(place, &list.people, As::Paged(eye))?;
            people.extend(list.people);
            let Some(next) = list.next else {
                break;
            };
            if forged {
                return self.forge(place, mode, &next);
            }
            cursor = Some(next);
            if let Some((mover, go)) = meanwhile.filter(|_| number == 0) {
                let (by, name, to, now) = (
                    self.by(0),
                    self.id(mover),
                    self.there(mover, go),
                    self.truth.now,
                );
                if self.truth.people[mover].here {
                    let went = self.workers[by].report(&name, &said(to, 0, None), now);
                    self.truth.went(
                        mover,
                        to,
                        [None; 3],
                        went == Ok(nearcast::broker::Moved::Went),
                    );
                    still.retain(|&one| one != mover);
                }
            }
        }
        self.audit_pages(place, &people, &still, eye, mode)
    }

    fn forge(&mut self, place: usize, mode: Mode, next: &str) -> Fault {
        let (id, now) = (self.clients[place].id, self.truth.now);
        let mut bytes = next.as_bytes().to_vec();
        let at = (now as usize / 7) % bytes.len();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        let forged = String::from_utf8(bytes).expect("digits");
        for cursor in [&*forged, "", "0", "민", &next[..next.len() - 2], "zz"] {
            let mut frame = Vec::new();
            let page = Page {
                id: None,
                cursor: Some(cursor),
                limit: 5,
            };
            let answer = self.worker_of(place).page(id, mode, &page, now, &mut frame);
            expect("a forged cursor", &answer, &Err(Denied::Cursor))?;
            expect("its frame", &frame.len(), &0)?;
        }
        Ok(())
    }

    pub(crate) fn peek(
        &mut self,
        by: usize,
        user: usize,
        mode: Mode,
        radius_m: f32,
        limit: usize,
    ) -> Fault {
        let (by, id, now) = (self.by(by), self.id(user), self.truth.now);
        let mut frame = Vec::new();
        let mut list = NearbyWriter::begin(&mut frame, Encoding::Json, None, 0, true, mode);
        let page = Page {
            id: None,
            cursor: None,
            limit,
        };
        let answer = self.workers[by].peek(&id, mode, radius_m, &page, now, |person| {
            list.person(person)
        });
        if !self.truth.people[user].here {
            return expect("peek for nobody", &answer, &Err(Denied::Unknown));
        }
        let paged = answer.map_err(|denied| format!("peek answers {denied:?}"))?;
        list.finish(paged.next.as_deref(), paged.total);
        self.note(user, &frame);
        for person in self.people_in(&frame)? {
            let subject = match &person {
                PersonBuf::Friend(friend) => self.known(friend.user.as_str())?,
                PersonBuf::Stranger(stranger) => {
                    let user = self.workers[by].resolve(&id, &stranger.alias, now);
                    self.known(&user.map_err(|denied| format!("an alias of nobody: {denied:?}"))?)?
                }
            };
            let may = match mode {
                Mode::Friends => {
                    let expected = self.truth.expect_from(
                        user,
                        self.truth.people[user].position,
                        radius_m,
                        subject,
                    );
                    matches!(expected, Expect::In | Expect::Either)
                }
                Mode::Strangers => self.truth.may_be_shown(user, subject),
            };
            if !may {
                return Err(format!("{id} peeks at {person:?}"));
            }
        }
        Ok(())
    }

    pub(crate) fn within(&mut self, by: usize, go: Go, radius_m: f64, limit: usize) -> Fault {
        let (by, now, centre) = (self.by(by), self.truth.now, self.there(0, go));
        let mut frame = Vec::new();
        let mut list =
            NearbyWriter::begin(&mut frame, Encoding::Json, None, 0, true, Mode::Friends);
        self.workers[by].within(centre, radius_m, limit, now, |person| list.person(person));
        list.finish(None, 0);
        self.note(usize::MAX, &frame);
        let mut found = Vec::new();
        for person in self.people_in(&frame)? {
            let PersonBuf::Friend(friend) = &person else {
                return Err("a stranger within".into());
            };
            let subject = self.known(friend.user.as_str())?;
            expect(
                "where she is",
                &Some(friend.position),
                &self.truth.shown_at(subject),
            )?;
            found.push((subject, friend.distance_m));
        }
        let last = found.last().map_or(0.0, |one| one.1);
        for (subject, human) in self.truth.people.iter().enumerate() {
            let active = if human.veiled {
                Some(true)
            } else {
                self.truth.active(subject)
            };
            let apart = self
                .truth
                .shown_at(subject)
                .filter(|_| human.shares && active != Some(false))
                .map(|at| metres(centre, at));
            let is_found = found.iter().any(|one| one.0 == subject);
            let cut = found.len() == limit;
            let right = match apart {
                Some(apart) if apart > 60_000.0 || active.is_none() => true,
                Some(apart) if is_found => apart <= radius_m + 0.05,
                Some(apart) => apart > radius_m - 0.05 || cut && apart > last - 0.1,
                None => !is_found,
            };
            if !right {
                return Err(format!(
                    "within {radius_m} m of {centre:?} is {} ({apart:?} m): {is_found}; {found:?}",
                    human.id
                ));
            }
        }
        let sorted = found.windows(2).all(|two| two[0].1 <= two[1].1);
        expect(
            "sorted and at most the limit",
            &(sorted && found.len() <= limit),
            &true,
        )
    }

    fn people_in(&mut self, frame: &[u8]) -> Result<Vec<PersonBuf>, String> {
        self.frames += 1;
        match decode_server(Encoding::Json, frame) {
            Ok(message) => match message.body {
                Event::Nearby(list) => Ok(list.people),
                other => Err(format!("not a list: {other:?}")),
            },
            Err(fault) => Err(format!("{fault}")),
        }
    }

    fn known(&self, id: &str) -> Result<usize, String> {
        let subject = self
            .truth
            .people
            .iter()
            .position(|human| human.id == id && human.here);
        subject.ok_or_else(|| format!("{id} is nobody"))
    }

    fn note(&mut self, user: usize, frame: &[u8]) {
        if self.record {
            self.log.push(Heard {
                user,
                session: None,
                at: self.truth.now,
                bytes: frame.to_vec(),
            });
        }
    }
}
