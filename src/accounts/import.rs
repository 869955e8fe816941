//! A product's own users and friendships, many at once.

use std::collections::BTreeSet;

use crate::store::Imported;
use crate::wire::UserId;

use super::{Accounts, Result};

impl Accounts {
    /// Stores a batch in one transaction and brings up to date who of it is in the world. Answers
    /// the lines that were refused, by place, and why.
    pub async fn import(&self, lines: &[Imported]) -> Result<Vec<(usize, &'static str)>> {
        let lines = lines.to_vec();
        self.run(|me| async move {
            let refused = me.store.import(&lines, me.now()).await?;
            for user in named(&lines) {
                me.reload(user).await?;
            }
            me.passed(&me.broker.boundary()).await?;
            Ok(refused)
        })
        .await
    }

    /// What the store holds under her lock is right, whatever was done since the import.
    async fn reload(&self, user: &UserId) -> Result<()> {
        // With the lock: who was on her way into the world is there now.
        let _held = self.locks.one(user.as_str()).await;
        let is_here = self.broker.is_resident(user.as_str());
        if is_here && self.store.user(user.as_str()).await?.is_some() {
            self.bring(user, None).await?;
        }
        Ok(())
    }
}

/// Everybody a batch is about, once.
fn named(lines: &[Imported]) -> BTreeSet<&UserId> {
    lines
        .iter()
        .flat_map(|line| match line {
            Imported::User { id, .. } => [Some(id), None],
            Imported::Friends(one, other) => [Some(one), Some(other)],
        })
        .flatten()
        .collect()
}
