//! What is kept of people outside the process, so that a server that starts anew knows where they
//! are: told part by part, and taken back at the start.

use std::collections::HashMap;

use nearcast_grid::{Cell, Position};

use crate::broker::{Comeback, Denied};
use crate::store::User;
use crate::wire::{Sharing, UserId};

use super::permits::Permit;
use super::{Accounts, Result};

/// Somebody as a snapshot keeps her.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub user: UserId,
    /// True, whatever is shown.
    pub position: Position,
    pub seen_at: u64,
    pub sharing: Sharing,
    /// May be shown to strangers.
    pub open: bool,
    /// What her token says about strangers, which no store keeps.
    pub strangers: bool,
    pub pool: String,
}

/// What became of somebody whom a snapshot has to keep up to date.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    pub user: UserId,
    /// None: nothing is to be kept of her any more.
    pub kept: Option<Kept>,
    /// What strangers may know of where she is, and when she was seen, to the minute.
    pub shown: Option<(Cell, u64)>,
}

/// What became of people who were kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    pub back: u64,
    /// Those who are not to be kept any more: nobody knows them, or it was too long ago.
    pub gone: Vec<UserId>,
}

/// Two readings of two clocks differ by less.
const CLOCKS_MS: u64 = 100;
/// Entered at once, while everybody else waits for the desk.
const TURN: usize = 64;

impl Accounts {
    /// Parts in which is told who changed.
    pub fn changed_parts(&self) -> usize {
        self.broker.changed_parts()
    }

    /// Those in a part who changed since it was last asked for.
    pub fn take_changed(&self, part: usize) -> Vec<Changed> {
        let mut changed = Vec::new();
        self.desk().take_changed(part, |stand| {
            let Ok(user) = UserId::new(stand.user) else {
                return;
            };
            let permit = self.permits.of(stand.user);
            changed.push(Changed {
                kept: stand.position.map(|position| Kept {
                    user: user.clone(),
                    position,
                    seen_at: stand.seen_at,
                    sharing: stand.sharing,
                    open: stand.open,
                    strangers: permit.strangers,
                    pool: permit.pool,
                }),
                shown: stand.released,
                user,
            });
        });
        changed
    }

    /// What was told of them has not been kept: they are told again, as they are then.
    pub fn tell_again<'u>(&self, users: impl IntoIterator<Item = &'u UserId>) {
        for user in users {
            self.broker.note_changed(user.as_str());
        }
    }

    /// The same for everybody in the world.
    pub fn tell_everybody_again(&self) {
        self.broker.note_everybody();
    }

    /// Which of those who were kept are not here. To be asked when people are served already: then
    /// nobody comes back, since blocks against her may be with those who are here and not with her.
    pub fn absent(&self, kept: &[Kept]) -> Restored {
        let is_absent = |kept: &&Kept| !self.broker.is_resident(kept.user.as_str());
        let gone = kept.iter().filter(is_absent).map(|kept| kept.user.clone());
        Restored {
            back: 0,
            gone: gone.collect(),
        }
    }

    async fn known(&self, kept: &[Kept]) -> Result<HashMap<String, User>> {
        let ids: Vec<&UserId> = kept.iter().map(|kept| &kept.user).collect();
        let users = self.store.users(&ids).await?.into_iter();
        Ok(users.map(|user| (user.id.to_string(), user)).collect())
    }

    /// Brings back who was kept, as the store has them now. Their friends and blocks come when they
    /// themselves do, or with who sees them. To be called before anybody is served.
    pub async fn restore(&self, kept: Vec<Kept>) -> Result<Restored> {
        let users = self.known(&kept).await?;
        let mut restored = Restored::default();
        for turn in kept.chunks(TURN) {
            let mut desk = self.desk();
            let now = self.now();
            for kept in turn {
                let id = kept.user.as_str();
                let Some(user) = users.get(id).filter(|user| was_she(user, kept)) else {
                    restored.gone.push(kept.user.clone());
                    continue;
                };
                let permit = Permit {
                    strangers: kept.strangers,
                    pool: kept.pool.clone(),
                };
                let account = self.account(user, &permit);
                let came = match desk.restore(id, &account, kept.position, kept.seen_at, now) {
                    // Those for whom there is room are better than nobody.
                    Err(Denied::Full) => {
                        tracing::error!("more are kept than the world takes; see `broker.users`");
                        return Ok(restored);
                    }
                    other => other?,
                };
                match came {
                    Comeback::Over => restored.gone.push(kept.user.clone()),
                    Comeback::Here => {}
                    Comeback::Back => {
                        restored.back += 1;
                        if (account.sharing, account.open) != (kept.sharing, kept.open) {
                            self.broker.note_changed(id);
                        }
                        self.permits.remember(&kept.user, permit);
                    }
                }
            }
        }
        Ok(restored)
    }
}

/// Who came anew after she was erased is not who was kept.
fn was_she(user: &User, kept: &Kept) -> bool {
    user.created_at <= kept.seen_at + CLOCKS_MS
}
