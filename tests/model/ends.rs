//! What ends between users, and what operators are told.

use nearcast::broker::Denied;

use crate::op::Seat;
use crate::seat::Client;
use crate::town::{Fault, Town, expect};
use crate::truth::pair;

impl Town<'_> {
    pub(crate) fn unfriend(&mut self, by: usize, one: usize, other: usize) -> Fault {
        let (by, a, b) = (self.by(by), self.id(one), self.id(other));
        if self.truth.friends.remove(&pair(one, other)) {
            self.part(by, one, other);
        }
        let boundary = self.workers[by].unfriend(&a, &b);
        expect(
            "passed",
            &self.workers[by].broker().passed(&boundary),
            &true,
        )
    }

    pub(crate) fn unblock(&mut self, by: usize, one: usize, other: usize) -> Fault {
        let (by, a, b) = (self.by(by), self.id(one), self.id(other));
        if self.truth.blocks.remove(&(one, other)) {
            self.part(by, one, other);
        }
        self.workers[by].unblock(&a, &b);
        Ok(())
    }

    fn part(&mut self, by: usize, one: usize, other: usize) {
        let (a, b, now) = (self.id(one), self.id(other), self.truth.now);
        self.workers[by].keep_apart(&a, &b, now);
        self.truth.part(one, other);
    }

    pub(crate) fn block(&mut self, by: usize, one: usize, other: usize) -> Fault {
        let (by, a, b) = (self.by(by), self.id(one), self.id(other));
        if one == other {
            return Ok(());
        }
        let blocked = self.workers[by].block(&a, &b);
        blocked.map_err(|denied| format!("block answers {denied:?}"))?;
        if self.truth.people[one].here && self.truth.people[other].here {
            self.truth.blocks.insert((one, other));
            self.truth.friends.remove(&pair(one, other));
        }
        Ok(())
    }

    pub(crate) fn block_alias(&mut self, seat: Seat, nth: usize) -> Fault {
        let Some(place) = self.client(seat) else {
            return Ok(());
        };
        let known = self.clients[place].crowd.iter().nth(nth);
        let Some((alias, subject)) = known.map(|(alias, known)| (alias.clone(), known.1)) else {
            return Ok(());
        };
        let (user, now) = (self.clients[place].user, self.truth.now);
        let viewer = self.id(user);
        let stranger = (user + 1) % self.setup.users;
        if stranger != user && self.truth.people[stranger].here {
            let other = self.id(stranger);
            let stolen = self.workers[0].resolve(&other, &alias, now);
            expect("somebody else's alias", &stolen, &Err(Denied::Unknown))?;
        }
        match self.worker_of(place).block_alias(&viewer, &alias, now) {
            Ok(_) => {
                self.truth.blocks.insert((user, subject));
                self.truth.friends.remove(&pair(user, subject));
                Ok(())
            }
            // Of a client that heard nothing for periods.
            Err(Denied::Unknown)
                if now >= self.setup.start + self.setup.config.strangers.alias_ms =>
            {
                Ok(())
            }
            Err(_) if !self.truth.people[subject].here => Ok(()),
            Err(denied) => Err(format!("block_alias answers {denied:?}")),
        }
    }

    pub(crate) fn set_strangers(
        &mut self,
        by: usize,
        user: usize,
        open: bool,
        pool: &'static str,
    ) -> Fault {
        let (by, id) = (self.by(by), self.id(user));
        let answer = self.workers[by].set_strangers(&id, open, pool);
        expect(
            "set_strangers",
            &answer.is_ok(),
            &self.truth.people[user].here,
        )?;
        if answer.is_ok() {
            self.truth.set_open(user, open, pool);
        }
        Ok(())
    }

    pub(crate) fn erase(&mut self, by: usize, user: usize, close_later: bool) -> Fault {
        let (by, id) = (self.by(by), self.id(user));
        let answer = self.workers[by].erase(&id);
        if !self.truth.people[user].here {
            return expect(
                "erase of nobody",
                &answer.map(|_| ()),
                &Err(Denied::Unknown),
            );
        }
        let (sessions, boundary) = answer.map_err(|denied| format!("erase answers {denied:?}"))?;
        expect(
            "passed",
            &self.workers[by].broker().passed(&boundary),
            &true,
        )?;
        let mut mine: Vec<usize> = (0..self.clients.len())
            .filter(|&one| self.clients[one].user == user && !self.clients[one].orphan)
            .collect();
        let ids: Vec<_> = mine.iter().map(|&place| self.clients[place].id).collect();
        expect("the sessions of who was erased", &sessions, &ids)?;
        self.truth.people[user].erased = true;
        self.truth.leave(user);
        mine.reverse();
        for place in mine {
            self.clients[place].orphan = true;
            if !close_later {
                self.close(place)?;
            }
        }
        Ok(())
    }

    /// Sessions of the erased are closed some time later.
    pub(crate) fn close_orphans(&mut self) -> Fault {
        let now_s = self.truth.now / 1000;
        let over = |client: &Client, place: usize| {
            client.orphan && (now_s + place as u64).is_multiple_of(3)
        };
        while let Some(place) =
            (0..self.clients.len()).find(|&place| over(&self.clients[place], place))
        {
            self.close(place)?;
        }
        Ok(())
    }

    pub(crate) fn changed(&mut self, by: usize) -> Fault {
        let by = self.by(by);
        let mut said = Vec::new();
        for part in 0..self.workers[by].broker().changed_parts() {
            self.workers[by].take_changed(part, |stand| {
                said.push((
                    stand.user.to_owned(),
                    stand.position,
                    stand.seen_at,
                    stand.sharing,
                    stand.open,
                ));
            });
        }
        for user in 0..self.truth.people.len() {
            let active = self.truth.active(user);
            let human = &mut self.truth.people[user];
            let was_changed = std::mem::take(&mut human.changed);
            let hers: Vec<_> = said.iter().filter(|stand| stand.0 == human.id).collect();
            expect(
                "how often she is told",
                &(hers.len() <= 1 || !human.here),
                &true,
            )?;
            let Some((_, position, seen_at, sharing, open)) = hers.first() else {
                if was_changed && human.here {
                    return Err(format!("{} changed, and is not told", human.id));
                }
                continue;
            };
            if !human.here {
                expect("the position of who has left", position, &None)?;
                continue;
            }
            let there = human
                .position
                .filter(|_| position.is_some() || active == Some(true));
            expect(
                "her stand",
                &(position, sharing, open),
                &(&there, &human.sharing(), &human.open),
            )?;
            if position.is_some() {
                expect("when she was seen", seen_at, &human.seen)?;
            }
        }
        let stray = said
            .iter()
            .find(|stand| self.truth.people.iter().all(|human| human.id != stand.0));
        expect("who changed and is nobody", &stray, &None)
    }

    pub(crate) fn why(&mut self, by: usize, viewer: usize, subject: usize) -> Fault {
        let (by, a, b) = (self.by(by), self.id(viewer), self.id(subject));
        let answer = self.workers[by].why(&a, &b, self.truth.now);
        let (from, to) = (&self.truth.people[viewer], &self.truth.people[subject]);
        if !(from.here && to.here) {
            return expect("why of nobody", &answer.is_err(), &true);
        }
        let why = answer.map_err(|denied| format!("why answers {denied:?}"))?;
        let sessions = self
            .clients
            .iter()
            .filter(|client| client.user == viewer && !client.orphan)
            .count();
        let said = (
            why.friends,
            why.blocked,
            why.viewer_located,
            why.viewer_sessions,
            why.subject_shares,
        );
        let so = (
            self.truth.are_friends(viewer, subject),
            self.truth.blocked(viewer, subject),
            from.position.is_some(),
            sessions,
            to.shares,
        );
        expect("why", &said, &so)?;
        let said = (
            why.subject_approximate,
            why.subject_released,
            why.viewer_open,
            why.subject_open,
            why.same_pool,
        );
        let so = (
            to.veiled,
            to.shown.is_some(),
            from.open,
            to.open,
            from.pool == to.pool,
        );
        expect("why", &said, &so)?;
        match self.truth.just_parted(viewer, subject) {
            Some(false) => {}
            parted => expect("why", &why.just_parted, &parted.is_some())?,
        }
        let radius = self
            .clients
            .iter()
            .filter(|client| client.user == viewer && !client.orphan)
            .map(|client| client.radius_m);
        expect("why's radius", &why.radius_m, &radius.reduce(f32::max))
    }
}
