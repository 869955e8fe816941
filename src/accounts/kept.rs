//! What is kept of people outside the process, so that a server that starts anew knows where they
//! are: told part by part, and taken back at the start.

use nearcast_grid::{Cell, Position};

use crate::broker::{Comeback, Denied, Worker};
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
    /// The same, by the clock of who noted it, which is that of her account too.
    pub noted_at: u64,
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
    /// What all strangers may know of where she is, and when she was seen, to the minute. Who is
    /// in a pool is for that pool alone.
    pub shown: Option<(Cell, u64)>,
}

/// What became of people who were kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    pub back: u64,
    /// Those who are not to be kept any more: nobody knows them, or it was too long ago.
    pub gone: Vec<UserId>,
    /// The world takes no more, and some are neither.
    pub is_full: bool,
}

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
            let is_for_all = permit.pool.is_empty();
            changed.push(Changed {
                kept: stand.position.map(|position| Kept {
                    user: user.clone(),
                    position,
                    seen_at: stand.seen_at,
                    noted_at: stand.seen_at,
                    sharing: stand.sharing,
                    open: stand.open,
                    strangers: permit.strangers,
                    pool: permit.pool,
                }),
                shown: stand.released.filter(|_| is_for_all),
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
    pub fn absent(&self, kept: &[Kept]) -> Vec<UserId> {
        let users = kept.iter().map(|kept| &kept.user);
        let absent = users.filter(|user| !self.broker.is_resident(user.as_str()));
        absent.cloned().collect()
    }

    /// Brings back who was kept, as the store has them now. Their friends and blocks come when they
    /// themselves do, or with who sees them. To be called before anybody is served.
    pub async fn restore(&self, kept: Vec<Kept>) -> Result<Restored> {
        let ids: Vec<&UserId> = kept.iter().map(|kept| &kept.user).collect();
        let users = self.store.users(&ids).await?;
        let mut restored = Restored::default();
        for (turn, users) in kept.chunks(TURN).zip(users.chunks(TURN)) {
            let mut desk = self.desk();
            for (kept, user) in turn.iter().zip(users) {
                let user = user.as_ref().filter(|user| was_she(user, kept));
                let came = user.map(|user| self.bring_back(&mut desk, kept, user));
                match came.unwrap_or(Ok(Comeback::Over)) {
                    Ok(Comeback::Back) => restored.back += 1,
                    Ok(Comeback::Over) => restored.gone.push(kept.user.clone()),
                    Ok(Comeback::Here) => {}
                    // Those for whom there is room are better than nobody.
                    Err(Denied::Full) => {
                        tracing::error!("more are kept than the world takes; see `broker.users`");
                        restored.is_full = true;
                        return Ok(restored);
                    }
                    Err(other) => return Err(other.into()),
                }
            }
        }
        Ok(restored)
    }

    fn bring_back(
        &self,
        desk: &mut Worker,
        kept: &Kept,
        user: &User,
    ) -> std::result::Result<Comeback, Denied> {
        let (id, now) = (kept.user.as_str(), self.now());
        let permit = Permit {
            strangers: kept.strangers,
            pool: kept.pool.clone(),
        };
        let account = self.account(user, &permit);
        // Two readings of two clocks may differ: she was made before she was seen.
        let seen_at = kept.seen_at.max(user.created_at);
        let came = desk.restore(id, &account, kept.position, seen_at, now)?;
        if came == Comeback::Back {
            if (account.sharing, account.open) != (kept.sharing, kept.open) {
                self.broker.note_changed(id);
            }
            self.permits.remember(&kept.user, permit);
        }
        Ok(came)
    }
}

/// Who came anew after she was erased is not who was kept.
fn was_she(user: &User, kept: &Kept) -> bool {
    user.created_at <= kept.noted_at
}
