//! A round: everybody who changed since the last one is written, as she is now. Who could not be is
//! told of again; nothing queues per move.

use std::collections::HashMap;
use std::sync::Arc;

use redis::RedisError;
use tokio::task::JoinSet;

use crate::accounts::{Accounts, Changed};
use crate::clock::Clock;
use crate::wire::UserId;

use super::keys::{Names, group_of};
use super::link::{Connection, said};
use super::pen::Pen;
use super::scripts::{BATCH, Batch};
use super::{Desk, Trouble, record};

/// Commands under way at once.
const UNDER_WAY: usize = 16;
/// GEOADD refuses what is nearer to a pole.
const LAT_MOST: f64 = 85.051_128_78;
/// Scripts that take out who is over, of one group in one round.
const EXPIRIES: usize = 50;

/// A clock of ours against Redis'.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clocks {
    /// What is to be added to ours.
    ahead_ms: i64,
}

impl Clocks {
    /// As near as the quickest of three answers allows.
    pub(super) async fn read(to: &mut Connection, ours: Clock) -> Result<Self, RedisError> {
        let mut best: Option<(u64, i64)> = None;
        for _ in 0..3 {
            let asked = ours.now_ms();
            let (s, us): (u64, u64) = redis::cmd("TIME").query_async(to).await?;
            let took = ours.now_ms() - asked;
            let ahead_ms = (s * 1000 + us / 1000) as i64 - (asked + took / 2) as i64;
            if best.is_none_or(|(least, _)| took < least) {
                best = Some((took, ahead_ms));
            }
        }
        let ahead_ms = best.map_or(0, |(_, ahead_ms)| ahead_ms);
        Ok(Self { ahead_ms })
    }

    pub(super) fn theirs(self, ours: u64) -> u64 {
        ours.saturating_add_signed(self.ahead_ms)
    }

    pub(super) fn ours(self, theirs: u64) -> u64 {
        theirs.saturating_add_signed(-self.ahead_ms)
    }
}

/// Where somebody is written: a numbered group, or the one that others read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Group {
    Of(usize),
    Shared,
}

impl Desk {
    /// Writes people as they are. Who could not be written is told of again.
    pub(super) async fn write(
        self: &Arc<Self>,
        accounts: &Accounts,
        pen: &Pen,
        clocks: Clocks,
        changed: &[Changed],
    ) -> Result<(), Trouble> {
        let mut batches: HashMap<Group, Vec<(Batch, Vec<UserId>)>> = HashMap::new();
        for one in changed {
            let mine = open(&mut batches, Group::Of(group_of(&one.user)), &one.user);
            self.put(mine, one, clocks);
            if self.rules.shared.is_some() {
                let shared = open(&mut batches, Group::Shared, &one.user);
                self.put_shared(shared, one, clocks);
            }
        }
        let mut trouble = None;
        let mut under_way = JoinSet::new();
        let mut waiting = batches
            .into_iter()
            .flat_map(|(group, batches)| batches.into_iter().map(move |batch| (group, batch)));
        loop {
            while under_way.len() < UNDER_WAY
                && !matches!(trouble, Some(Trouble::Away(_) | Trouble::Fenced))
                && let Some((group, (batch, users))) = waiting.next()
            {
                let (me, pen) = (Arc::clone(self), pen.clone());
                under_way.spawn(async move {
                    let names = match group {
                        Group::Of(group) => me.keys.group(group),
                        Group::Shared => &me.keys.shared,
                    };
                    let life = me.rules.life_ms();
                    let written = me.scripts.write(&pen, names, life, &batch).await;
                    (
                        users,
                        written.map_err(|error| Trouble::at(&names.begin, error)),
                    )
                });
            }
            let Some(written) = under_way.join_next().await else {
                break;
            };
            let (users, written) = written.expect("it does not panic, and nobody ends it");
            if let Err(why) = written {
                accounts.tell_again(&users);
                self.counts.snapshot.errors.one(());
                // The worst is told: what is away is away, whatever another group says.
                if !matches!(trouble, Some(Trouble::Away(_) | Trouble::Fenced)) {
                    trouble = Some(why);
                }
            }
        }
        for (_, (_, users)) in waiting {
            accounts.tell_again(&users);
        }
        trouble.map_or(Ok(()), Err)
    }

