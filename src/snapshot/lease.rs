//! Who writes: one server at a time. The lease belongs to a data directory, so that a restart on it
//! takes over at once; what a paused one wakes up with is refused by the fence of each group.

use std::time::Duration;

use redis::RedisError;

use super::keys::Keys;
use super::link::Connection;
use super::scripts::Scripts;

#[derive(Debug)]
pub(super) struct Lease {
    pub(super) epoch: u64,
    /// As it stands in Redis.
    pub(super) holder: String,
    /// What is there is of this data directory.
    pub(super) is_ours: bool,
    ms: u64,
}

impl Lease {
    /// Who else has it, if somebody has. `before`: as it was ours, or empty.
    pub(super) async fn take(
        scripts: &Scripts,
        to: &mut Connection,
        keys: &Keys,
        instance: &str,
        ms: u64,
        before: &str,
    ) -> Result<Result<Self, String>, RedisError> {
        let (epoch, owner) = match scripts.take(to, keys, instance, ms, before).await? {
            Ok(taken) => taken,
            Err(holder) => return Ok(Err(holder)),
        };
        let lease = Self {
            epoch,
            holder: format!("{instance} {epoch}"),
            is_ours: owner == instance,
            ms,
        };
        for names in keys.all() {
            let later = scripts.fence(to, names, epoch).await?;
            if later > 0 {
                // Redis has lost who it was: from there on it is counted again.
                let mut set = redis::cmd("SET");
                set.arg(&keys.epoch).arg(later);
                let () = set.query_async(to).await?;
                return Ok(Err(format!("one of epoch {later}")));
            }
        }
        Ok(Ok(lease))
    }

    /// Answers whether it is still ours.
    pub(super) async fn renew(
        &self,
        scripts: &Scripts,
        to: &mut Connection,
        keys: &Keys,
    ) -> Result<bool, RedisError> {
        scripts.renew(to, keys, &self.holder, self.ms).await
    }

    pub(super) async fn release(&self, scripts: &Scripts, to: &mut Connection, keys: &Keys) {
        // It ends by itself where that cannot be said.
        let _ = scripts.release(to, keys, &self.holder).await;
    }

    /// How often it is renewed.
    pub(super) fn every(ms: u64) -> Duration {
        Duration::from_millis((ms / 3).max(10))
    }
}
