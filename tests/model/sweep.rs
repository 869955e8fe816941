//! Sweeps, and what every client must know after one.

use std::collections::{BTreeMap, BTreeSet};

use nearcast::broker::{SessionId, Sink};
use nearcast_grid::Cell;

use crate::audit::text;
use crate::town::{Fault, Town};
use crate::truth::Expect;

struct Tap {
    full: Vec<SessionId>,
    frames: Vec<(SessionId, Vec<u8>)>,
}

impl Sink for Tap {
    fn is_full(&mut self, session: SessionId) -> bool {
        self.full.contains(&session)
    }

    fn frame(&mut self, session: SessionId, frame: &[u8]) {
        self.frames.push((session, frame.to_vec()));
    }
}

impl Town<'_> {
    /// Time passes, and every worker sweeps.
    pub(crate) fn tick(&mut self, ms: u64, full: u64, first: usize) -> Fault {
        self.truth.now += ms;
        let (now, many) = (self.truth.now, self.workers.len());
        self.workers[first % many].tidy(now);
        self.after_tidy()?;
        let epoch = self.truth.tidy();
        let step = if first.is_multiple_of(2) { 1 } else { many - 1 };
        (0..many).try_for_each(|turn| self.sweep((first + turn * step) % many, full, epoch))
    }

    /// Who left the world had to, and who had to has.
    fn after_tidy(&mut self) -> Fault {
        let now = self.truth.now;
        self.truth.tidied = now;
        for user in 0..self.truth.people.len() {
            let human = &self.truth.people[user];
            if !human.here {
                continue;
            }
            let alone = self
                .clients
                .iter()
                .all(|client| client.user != user || client.orphan);
            let silent = human.position.is_none() || human.seen + self.truth.config.ttl_ms <= now;
            let gone = self.workers[0].sharing(&human.id).is_err();
            if gone && !(alone && silent) {
                return Err(format!(
                    "{} was dismissed, and is active or has a session",
                    human.id
                ));
            }
            let human = &mut self.truth.people[user];
            if gone {
                human.went_idle = true;
                self.truth.leave(user);
                continue;
            }
            human.idle = (alone && silent).then(|| {
                human
                    .idle
                    .map_or((now, 1), |(since, rounds)| (since, rounds + 1))
            });
            let patience = self.truth.config.ttl_ms + self.truth.config.strangers.epoch_ms + 5000;
            if human
                .idle
                .is_some_and(|(since, rounds)| rounds > 5 && now - since > patience)
            {
                return Err(format!("{} has nothing to do here and stays", human.id));
            }
        }
        Ok(())
    }

    /// One worker sweeps. `epoch`: an epoch was released since its last sweep.
    pub(crate) fn sweep(&mut self, worker: usize, full: u64, epoch: bool) -> Fault {
        let now = self.truth.now;
        let is_full = |place: usize| full >> (place % 32) & 1 == 1;
        let here: Vec<usize> = (0..self.clients.len())
            .filter(|&place| self.clients[place].id.worker() == worker)
            .collect();
        let mut tap = Tap {
            full: here
                .iter()
                .filter(|&&place| is_full(place))
                .map(|&place| self.clients[place].id)
                .collect(),
            frames: Vec::new(),
        };
        let before: BTreeMap<usize, BTreeSet<String>> = here
            .iter()
            .map(|&place| (place, self.clients[place].view.keys().cloned().collect()))
            .collect();
        self.workers[worker].sweep(now, &mut tap);
        for (session, bytes) in &tap.frames {
            if tap.full.contains(session) {
                return Err("a frame for a sink that is full".into());
            }
            self.hear(*session, bytes)?;
        }
        for &place in &here {
            let client = &self.clients[place];
            if client.away_until.is_none() && !client.orphan && !is_full(place) {
                self.compare_friends(place, &before[&place])?;
                self.compare_strangers(place, epoch)?;
                self.clients[place].swept = now;
            }
        }
        let over = |away: Option<u64>| away.is_some_and(|until| until <= now);
        self.clients
            .retain(|client| client.id.worker() != worker || !over(client.away_until));
        Ok(())
    }

    pub(crate) fn compare_friends(&self, place: usize, before: &BTreeSet<String>) -> Fault {
        let (truth, client) = (&self.truth, &self.clients[place]);
        for (subject, human) in truth.people.iter().enumerate() {
            let known = client.view.get(&human.id);
            let expect = truth.expect(client, subject);
            let wrong = |what: String| {
                let viewer = &truth.people[client.user].id;
                Err(format!(
                    "after the sweep {viewer} should know of {}: {what}; knows {known:?}",
                    human.id
                ))
            };
            let agrees = match expect {
                Expect::In => known.is_some(),
                Expect::Out => known.is_none(),
                // Who was somebody else before she came into the world again has no before.
                Expect::AsBefore => {
                    human.erased || human.went_idle || known.is_some() == before.contains(&human.id)
                }
                Expect::Either => true,
            };
            if !agrees {
                return wrong(format!(
                    "{expect:?}, was there: {}",
                    before.contains(&human.id)
                ));
            }
            let Some(friend) = known else {
                continue;
            };
            if Some(friend.position) != truth.shown_at(subject)
                || friend.approximate != human.veiled
            {
                return wrong(format!(
                    "{:?}, approximate {}",
                    truth.shown_at(subject),
                    human.veiled
                ));
            }
            let seen = match human.veiled {
                true => human.minute..=human.minute,
                false => human.told..=human.seen,
            };
            if !seen.contains(&friend.seen_at) {
                return wrong(format!("seen at {seen:?}"));
            }
            if friend.name != text(&human.profile.name)
                || friend.avatar_url != text(&human.profile.avatar_url)
            {
                return wrong(format!("{:?}", human.profile));
            }
        }
        Ok(())
    }

    pub(crate) fn compare_strangers(&self, place: usize, epoch: bool) -> Fault {
        let (truth, client) = (&self.truth, &self.clients[place]);
        let viewer = &truth.people[client.user];
        let shown: BTreeSet<usize> = client.crowd.values().map(|one| one.1).collect();
        let wrong = |what: String| {
            let named = |all: &BTreeSet<usize>| {
                all.iter()
                    .map(|&one| truth.people[one].id.clone())
                    .collect::<Vec<_>>()
            };
            Err(format!(
                "after the sweep {} knows the strangers {:?}: {what}",
                viewer.id,
                named(&shown)
            ))
        };
        for (alias, (stranger, subject)) in &client.crowd {
            if !truth.may_be_shown(client.user, *subject) {
                return wrong(format!("{alias} must not be shown"));
            }
            let released = truth.people[*subject].released.map(Cell::centre);
            if released != Some(stranger.centre) {
                return wrong(format!("{alias} is released elsewhere"));
            }
        }
        let rules = &truth.config.strangers;
        if shown.len() > rules.view_max {
            return wrong(format!("more than {}", rules.view_max));
        }
        let cell = viewer
            .position
            .map(|eye| rules.privacy.cell_at(eye))
            .filter(|_| client.strangers);
        let (Some(cell), true, true) = (cell, epoch, self.setup.credulous()) else {
            return Ok(());
        };
        let around = truth.strangers_around(client.user, cell);
        let all: BTreeSet<usize> = around.iter().map(|one| one.1).collect();
        if !shown.is_subset(&all) {
            return wrong(format!("around are only {all:?}"));
        }
        let unsure =
            (0..truth.people.len()).any(|one| truth.just_parted(client.user, one) == Some(false));
        if truth.rooms_may_split() || unsure {
            return Ok(());
        }
        let farthest = around
            .iter()
            .filter(|one| shown.contains(&one.1))
            .map(|one| one.0)
            .max();
        let nearest_left = around
            .iter()
            .filter(|one| !shown.contains(&one.1))
            .map(|one| one.0)
            .min();
        let rings = farthest
            .zip(nearest_left)
            .is_none_or(|(far, near)| far <= near);
        if shown.len() != all.len().min(rules.view_max) || !rings {
            return wrong(format!("around are {around:?}"));
        }
        Ok(())
    }
}
