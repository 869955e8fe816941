//! How a user shares, and for how long.

use crate::store::{Lent, SharingChange, User};
use crate::wire::{Sharing, UserId};

use super::{Accounts, Asker, Result};

/// What a timed sharing becomes.
pub(super) fn after(lent: Lent) -> Sharing {
    lent.then.unwrap_or(Sharing::Off)
}

/// What is so now of what was stored: a timed sharing may be over.
pub(super) fn at(lent: Lent, now: u64) -> Lent {
    if lent.until.is_none_or(|until| until > now) {
        return lent;
    }
    Lent {
        sharing: after(lent),
        until: None,
        then: None,
    }
}

/// What is to follow a timed off: what was before, or what would have followed that.
fn before(lent: Lent) -> Sharing {
    match lent.until {
        Some(_) => after(lent),
        None => lent.sharing,
    }
}

impl Accounts {
    /// Changes how a user shares: answered when nobody is told any more what is no longer shared.
    /// `for_s`: afterwards off; after a timed off, what was before.
    pub async fn share(&self, user: &UserId, sharing: Sharing, for_s: Option<u32>) -> Result<Lent> {
        let change = SharingChange {
            sharing: Some(Lent {
                sharing,
                until: for_s.map(|for_s| self.now() + 1000 * u64::from(for_s)),
                then: None,
            }),
            ..SharingChange::default()
        };
        let put = self.put_sharing(user, &change, Asker::Known);
        Ok(put.await?.sharing)
    }

    /// The same with everything the route `sharing` takes.
    pub async fn put_sharing(
        &self,
        user: &UserId,
        change: &SharingChange,
        asker: Asker,
    ) -> Result<User> {
        let (id, mut change) = (user.clone(), *change);
        self.run(|me| async move {
            let user = {
                let _held = me.hold(&id, asker).await?;
                if let Some(lent) = &mut change.sharing {
                    me.complete(&id, lent).await?;
                }
                let user = me.store.put_sharing(&id, &change, me.now()).await?;
                me.renew(&user);
                user
            };
            me.passed(&me.broker.boundary()).await?;
            Ok(me.as_of_now(user))
        })
        .await
    }

    /// Says of a timed off what follows it.
    async fn complete(&self, user: &UserId, lent: &mut Lent) -> Result<()> {
        let open_end = lent.sharing == Sharing::Off && lent.until.is_some() && lent.then.is_none();
        if open_end {
            let was = match self.store.user(user.as_str()).await? {
                Some(user) => user,
                None => self.store.arrive(user, self.now()).await?.user,
            };
            lent.then = Some(before(at(was.sharing, self.now())));
        }
        Ok(())
    }

    /// A user as she is now, not as she was stored.
    pub(super) fn as_of_now(&self, user: User) -> User {
        User {
            sharing: at(user.sharing, self.now()),
            ..user
        }
    }
}
