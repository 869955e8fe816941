//! A connection with the lease: while there is one, positions are kept.

use std::time::Instant;

use super::lease::Lease;
use super::link::{Connection, said};
use super::{Desk, Snapshot, Trouble};
use crate::metrics::SnapshotState as State;

pub(super) struct Session {
    pub(super) connection: Connection,
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
        let (to, ms) = (&mut connection, desk.rules.lease_ms);
        let (keys, before) = (&desk.keys, self.before.as_str());
        let taken = Lease::take(&desk.scripts, to, keys, &desk.instance, ms, before).await;
        let lease = taken
            .map_err(|error| Entry::Away(format!("take the lease: {}", said(&error))))?
            .map_err(Entry::Held)?;
        self.before.clone_from(&lease.holder);
        desk.counts.snapshot.set(State::Writing(lease.epoch));
        tracing::info!(epoch = lease.epoch, "positions are kept in Redis");
        self.session = Some(Session {
            connection,
            lease,
            renewed: desk.clock.instant(),
        });
        Ok(())
    }

    pub(super) async fn renew(&mut self) -> Result<(), Trouble> {
        match &mut self.session {
            Some(session) => session.renew(&self.desk).await,
            None => Ok(()),
        }
    }

    /// Redis is away: everybody goes on, and nothing is forgotten.
    pub(super) fn lose(&mut self, why: &str) {
        if self.session.take().is_some()
            || self.desk.counts.snapshot.state() != State::Away(why.to_owned())
        {
            tracing::warn!(%why, "positions are not kept in Redis now");
        }
        self.desk.counts.snapshot.errors.one(());
        self.desk.counts.snapshot.set(State::Away(why.to_owned()));
    }
}

impl Session {
    pub(super) async fn renew(&mut self, desk: &Desk) -> Result<(), Trouble> {
        if self.renewed.elapsed() < Lease::every(desk.rules.lease_ms) {
            return Ok(());
        }
        let to = &mut self.connection;
        if !self.lease.renew(&desk.scripts, to, &desk.keys).await? {
            return Err(Trouble::Fenced);
        }
        self.renewed = desk.clock.instant();
        Ok(())
    }
}