    fn put(&self, batch: &mut Batch, changed: &Changed, clocks: Clocks) {
        let user = changed.user.to_string();
        let Some(kept) = &changed.kept else {
            batch.gone.push(user.into_bytes());
            return;
        };
        let seen_at = clocks.theirs(kept.seen_at);
        batch.kept.push((seen_at + self.rules.ttl_ms, user.clone()));
        let (lat, lon) = (kept.position.lat(), kept.position.lon());
        if kept.sharing != crate::wire::Sharing::Off && lat.abs() <= LAT_MOST {
            batch.placed.push((lon, lat, user.clone()));
        } else {
            batch.unplaced.push(user.clone());
        }
        batch.records.push((user, record::encode(kept, seen_at)));
    }

    /// The middle of a cell, and that she was seen in a minute: nothing that strangers may not know.
    fn put_shared(&self, batch: &mut Batch, changed: &Changed, clocks: Clocks) {
        let user = changed.user.to_string();
        let Some((grid, (cell, seen))) = self.rules.shared.zip(changed.shown) else {
            batch.gone.push(user.into_bytes());
            return;
        };
        let centre = grid.cell_at(cell.centre()).centre();
        if centre.lat().abs() > LAT_MOST {
            batch.gone.push(user.into_bytes());
            return;
        }
        let minute = (clocks.theirs(seen) + 30_000) / 60_000 * 60_000;
        let over = minute + self.rules.ttl_ms;
        batch.kept.push((over, user.clone()));
        batch.placed.push((centre.lon(), centre.lat(), user));
    }

    /// Takes out who is over in a group, whoever wrote them; answers how many.
    pub(super) async fn expire(&self, pen: &Pen, names: &Names) -> Result<u64, Trouble> {
        let mut all = 0;
        for _ in 0..EXPIRIES {
            let over = self.scripts.expire(pen, names).await;
            let over = over.map_err(|error| Trouble::at(&names.begin, error))?;
            all += over as u64;
            if over < BATCH {
                break;
            }
        }
        Ok(all)
    }

    /// Takes who is in a group out of every place, whether or not they belong there.
    pub(super) async fn take_out_of(
        &self,
        pen: &Pen,
        group: usize,
        users: &[Vec<u8>],
    ) -> Result<(), Trouble> {
        let life_ms = self.rules.life_ms();
        for gone in users.chunks(BATCH) {
            let batch = Batch {
                gone: gone.to_vec(),
                ..Batch::default()
            };
            for names in [self.keys.group(group), &self.keys.shared] {
                let written = self.scripts.write(pen, names, life_ms, &batch);
                written
                    .await
                    .map_err(|error| Trouble::at(&names.begin, error))?;
            }
        }
        Ok(())
    }
}

/// The batch of a group that has room for one more, noted as hers too.
fn open<'b>(
    batches: &'b mut HashMap<Group, Vec<(Batch, Vec<UserId>)>>,
    group: Group,
    user: &UserId,
) -> &'b mut Batch {
    let batches = batches.entry(group).or_default();
    if batches.last().is_none_or(|(batch, _)| batch.len() >= BATCH) {
        batches.push(Default::default());
    }
    let (batch, users) = batches
        .last_mut()
        .expect("there is one since the line above");
    users.push(user.clone());
    batch
}

impl Trouble {
    /// What went wrong with the keys that begin so.
    pub(super) fn at(keys: &str, error: RedisError) -> Self {
        let is_plain = error.code() == Some("ERR");
        match Self::from(error) {
            Self::Refused(why) => Self::Refused(format!("{keys}: {why}")),
            Self::Away(why) if is_plain => Self::Away(format!("{keys}: {why}")),
            other => other,
        }
    }
}

impl From<RedisError> for Trouble {
    fn from(error: RedisError) -> Self {
        match error.code() {
            Some("FENCED") => Self::Fenced,
            Some("OOM" | "WRONGTYPE" | "NOPERM") => Self::Refused(said(&error)),
            _ => Self::Away(said(&error)),
        }
    }
}
