//! The start: the lease is taken and everybody is brought back, before anybody is served.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::lease::Lease;
use super::restore::{Found, How};
use super::session::Entry;
use super::{AGAIN, Refusals, Snapshot, Trouble};
use crate::accounts::Accounts;
use crate::metrics::SnapshotState as State;

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
        let started = self.desk.clock.instant();
        let mut waited_for: Option<(String, Instant)> = None;
        loop {
            let why = match self.enter().await {
                Ok(()) => match self.restore(accounts, false).await {
                    Ok(back) => return Begun::Restored(back),
                    Err(Trouble::Fenced) => "another server has taken the lease".to_owned(),
                    Err(Trouble::Away(why) | Trouble::Refused(why)) => why,
                },
                Err(Entry::Held(holder)) => {
                    counts.snapshot.set(State::Waiting(holder.clone()));
                    let since = match &waited_for {
                        Some((before, since)) if *before == holder => *since,
                        _ => self.desk.clock.instant(),
                    };
                    waited_for = Some((holder.clone(), since));
                    if since.elapsed() > Duration::from_millis(2 * self.who.lease_ms) {
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
            if started.elapsed() > self.desk.rules.restore_wait {
                // Whoever has the lease by then is not to be pushed out.
                self.who.starts = false;
                return Begun::Without(why);
            }
            tokio::time::sleep(AGAIN.min(self.desk.rules.restore_wait / 4)).await;
        }
    }

    pub(super) async fn restore(
        &mut self,
        accounts: &Arc<Accounts>,
        serving: bool,
    ) -> Result<u64, Trouble> {
        let Some(session) = &self.session else {
            return Err(Trouble::Fenced);
        };
        let (connection, epoch) = (session.connection.clone(), session.lease.epoch);
        let how = How {
            serving,
            is_ours: session.lease.is_ours,
            epoch,
        };
        let desk = Arc::clone(&self.desk);
        let (mut groups, mut refused) = (JoinSet::new(), Refusals::default());
        // Erasures that find no room meanwhile want it to be read once more.
        self.read = true;
        let found = {
            let restoring = desk.restore(accounts, &connection, how, &mut groups);
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
        groups.shutdown().await;
        if found.is_err() {
            self.read = false;
        }
        let Found {
            back,
            gone,
            malformed,
            left_out,
        } = found?;
        self.left_out = left_out > 0;
        if self.left_out {
            self.complain(&format!("{left_out} groups of users refuse to be read"));
        } else {
            desk.counts.snapshot.set(State::Writing(epoch));
        }
        tracing::info!(back, gone, malformed, "positions are read from Redis");
        Ok(back)
    }
}
