//! Blocks: by name, or by the alias of a stranger whose name is told to nobody.

use crate::broker::Denied;
use crate::limits::Kind;
use crate::metrics::Limit;
use crate::store::{Blocked, Part};
use crate::wire::UserId;
use crate::wire::client::Target;

use super::erasures::Asker;
use super::friends::two_people;
use super::locks::Held;
use super::{Accounts, Refusal, Result};

impl Accounts {
    /// As a user asks for it herself: so often an hour, since who vanishes with a block is known by
    /// it.
    pub async fn block(&self, by: &UserId, whom: &Target) -> Result<()> {
        self.take(Kind::Block, by)?;
        self.put_block(by, whom, Asker::Known).await
    }

    /// With a server key.
    pub async fn block_for(&self, by: &UserId, whom: &Target) -> Result<()> {
        self.put_block(by, whom, Asker::Maker(self.moment())).await
    }

    /// Neither sees the other from the answer on, in any mode; a friendship ends with it.
    async fn put_block(&self, by: &UserId, whom: &Target, asker: Asker) -> Result<()> {
        if let Target::User(whom) = whom {
            two_people(by, whom)?;
        }
        let (by, target) = (by.clone(), whom.clone());
        self.run(|me| async move {
            let boundary = {
                let (whom, _held) = me.hold_target(&by, &target, asker).await?;
                let alias = matches!(target, Target::Alias(_));
                if !me.store.block(&by, &whom, alias, me.now()).await? {
                    me.metrics.limits.one(Limit::Blocks);
                    return Err(Refusal::Bad("as many blocks as one may have".to_owned()));
                }
                me.block_in_world(&by, &whom)?
            };
            me.passed(&boundary).await
        })
        .await
    }

    fn block_in_world(&self, by: &UserId, whom: &UserId) -> Result<crate::broker::Boundary> {
        let mut desk = self.desk();
        desk.block(by.as_str(), whom.as_str()).map_err(|denied| {
            desk.unfriend(by.as_str(), whom.as_str());
            denied.into()
        })
    }

    /// `which`: a user, for a block made by name, or the id of one made through an alias.
    pub async fn unblock(&self, by: &UserId, which: &str) -> Result<()> {
        let (by, which) = (by.clone(), which.to_owned());
        self.run(|me| async move {
            let whom = {
                let _held = me.locks.one(by.as_str()).await;
                let Some(whom) = me.store.unblock(by.as_str(), &which).await? else {
                    return Ok(());
                };
                // Held until then: she comes into the world with it. Who was blocked may come
                // without, and is in no room before an epoch has passed.
                let now = me.now();
                me.desk().keep_apart(by.as_str(), whom.as_str(), now);
                whom
            };
            // Whoever of the two was on her way into the world with the block is there now; and
            // it may have been made again.
            let _held = me.locks.two(by.as_str(), whom.as_str()).await;
            if me.store.user(by.as_str()).await?.is_none() {
                return Ok(());
            }
            let known = me.store.arrive(&by, me.now()).await?;
            if !known.blocks.contains(&whom) {
                me.desk().unblock(by.as_str(), whom.as_str());
            }
            Ok(())
        })
        .await
    }

    pub async fn blocks(&self, user: &str, part: Part<'_>) -> Result<Vec<Blocked>> {
        Ok(self.store.blocks(user, part).await?)
    }

    /// Whom a user means, and both of them held; by an alias perhaps somebody who was erased. One
    /// that means nobody is denied.
    pub(super) async fn hold_target(
        &self,
        by: &UserId,
        target: &Target,
        asker: Asker,
    ) -> Result<(UserId, Held<'_>)> {
        let whom = match target {
            Target::User(whom) => whom.clone(),
            Target::Alias(alias) => self.meant(by, alias)?,
        };
        let held = self.hold_two(by, &whom, asker).await?;
        Ok((whom, held))
    }

    fn meant(&self, viewer: &UserId, alias: &str) -> Result<UserId> {
        let now = self.now();
        let meant = self.desk().resolve(viewer.as_str(), alias, now);
        let meant = meant.map_err(|denied| match denied {
            Denied::Unknown => Refusal::Denied,
            other => other.into(),
        })?;
        UserId::new(&meant).map_err(|_| Refusal::Denied)
    }
}
