//! Brings a town into a server, the way a product does: import once, then moves.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::NEWCOMER;
use super::people::Pace;
use super::town::{Resident, Town};
use crate::accounts::{Accounts, Refusal};
use crate::broker::{About, Move};
use crate::clock::Clock;
use crate::store::{Imported, Lent, ProfileChange, SharingChange};
use crate::wire::{Sharing, UserId};

/// Each person's phone reports this often.
const EVERY_S: usize = 5;
/// Lines of one import.
const BATCH: usize = 1000;
/// After a sleep of the machine nobody jumps: the town slept too.
const MOST_STEP_S: f64 = 5.0;
/// What phones say about themselves.
const ACCURACY_M: f32 = 8.0;

/// A town on its way into a server.
pub struct Feed<'a> {
    accounts: &'a Accounts,
    clock: Clock,
    town: Town,
    newcomer: UserId,
}

/// What happened since the last time it was told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub people: usize,
    /// On their way at this moment.
    pub walking: usize,
    pub cycling: usize,
    pub driving: usize,
    /// Positions that the server took, and that it did not.
    pub moves: u64,
    pub refused: u64,
}

impl<'a> Feed<'a> {
    #[must_use]
    pub fn new(accounts: &'a Accounts, town: Town, clock: Clock) -> Self {
        Self {
            accounts,
            clock,
            town,
            newcomer: UserId::new(NEWCOMER).expect("a short word"),
        }
    }

    /// Makes the users and their friendships, and puts everybody into place, the newcomer into the
    /// middle.
    ///
    /// # Errors
    /// Whatever the accounts refuse.
    pub async fn settle(&self) -> Result<(), Refusal> {
        for lines in imported(&self.town, &self.newcomer).chunks(BATCH) {
            let faults = self.accounts.import(lines).await?;
            if let Some((line, why)) = faults.first() {
                return Err(Refusal::Bad(format!("import line {line}: {why}")));
            }
        }
        for resident in 0..self.town.residents().len() {
            self.report(resident).await?;
        }
        let middle = Move {
            position: self.town.centre(),
            about: About::new(None, None, None),
            at: None,
        };
        self.accounts.moved(&self.newcomer, None, &middle).await?;
        Ok(())
    }

    /// Lets the town live until this is given up; tells what happened every `tell_every_s`, until
    /// that fails.
    pub async fn run<E>(
        mut self,
        tell_every_s: u64,
        mut tell: impl FnMut(&Tally) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut ticks = interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut before_ms = self.clock.now_ms();
        let (mut moves, mut refused) = (0, 0);
        for tick in 0_u64.. {
            ticks.tick().await;
            let now_ms = self.clock.now_ms();
            let passed_s = (now_ms - before_ms) as f64 / 1000.0;
            before_ms = now_ms;
            self.town.step(passed_s.min(MOST_STEP_S));
            let turn = tick as usize % EVERY_S;
            for resident in (turn..self.town.residents().len()).step_by(EVERY_S) {
                match self.report(resident).await {
                    Ok(()) => moves += 1,
                    Err(_) => refused += 1,
                }
            }
            if tick > 0 && tick.is_multiple_of(tell_every_s) {
                tell(&self.tally(moves, refused))?;
                (moves, refused) = (0, 0);
            }
        }
        Ok(())
    }

    async fn report(&self, resident: usize) -> Result<(), Refusal> {
        let now = self.town.whereabouts(resident);
        let said = Move {
            position: now.position,
            about: About::new(Some(ACCURACY_M), now.heading_deg, now.speed_mps),
            at: None,
        };
        let user = &self.town.residents()[resident].id;
        self.accounts.moved(user, None, &said).await.map(drop)
    }

    fn tally(&self, moves: u64, refused: u64) -> Tally {
        let mut tally = Tally {
            people: self.town.residents().len(),
            moves,
            refused,
            ..Tally::default()
        };
        for resident in 0..tally.people {
            let now = self.town.whereabouts(resident);
            if now.speed_mps.is_some() {
                match now.pace {
                    Pace::Walk => tally.walking += 1,
                    Pace::Cycle => tally.cycling += 1,
                    Pace::Drive => tally.driving += 1,
                }
            }
        }
        tally
    }
}

/// As the lines of an import: first the people, then who knows whom.
fn imported(town: &Town, newcomer: &UserId) -> Vec<Imported> {
    let visitor = Resident {
        id: newcomer.clone(),
        name: "You".to_owned(),
        sharing: Sharing::Exact,
        stranger_name: Some("You".to_owned()),
    };
    let mut lines: Vec<Imported> = town.residents().iter().map(user).collect();
    lines.push(user(&visitor));
    lines.extend(
        town.friendships()
            .map(|(one, other)| Imported::Friends(one.id.clone(), other.id.clone())),
    );
    lines.extend(
        town.friends_of_newcomer()
            .map(|friend| Imported::Friends(newcomer.clone(), friend.id.clone())),
    );
    lines
}

fn user(resident: &Resident) -> Imported {
    let is_open = resident.stranger_name.is_some();
    Imported::User {
        id: resident.id.clone(),
        profile: ProfileChange {
            name: Some(Some(resident.name.clone())),
            stranger_name: Some(resident.stranger_name.clone()),
            avatar_url: None,
            strangers_allowed: Some(is_open),
        },
        sharing: SharingChange {
            sharing: Some(Lent {
                sharing: resident.sharing,
                until: None,
                then: None,
            }),
            strangers_consent: Some(is_open),
            history: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::demo::Ground;

    #[test]
    fn everybody_is_imported_before_anybody_is_befriended() {
        let town = Town::new(Ground::new(1.0, 2.0).unwrap(), 50, 3).unwrap();
        let newcomer = UserId::new(NEWCOMER).unwrap();
        let mut known = BTreeSet::new();
        let mut friends_of_newcomer = 0;
        for line in imported(&town, &newcomer) {
            match line {
                Imported::User { id, .. } => assert!(known.insert(id)),
                Imported::Friends(one, other) => {
                    assert!(known.contains(&one) && known.contains(&other));
                    friends_of_newcomer += usize::from(one == newcomer);
                }
            }
        }
        assert_eq!((known.len(), friends_of_newcomer), (51, 12));
    }
}
