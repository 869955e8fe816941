//! Who writes: one server at a time. The lease belongs to a data directory, so that a restart on it
//! takes over at once; what a paused one wakes up with is refused by the fence of each group.

use std::time::Duration;

use super::Trouble;
use super::keys::Keys;
use super::link::Connection;
use super::scripts::Scripts;

/// How often the lease is taken anew at once since a fence knew of the epoch already.
const TRIES: u32 = 3;

/// Who wants it.
#[derive(Debug)]
pub(super) struct Who {
    /// The data directory; a copy is another.
    pub(super) directory: String,
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
    ) -> Result<Result<Self, String>, Trouble> {
        let failed = |error| Trouble::at(&keys.lease, error);
        let mut later = 0;
        for _ in 0..TRIES {
            let taken = scripts.take(to, keys, who).await.map_err(failed)?;
            let (epoch, owner) = match taken {
                Ok(taken) => taken,
                Err(holder) => return Ok(Err(holder)),
            };
            later = fence(scripts, to, keys, epoch).await?;
            if later == 0 {
                return Ok(Ok(Self {
                    epoch,
                    holder: format!("{} {} {epoch}", who.directory, who.process),
                    is_ours: owner.is_empty() || owner == who.directory,
                }));
            }
            scripts.catch_up(to, keys, later).await.map_err(failed)?;
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
    ) -> Result<bool, Trouble> {
        let as_it_is = (self.holder.as_str(), self.epoch);
        let renewed = scripts.renew(to, keys, who, as_it_is).await;
        renewed.map_err(|error| Trouble::at(&keys.lease, error))
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
) -> Result<u64, Trouble> {
    for names in keys.all() {
        let fenced = scripts.fence(to, names, epoch).await;
        let later = fenced.map_err(|error| Trouble::at(&names.begin, error))?;
        if later > 0 {
            return Ok(later);
        }
    }
    Ok(0)
}
