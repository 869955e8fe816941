//! What goes on while the server lives: the lease, erasures, and a round when it is time.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::watch;

use super::keys::GROUPS;
use super::lease::Lease;
use super::round::Clocks;
use super::session::Entry;
use super::{AGAIN, Refusals, Snapshot, Trouble, scripts};
use crate::accounts::Accounts;
use crate::metrics::SnapshotState as State;

/// People who are held in memory at once, about.
const HELD: usize = 32 * scripts::BATCH;

impl Snapshot {
    /// Writes round by round until told to stop, and once more then.
    pub async fn run(mut self, accounts: Arc<Accounts>, mut stop: watch::Receiver<bool>) {
        let mut next = self.desk.clock.instant() + self.desk.rules.every;
        loop {
            let wake = next.min(self.desk.clock.instant() + Lease::every(self.who.lease_ms));
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                Some(erasing) = self.erasing.recv() => self.put_off(erasing),
                () = tokio::time::sleep_until(wake.into()) => {}
            }
            self.hear_of_erasures();
            self.step(&accounts, &mut next).await;
        }
        self.hear_of_erasures();
        let mut now = self.desk.clock.instant();
        self.step(&accounts, &mut now).await;
        if let Some(session) = &mut self.session {
            let desk = &self.desk;
            let to = &mut session.pen.to;
            session.lease.release(&desk.scripts, to, &desk.keys).await;
        }
    }

    /// Does what is due: the lease, erasures, and a round if it is time.
    async fn step(&mut self, accounts: &Arc<Accounts>, next: &mut Instant) {
        let done = self.try_step(accounts, next).await;
        match done {
            Ok(()) => return,
            Err(Trouble::Refused(why)) => {
                self.complain(State::Refused(why));
                // What is refused in between does not put off the next round.
                if self.desk.clock.instant() < *next {
                    return;
                }
            }
            Err(trouble) => self.lose(&trouble.why()),
        }
        *next = self.desk.clock.instant() + AGAIN.min(self.desk.rules.every);
    }

    async fn try_step(
        &mut self,
        accounts: &Arc<Accounts>,
        next: &mut Instant,
    ) -> Result<(), Trouble> {
        let desk = Arc::clone(&self.desk);
        if self.session.is_none() {
            let is_due = self.desk.clock.instant() >= *next;
            if !is_due && self.pending.len() == 0 {
                return Ok(());
            }
            match self.enter().await {
                Ok(()) => {}
                Err(Entry::Away(why)) => return Err(Trouble::Away(why)),
                Err(Entry::Held(holder)) => {
                    *next = self.desk.clock.instant() + desk.rules.every;
                    if desk.counts.snapshot.state() != State::Waiting(holder.clone()) {
                        tracing::warn!(%holder, "another server keeps its positions there");
                    }
                    desk.counts.snapshot.set(State::Waiting(holder));
                    return Ok(());
                }
            }
            // What was there may be lost, or older.
            accounts.tell_everybody_again();
            *next = self.desk.clock.instant();
        }
        let mut refused = Refusals::default();
        self.between(accounts, &mut refused).await?;
        if !self.read {
            self.restore(accounts, true).await?;
        }
        if self.desk.clock.instant() < *next {
            return refused.end();
        }
        let (began, began_ms) = (desk.clock.instant(), desk.clock.now_ms());
        let count = self.round(accounts, &mut refused).await?;
        refused.end()?;
        if !self.left_out.is_empty() {
            // Perhaps they take what they are told by now.
            let groups = self.left_out.clone();
            self.restore_groups(accounts, true, &groups).await?;
        }
        self.settle();
        let counts = &desk.counts.snapshot;
        counts.rounds.one(());
        counts.round.took((), began.elapsed());
        counts.last_round(count, began.elapsed().as_millis() as u64);
        counts.is_whole(began_ms);
        if let Some(session) = &self.session {
            self.is_well(session.pen.epoch);
        }
        *next = began + desk.rules.every;
        Ok(())
    }

    /// Writes who changed; answers how many those were. Neither the lease nor erasures wait for
    /// its end, and what is refused holds up nothing else.
    async fn round(&mut self, accounts: &Accounts, refused: &mut Refusals) -> Result<u64, Trouble> {
        let desk = Arc::clone(&self.desk);
        let Some(session) = &self.session else {
            return Ok(0);
        };
        let mut pen = session.pen.clone();
        let clocks = Clocks::read(&mut pen.to, desk.clock).await?;
        // First, since a full Redis does that too.
        for (group, names) in desk.keys.all().enumerate() {
            let over = refused.pass_over(desk.expire(&pen, names).await)?;
            // Who is in the shared index is in a group too.
            if group < GROUPS {
                desk.counts.snapshot.expired.add((), over);
            }
            self.between(accounts, refused).await?;
        }
        let (mut held, mut count) = (Vec::new(), 0);
        let parts = accounts.changed_parts();
        for part in 0..parts {
            held.append(&mut accounts.take_changed(part));
            if held.len() >= HELD || part + 1 == parts {
                count += held.len() as u64;
                let written = desk.write(accounts, &pen, clocks, &held).await;
                if written.is_ok() {
                    desk.counts.snapshot.changes.add((), held.len() as u64);
                }
                refused.pass_over(written)?;
                held.clear();
                self.between(accounts, refused).await?;
            }
        }
        Ok(count)
    }

    /// What waits for nothing else.
    pub(super) async fn between(
        &mut self,
        accounts: &Accounts,
        refused: &mut Refusals,
    ) -> Result<(), Trouble> {
        self.renew().await?;
        self.hear_of_erasures();
        refused.pass_over(self.erase(accounts).await)
    }
}
