//! The start: the lease is taken and everybody is brought back, before anybody is served.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::keys::GROUPS;
use super::lease::Lease;
use super::restore::{Found, How};
use super::session::Entry;
use super::{AGAIN, Refusals, Snapshot, Trouble};
use crate::accounts::Accounts;
use crate::metrics::SnapshotState as State;

/// Readings that may break off.
const TRIES: u32 = 3;

/// How a beginning ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Begun {
    /// So many are back.
    Restored(u64),
    /// Redis was not to be had in time: the server starts without; a sentence.
    Without(String),
    /// Another server writes there, and lives; a sentence.
    Refused(String),
}

impl Snapshot {
    /// Takes the lease and brings everybody back, before anybody is served.
    pub async fn begin(&mut self, accounts: &Arc<Accounts>) -> Begun {
        let counts = Arc::clone(&self.desk.counts);
        counts.snapshot.is_whole(self.desk.clock.now_ms());
        // Since when Redis is not to be had.
        let began = self.desk.clock.instant();
        let (mut since, mut tries) = (began, 0);
        let mut waited_for: Option<(String, Instant)> = None;
        loop {
            let why = match self.enter().await {
                Ok(()) => {
                    let restored = self.restore(accounts, false).await;
                    tries += 1;
                    since = self.desk.clock.instant();
                    match restored {
                        Ok(back) => {
                            if tries > 1 {
                                // Who was read before it broke off may not be there any more.
                                accounts.tell_everybody_again();
                            }
                            return Begun::Restored(back);
                        }
                        Err(trouble) => trouble.why(),
                    }
                }
                Err(Entry::Held(holder)) => {
                    counts.snapshot.set(State::Waiting(holder.clone()));
                    let held_since = match &waited_for {
                        Some((before, since)) if *before == holder => *since,
                        _ => {
                            tracing::info!(%holder, "another server keeps its positions there: waits");
                            self.desk.clock.instant()
                        }
                    };
                    waited_for = Some((holder.clone(), held_since));
                    since = self.desk.clock.instant();
                    if held_since.elapsed() > Duration::from_millis(2 * self.who.lease_ms) {
                        return Begun::Refused(format!(
                            "another server, of another data directory ({holder}), keeps its \
                             positions under snapshot.app of this one, and lives: give this one a \
                             snapshot.app of its own, or end the other"
                        ));
                    }
                    tokio::time::sleep(Lease::every(self.who.lease_ms)).await;
                    continue;
                }
                Err(Entry::Away(why)) => why,
            };
            self.lose(&why);
            let wait = self.desk.rules.restore_wait;
            if since.elapsed() > wait || tries >= TRIES && began.elapsed() > wait {
                // Whoever has the lease by then is not to be pushed out.
                self.who.starts = false;
                return Begun::Without(why);
            }
            tokio::time::sleep(AGAIN.min(wait / 4)).await;
        }
    }

    /// Looks at all that is there; answers how many came back.
    pub(super) async fn restore(
        &mut self,
        accounts: &Arc<Accounts>,
        serving: bool,
    ) -> Result<u64, Trouble> {
        // Erasures that find no room meanwhile want it to be read once more.
        self.read = true;
        self.sought = (self.owed.nameless(), self.desk.clock.instant());
        let all: Vec<usize> = (0..GROUPS).collect();
        let read = self.restore_groups(accounts, serving, &all).await;
        match (&read, &self.session) {
            (Ok(_), Some(session)) => self.is_well(session.pen.epoch),
            _ => self.read = false,
        }
        read
    }

    pub(super) async fn restore_groups(
        &mut self,
        accounts: &Arc<Accounts>,
        serving: bool,
        groups: &[usize],
    ) -> Result<u64, Trouble> {
        let Some(session) = &self.session else {
            return Err(Trouble::Fenced);
        };
        let pen = session.pen.clone();
        let how = How {
            serving,
            is_ours: session.lease.is_ours,
        };
        let desk = Arc::clone(&self.desk);
        let (mut under_way, mut refused) = (JoinSet::new(), Refusals::default());
        let found = {
            let restoring = desk.restore(accounts, &pen, how, groups, &mut under_way);
            tokio::pin!(restoring);
            loop {
                tokio::select! {
                    found = &mut restoring => break found,
                    () = tokio::time::sleep(Lease::every(self.who.lease_ms)) => {
                        if let Err(trouble) = self.between(accounts, &mut refused).await {
                            break Err(trouble);
                        }
                    }
                }
            }
        };
        // Nobody comes back when others are served already.
        under_way.shutdown().await;
        let Found {
            back,
            gone,
            malformed,
            is_full,
            left_out,
        } = found?;
        if is_full {
            // Who found no room could not stop sharing there.
            self.read = false;
        }
        for (group, why) in &left_out {
            if !self.left_out.contains(group) {
                let keys = &desk.keys.group(*group).rec;
                tracing::error!(%keys, %why, "people are left out");
            }
        }
        self.left_out = left_out.into_iter().map(|(group, _)| group).collect();
        self.left_out.sort_unstable();
        self.settle();
        if groups.len() == GROUPS {
            tracing::info!(back, gone, malformed, "positions are read from Redis");
        }
        Ok(back)
    }
}
