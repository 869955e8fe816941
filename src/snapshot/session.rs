//! A connection with the lease: while there is one, positions are kept.

use std::time::Instant;

use super::lease::{Lease, Who};
use super::pen::Pen;
use super::{Desk, Snapshot, Trouble, first_of};
use crate::metrics::SnapshotState as State;

pub(super) struct Session {
    pub(super) pen: Pen,
    pub(super) lease: Lease,
    renewed: Instant,
}

/// Why there is none.
pub(super) enum Entry {
    /// Another server writes there.
    Held(String),
    /// A verb phrase.
    Away(String),
}

impl Snapshot {
    /// Connects and takes the lease.
    pub(super) async fn enter(&mut self) -> Result<(), Entry> {
        let desk = &self.desk;
        let mut connection = self.link.connect().await.map_err(Entry::Away)?;
        let taken = Lease::take(&desk.scripts, &mut connection, &desk.keys, &self.who).await;
        let lease = taken
            .map_err(|trouble| Entry::Away(format!("take the lease: {}", trouble.why())))?
            .map_err(Entry::Held)?;
        self.who.starts = false;
        let pen = Pen::new(connection, lease.epoch);
        // In it may be somebody of whom nothing else is kept; who belongs there is written again.
        let wiped = desk.scripts.wipe(&pen, &desk.keys.shared).await;
        wiped.map_err(|error| Entry::Away(Trouble::at(&desk.keys.shared.begin, error).why()))?;
        tracing::info!(epoch = pen.epoch, "positions are kept in Redis");
        self.session = Some(Session {
            pen,
            lease,
            renewed: desk.clock.instant(),
        });
        Ok(())
    }

    pub(super) async fn renew(&mut self) -> Result<(), Trouble> {
        match &mut self.session {
            Some(session) => session.renew(&self.desk, &self.who).await,
            None => Ok(()),
        }
    }

    /// Redis is away: everybody goes on, and nothing is forgotten. It may come back as it was before.
    pub(super) fn lose(&mut self, why: &str) {
        self.session = None;
        self.read = false;
        self.complain(State::Away(why.to_owned()));
    }

    /// All is done that Redis lets us do.
    pub(super) fn is_well(&self, epoch: u64) {
        match self.left_out.len() {
            0 => {
                let counts = &self.desk.counts.snapshot;
                if matches!(counts.state(), State::Refused(_)) {
                    tracing::info!("Redis refuses nothing any more");
                }
                counts.set(State::Writing(epoch));
            }
            _ => {
                let names = |&group| self.desk.keys.group(group).rec.as_str();
                let refused: Vec<&str> = self.left_out.iter().map(names).collect();
                let why = format!("refuse to be read: {}", first_of(&refused));
                self.complain(State::Refused(why));
            }
        }
    }

    /// Says once that positions are not kept, and why.
    pub(super) fn complain(&self, state: State) {
        let counts = &self.desk.counts.snapshot;
        if counts.state() != state {
            match &state {
                State::Refused(why) => tracing::warn!(%why, "Redis refuses to keep positions"),
                State::Away(why) => tracing::warn!(%why, "positions are not kept in Redis now"),
                State::Off | State::Waiting(_) | State::Writing(_) => {}
            }
        }
        counts.errors.one(());
        counts.set(state);
    }
}

impl Session {
    pub(super) async fn renew(&mut self, desk: &Desk, who: &Who) -> Result<(), Trouble> {
        if self.renewed.elapsed() < Lease::every(who.lease_ms) {
            return Ok(());
        }
        let to = &mut self.pen.to;
        if !self.lease.renew(&desk.scripts, to, &desk.keys, who).await? {
            return Err(Trouble::Fenced);
        }
        self.renewed = desk.clock.instant();
        Ok(())
    }
}
