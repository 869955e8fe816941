//! What passes between strangers: waves, reports, and who an alias is.

use crate::limits::Kind;
use crate::store::{Report, Wave};
use crate::wire::UserId;
use crate::wire::client::Target;
use crate::wire::server::{Event, Met};

use super::erasures::Asker;
use super::{Accounts, Refusal, Result};

/// Two waves meet that are at most so many periods of aliases apart.
const PERIODS: u64 = 2;

impl Accounts {
    /// When both have waved, both get `met` (the caller by the order too).
    pub async fn wave(&self, by: &UserId, alias: &str) -> Result<()> {
        self.take(Kind::Wave, by)?;
        let (by, target) = (by.clone(), Target::Alias(alias.to_owned()));
        self.run(|me| async move {
            // Held until both are told: who blocks, or is erased, is answered after it.
            let (whom, _held) = me.hold_target(&by, &target, Asker::Known).await?;
            let at = me.now();
            let wave = Wave {
                at,
                since: at.saturating_sub(PERIODS * me.broker.config().strangers.alias_ms),
                // Who has waved may have withdrawn, lost her permission or changed pools since.
                may_meet: me.desk().may_meet(by.as_str(), whom.as_str(), at),
            };
            if me.store.wave(&by, &whom, wave).await? {
                me.tell_met(&by, &whom).await;
                me.tell_met(&whom, &by).await;
            }
            Ok(())
        })
        .await
    }

    /// Tells `viewer` who it is that she knows by an alias. The caller holds both.
    async fn tell_met(&self, viewer: &UserId, subject: &UserId) {
        let Ok(met) = self.user(subject.as_str()).await else {
            return;
        };
        let now = self.now();
        let alias = self.desk().alias(viewer.as_str(), subject.as_str(), now);
        let Ok(alias) = alias else {
            return;
        };
        let met = Met {
            user: subject.as_str().to_owned(),
            alias,
            name: met.name,
        };
        self.tell(viewer, &Event::Met(met)).await;
    }

    /// Kept for moderation, with the cell of who reports.
    pub async fn report(&self, by: &UserId, whom: &Target, reason: Option<&str>) -> Result<()> {
        self.take(Kind::Report, by)?;
        let (by, target, reason) = (by.clone(), whom.clone(), reason.map(str::to_owned));
        self.run(|me| async move {
            let (user, _held) = me.hold_target(&by, &target, Asker::Known).await?;
            let erased =
                matches!(target, Target::Alias(_)) && me.store.user(user.as_str()).await?.is_none();
            let cell = me.desk().cell(by.as_str());
            let report = Report {
                id: 0,
                at: me.now(),
                by: Some(by),
                user: (!erased).then_some(user),
                reason,
                cell: cell.map(|cell| cell.to_string()).unwrap_or_default(),
            };
            me.store.report(&report).await?;
            Ok(())
        })
        .await
    }

    pub async fn reports(&self, after: u64, limit: usize) -> Result<Vec<Report>> {
        Ok(self.store.reports(after, limit).await?)
    }

    /// Whom a viewer knows by an alias, for moderation; said in the log.
    pub async fn resolve(&self, viewer: &UserId, alias: &str) -> Result<UserId> {
        self.bring_in(viewer).await?;
        let now = self.now();
        let meant = self.desk().resolve(viewer.as_str(), alias, now)?;
        let user = UserId::new(&meant).map_err(|_| Refusal::NotFound)?;
        if self.store.user(user.as_str()).await?.is_none() {
            return Err(Refusal::NotFound);
        }
        tracing::info!(
            viewer = short(viewer.as_str()),
            user = short(user.as_str()),
            "an alias was resolved for moderation"
        );
        Ok(user)
    }
}

/// Enough of a user id to find it in an audit by who knows it, and no more.
fn short(user: &str) -> String {
    let shown = user.chars().count() / 2;
    user.chars().take(shown.min(6)).chain(['…']).collect()
}
