//! Who writes: one server at a time. The lease belongs to a data directory, so that a restart on it
//! takes over at once; what a paused one wakes up with is refused by the fence of each group.

use std::time::Duration;

use redis::RedisError;

use super::keys::Keys;
use super::link::Connection;
use super::scripts::Scripts;

/// How often the lease is taken anew at once since a fence knew of the epoch already.
const TRIES: u32 = 3;

/// Who wants it.
#[derive(Debug)]
pub(super) struct Who {
    /// The data directory.
    pub(super) instance: String,
    /// This one among the processes that have had it.
    pub(super) process: String,
    /// It has not had the lease yet.
    pub(super) starts: bool,
    pub(super) lease_ms: u64,
    /// For how long what is written is somebody's.
    pub(super) life_ms: u64,
}

#[derive(Debug)]
pub(super) struct Lease {
    pub(super) epoch: u64,
    /// As it stands in Redis.
    holder: String,
    /// Nothing of another data directory is there.
    pub(super) is_ours: bool,
}

impl Lease {
    /// Who else has it, if somebody has.
    pub(super) async fn take(
        scripts: &Scripts,
        to: &mut Connection,
        keys: &Keys,
        who: &Who,
    ) -> Result<Result<Self, String>, RedisError> {
        let mut later = 0;
        for _ in 0..TRIES {
            let (epoch, owner) = match scripts.take(to, keys, who).await? {
                Ok(taken) => taken,
                Err(holder) => return Ok(Err(holder)),
            };
            later = fence(scripts, to, keys, epoch).await?;
            if later == 0 {
                return Ok(Ok(Self {
                    epoch,
                    holder: format!("{} {} {epoch}", who.instance, who.process),
                    is_ours: owner.is_empty() || owner == who.instance,
                }));
            }
            scripts.catch_up(to, keys, later).await?;
        }
        Ok(Err(format!("one of epoch {later}")))
    }

    /// Answers whether it is still ours.
    pub(super) async fn renew(
        &self,
        scripts: &Scripts,
        to: &mut Connection,
        keys: &Keys,
        who: &Who,
    ) -> Result<bool, RedisError> {
        let as_it_is = (self.holder.as_str(), self.epoch);
        scripts.renew(to, keys, who, as_it_is).await
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

/// Keeps out whoever wrote before; answers the epoch of a group that knows of that or a later one.
async fn fence(
    scripts: &Scripts,
    to: &mut Connection,
    keys: &Keys,
    epoch: u64,
) -> Result<u64, RedisError> {
    for names in keys.all() {
        let later = scripts.fence(to, names, epoch).await?;
        if later > 0 {
            return Ok(later);
        }
    }
    Ok(0)
}
