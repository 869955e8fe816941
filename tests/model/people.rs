//! What happens to users, with or without a session.

use nearcast::broker::{Account, Befriended, Denied};
use nearcast::wire::Sharing;

use crate::op::{Go, Standing};
use crate::town::{Fault, Town, expect, profile, said};
use crate::truth::pair;

impl Town<'_> {
    pub(crate) fn admit(&mut self, by: usize, user: usize, standing: &Standing) -> Fault {
        let (by, id, now) = (self.by(by), self.id(user), self.truth.now);
        let account = Account {
            sharing: standing.sharing,
            sharing_until: standing.sharing_for_s.map(|for_s| now + for_s * 1000),
            sharing_then: None,
            open: standing.open,
            pool: standing.pool.to_owned(),
            profile: profile(standing.profile),
        };
        match self.workers[by].admit(&id, &account, now) {
            Ok(()) => self.truth.admit(user, &account, standing.pool),
            // Slots of those who left are free only when nothing names them.
            Err(Denied::Full) if !self.truth.people[user].here && self.setup.config.users <= 16 => {
                return Ok(());
            }
            Err(denied) => return Err(format!("admit answers {denied:?}")),
        };
        let residents = self.truth.people.iter().filter(|human| human.here).count();
        expect(
            "residents",
            &self.workers[by].broker().residents(),
            &residents,
        )
    }

    pub(crate) fn profile(&mut self, by: usize, user: usize, number: usize) -> Fault {
        let (by, id, profile) = (self.by(by), self.id(user), profile(number));
        let set = self.workers[by].set_profile(&id, &profile);
        expect("set_profile", &set.is_ok(), &self.truth.people[user].here)?;
        if set.is_ok() {
            self.truth.set_profile(user, &profile);
        }
        Ok(())
    }

    pub(crate) fn report(&mut self, by: usize, user: usize, go: Go, about: usize) -> Fault {
        let (by, id, now, to) = (
            self.by(by),
            self.id(user),
            self.truth.now,
            self.there(user, go),
        );
        let answer = self.workers[by].report(&id, &said(to, about, None), now);
        if !self.truth.people[user].here {
            return expect("a report of nobody", &answer, &Err(Denied::Unknown));
        }
        self.took(user, to, about, answer)
    }

    pub(crate) fn share(
        &mut self,
        by: usize,
        user: usize,
        sharing: Sharing,
        for_s: Option<u64>,
    ) -> Fault {
        let (by, id, now) = (self.by(by), self.id(user), self.truth.now);
        let until = for_s.map(|for_s| now + for_s * 1000);
        let answer = self.workers[by].set_sharing(&id, sharing, until, now);
        expect(
            "set_sharing",
            &answer.is_ok(),
            &self.truth.people[user].here,
        )?;
        let Ok(boundary) = answer else {
            return Ok(());
        };
        self.truth.share(user, sharing, until);
        let known = self.workers[by].sharing(&id);
        expect("sharing", &known, &Ok((sharing, until)))?;
        expect(
            "passed",
            &self.workers[by].broker().passed(&boundary),
            &true,
        )
    }

    pub(crate) fn befriend(&mut self, by: usize, one: usize, other: usize) -> Fault {
        let (by, a, b) = (self.by(by), self.id(one), self.id(other));
        let answer = self.workers[by].befriend(&a, &b);
        let here = self.truth.people[one].here && self.truth.people[other].here;
        let count = |user: usize| {
            self.truth
                .friends
                .iter()
                .filter(|two| two.0 == user || two.1 == user)
                .count()
        };
        let most = self.setup.config.friends as usize;
        let known = self.truth.are_friends(one, other);
        match answer {
            _ if !here => expect("befriend with nobody", &answer, &Ok(Befriended::Absent)),
            _ if one == other => expect("befriend with oneself", &answer, &Err(Denied::NotFriends)),
            _ if self.truth.blocked(one, other) => {
                expect("befriend", &answer, &Ok(Befriended::Blocked))
            }
            // Friends who were just lost count until the next sweep.
            Err(Denied::Full) if most < self.setup.users && !known => Ok(()),
            _ if !known && (count(one) >= most || count(other) >= most) => {
                expect("one more friend", &answer, &Err(Denied::Full))
            }
            _ => {
                self.truth.friends.insert(pair(one, other));
                for user in [one, other] {
                    self.truth.people[user].stirred = self.truth.now;
                }
                expect("befriend", &answer, &Ok(Befriended::Watched))
            }
        }
    }
}
