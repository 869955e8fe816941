//! One person in a frame: whether she may be told of, and whether it is so.

use nearcast::wire::server::{FriendBuf, Nearby, PersonBuf, StrangerBuf};
use nearcast::wire::{Mode, Seen, Why};
use nearcast_grid::{Cell, Position};

use crate::audit::{As, text};
use crate::globe::metres;
use crate::seat::{Went, in_order};
use crate::town::{Fault, Town};
use crate::truth::Expect;

/// Distances are told in tenths of a metre.
const TENTH_M: f64 = 0.06;

impl Town<'_> {
    pub(crate) fn audit_friend(&self, place: usize, friend: &FriendBuf, how: As) -> Fault {
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
        // One's own move is no news of the others.
        let lost = self.workers[0].broker().marks_dropped() > 0;
        if how == As::Moved && human.stirred < client.swept && !human.veiled && !lost {
            return wrong("she has done nothing since the last frame");
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
    pub(crate) fn audit_exit(&self, place: usize, went: &Went) -> Fault {
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
                // That the viewer herself withdrew or was erased is no news of the other.
                let own = client.orphan || !truth.people[client.user].open;
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
    pub(crate) fn check_total(&self, place: usize, list: &Nearby) -> Fault {
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
