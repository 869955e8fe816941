//! A user's own row: made, changed, exported, erased.

use crate::broker::Fix;
use crate::store::{Export, ProfileChange, User};
use crate::wire::{Close, UserId};

use super::{Accounts, Asker, Erased, Refusal, Result};

impl Accounts {
    pub async fn user(&self, user: &str) -> Result<User> {
        let user = self.store.user(user).await?.ok_or(Refusal::NotFound)?;
        Ok(self.as_of_now(user))
    }

    pub async fn put_user(
        &self,
        user: &UserId,
        change: &ProfileChange,
        asker: Asker,
    ) -> Result<User> {
        let (id, change) = (user.clone(), change.clone());
        self.run(|me| async move {
            let user = {
                let _held = me.hold(&id, asker).await?;
                let user = me.store.put_user(&id, &change, me.now()).await?;
                me.renew(&user);
                user
            };
            // Permission may have been taken away.
            me.passed(&me.broker.boundary()).await?;
            Ok(me.as_of_now(user))
        })
        .await
    }

    pub async fn export(&self, user: &str) -> Result<Export> {
        let export = self.store.export(user).await?.ok_or(Refusal::NotFound)?;
        let user = self.as_of_now(export.user);
        Ok(Export { user, ..export })
    }

    /// Where somebody has said that she is; for nobody but herself and the app's backend.
    pub fn whereabouts(&self, user: &str) -> Option<Fix> {
        self.desk().whereabouts(user)
    }

    /// Neither she nor those whom she knows by name are to be told by their aliases if she comes
    /// anew. The caller holds her.
    async fn keep_from_the_known(&self, user: &UserId) -> Result<()> {
        if self.store.user(user.as_str()).await?.is_none() {
            return Ok(());
        }
        let known = self.store.arrive(user, self.now()).await?;
        let now = self.now();
        let blocks = known.blocks.iter().chain(&known.blocked_by);
        for other in known.friends.iter().chain(blocks) {
            self.desk().keep_apart(user.as_str(), other.as_str(), now);
        }
        Ok(())
    }

    /// Erases a user everywhere; her sessions are closed with `Close::Erased`.
    pub async fn erase(&self, user: &UserId) -> Result<Erased> {
        let user = user.clone();
        self.run(|me| async move {
            let (was_there, left) = {
                let _held = me.locks.one(user.as_str()).await;
                me.keep_from_the_known(&user).await?;
                let was_there = me.store.erase(user.as_str()).await?;
                // Before she can come anew: nobody is to take her for who she was.
                me.erasures.note(user.as_str());
                let left = me.desk().erase(user.as_str()).ok();
                // After it: who is in a pool is never taken for one who is in none.
                me.permits.forget(user.as_str());
                me.entrants.ended(&user);
                (was_there, left)
            };
            let is_resident = left.is_some();
            // Who is gone already may be on her way out still.
            let (sessions, boundary) = left.unwrap_or_else(|| (Vec::new(), me.broker.boundary()));
            for session in sessions {
                me.posts.close(session, Close::Erased).await;
            }
            me.passed(&boundary).await?;
            me.desk().forget(user.as_str());
            let mut pending = Vec::new();
            for keeper in &me.keepers {
                if !keeper.erase(&user).await {
                    pending.push(keeper.name());
                }
            }
            Ok(Erased {
                was_there: was_there || is_resident,
                pending,
            })
        })
        .await
    }
}
