//! Sessions begin, end, go away and come back.

use nearcast::broker::{Denied, Hello};
use nearcast::wire::Mode;

use crate::op::{At, Hi, Seat};
use crate::seat::Client;
use crate::town::{Fault, Town, expect};

impl Town<'_> {
    pub(crate) fn open(&mut self, user: usize, hi: &Hi) -> Fault {
        let (worker, id) = (self.by(hi.worker), self.id(user));
        let hello = Hello {
            encoding: hi.encoding,
            friends: hi.friends,
            strangers: hi.strangers,
            radius_m: hi.radius_m,
            observes: hi.observes,
        };
        let opened = self.workers[worker].open(&id, &hello);
        expect("open", &opened.is_ok(), &self.truth.people[user].here)?;
        let Ok(opened) = opened else {
            return Ok(());
        };
        let mine: Vec<usize> = (0..self.clients.len())
            .filter(|&one| self.clients[one].user == user && !self.clients[one].orphan)
            .collect();
        let too_many = mine.len() >= self.setup.config.sessions_per_user;
        let oldest = mine
            .first()
            .filter(|_| too_many)
            .map(|&one| self.clients[one].id);
        self.clients.push(Client {
            id: opened.session,
            user,
            encoding: hi.encoding,
            friends: hi.friends,
            strangers: hi.strangers,
            observes: hi.observes,
            radius_m: hi.radius_m,
            away_until: None,
            orphan: false,
            seq: 0,
            swept: self.truth.now,
            clock: 0,
            hidden: std::collections::BTreeSet::new(),
            view: std::collections::BTreeMap::new(),
            crowd: std::collections::BTreeMap::new(),
        });
        expect("the replaced session", &opened.replaced, &oldest)?;
        if oldest.is_some() {
            self.close(mine[0])?;
        }
        let place = self.clients.len() - 1;
        if let Some(go) = hi.go.filter(|_| !hi.observes) {
            self.walk(place, go, At::Silent, 0)?;
        }
        if hi.friends {
            self.nearby(place, Mode::Friends, hi.limit)?;
        }
        if hi.strangers {
            self.nearby(place, Mode::Strangers, hi.limit)?;
        }
        Ok(())
    }

    pub(crate) fn close(&mut self, place: usize) -> Fault {
        let (now, id) = (self.truth.now, self.clients[place].id);
        self.worker_of(place).close(id, now);
        expect(
            "the seq of a closed session",
            &self.worker_of(place).seq(id),
            &Err(Denied::Ended),
        )?;
        self.clients.remove(place);
        Ok(())
    }

    pub(crate) fn suspend(&mut self, seat: Seat) -> Fault {
        if let Some(place) = self.awake(seat) {
            let (now, id) = (self.truth.now, self.clients[place].id);
            self.worker_of(place).suspend(id, now);
            self.clients[place].away_until = Some(now + self.setup.config.resume_window_ms);
        }
        Ok(())
    }

    pub(crate) fn resume(&mut self, seat: Seat, right_seq: bool) -> Fault {
        let Some(place) = self.client(seat) else {
            return Ok(());
        };
        let (id, seq) = (self.clients[place].id, self.clients[place].seq);
        let said = if right_seq { seq } else { seq + 1 };
        let answer = self.worker_of(place).resume(id, said);
        if self.clients[place].away_until.is_none() {
            return expect(
                "resume of a session that is here",
                &answer,
                &Err(Denied::Ended),
            );
        }
        expect("resume", &answer, &Ok(right_seq))?;
        self.clients[place].away_until = None;
        self.clients[place].clock = 0;
        if !right_seq {
            let (friends, strangers) = (self.clients[place].friends, self.clients[place].strangers);
            if friends {
                self.nearby(place, Mode::Friends, None)?;
            }
            if strangers {
                self.nearby(place, Mode::Strangers, None)?;
            }
        }
        Ok(())
    }
}
