//! What is read at the start: everybody who was kept and is not over, as the accounts have them now.

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::accounts::{Accounts, Kept};
use crate::wire::UserId;

use super::pen::Pen;
use super::record::{self, Malformed};
use super::round::Clocks;
use super::scripts::BATCH;
use super::{Desk, Trouble};

/// Users and their records.
type Fields = Vec<(Vec<u8>, Vec<u8>)>;

/// Groups that are read at once.
const AT_ONCE: usize = 8;

/// How it is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    /// People are served already, and would hear of it: nobody comes back.
    pub(super) serving: bool,
    /// What is there was written from this data directory.
    pub(super) is_ours: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) back: u64,
    pub(super) gone: u64,
    pub(super) malformed: u64,
    /// Some who were kept are neither back nor gone.
    pub(super) is_full: bool,
    /// Groups that refused to be read, and what they said.
    pub(super) left_out: Vec<(usize, String)>,
}

impl Desk {
    /// Brings everybody back, or only takes out who is not to be kept. `under_way` may go on when
    /// this has failed, or is dropped.
    pub(super) async fn restore(
        self: &Arc<Self>,
        accounts: &Arc<Accounts>,
        pen: &Pen,
        how: How,
        groups: &[usize],
        under_way: &mut JoinSet<Result<Found, Trouble>>,
    ) -> Result<Found, Trouble> {
        let clocks = Clocks::read(&mut pen.to.clone(), self.clock).await?;
        let (mut found, mut told) = (Found::default(), 0);
        let mut groups = groups.iter();
        loop {
            while under_way.len() < AT_ONCE
                && let Some(&group) = groups.next()
            {
                let (me, accounts) = (Arc::clone(self), Arc::clone(accounts));
                let pen = pen.clone();
                under_way.spawn(async move {
                    let read = me.restore_group(&accounts, pen, group, clocks, how).await;
                    match read {
                        // The others are not to suffer for one key of somebody else's.
                        Err(Trouble::Refused(why)) => Ok(Found {
                            left_out: vec![(group, why)],
                            ..Found::default()
                        }),
                        read => read,
                    }
                });
            }
            let Some(read) = under_way.join_next().await else {
                return Ok(found);
            };
            let read = read.map_err(|_| Trouble::Away("read Redis: it ended".to_owned()))??;
            found.back += read.back;
            found.gone += read.gone;
            found.malformed += read.malformed;
            found.is_full |= read.is_full;
            found.left_out.extend(read.left_out);
            if found.back / 100_000 > told {
                told = found.back / 100_000;
                tracing::info!(people = found.back, "restoring positions from Redis");
            }
        }
    }

    async fn restore_group(
        &self,
        accounts: &Accounts,
        mut pen: Pen,
        group: usize,
        clocks: Clocks,
        how: How,
    ) -> Result<Found, Trouble> {
        let mut found = Found::default();
        let rec = &self.keys.group(group).rec;
        let mut cursor = 0_u64;
        loop {
            let mut scan = redis::cmd("HSCAN");
            scan.arg(rec).arg(cursor).arg("COUNT").arg(BATCH);
            let (next, fields): (u64, Fields) = scan.query_async(&mut pen.to).await?;
            let now = clocks.theirs(self.clock.now_ms());
            let (mut kept, mut gone) = (Vec::new(), Vec::new());
            for (user, record) in fields {
                match read(&user, &record, clocks, now, self.rules.ttl_ms) {
                    Ok(one) => kept.push(one),
                    Err(odd) => {
                        found.malformed += 1;
                        if !odd.is_of_later() {
                            gone.push(user);
                        }
                    }
                }
            }
            let over = if how.serving {
                accounts.absent(&kept)
            } else {
                let came = accounts.restore(kept).await;
                let came = came.map_err(|_| Trouble::Away("read the accounts".to_owned()))?;
                found.back += came.back;
                found.is_full |= came.is_full;
                came.gone
            };
            found.gone += over.len() as u64;
            gone.extend(over.into_iter().map(|user| user.to_string().into_bytes()));
            // Of another data directory: whom we do not know may be known there.
            if !gone.is_empty() && how.is_ours {
                self.take_out_of(&pen, group, &gone).await?;
            }
            if next == 0 {
                break;
            }
            cursor = next;
        }
        self.counts.snapshot.restored.add((), found.back);
        self.counts.snapshot.malformed.add((), found.malformed);
        Ok(found)
    }
}

/// Why something that is kept is nobody.
enum Odd {
    Name,
    Record(Malformed),
    /// Seen when nobody can have been yet.
    Future,
}

impl Odd {
    /// Of a later version of nearcast, which may come back.
    fn is_of_later(&self) -> bool {
        matches!(self, Self::Record(Malformed::Version(version)) if *version > record::VERSION)
    }
}

/// `now`: in Redis' time. That may have been set back since, by a machine that failed over; who was
/// seen later than now was seen just now.
fn read(user: &[u8], record: &[u8], clocks: Clocks, now: u64, ttl_ms: u64) -> Result<Kept, Odd> {
    let user = std::str::from_utf8(user).map_err(|_| Odd::Name)?;
    let user = UserId::new(user).map_err(|_| Odd::Name)?;
    let kept = record::decode(user, record).map_err(Odd::Record)?;
    if kept.seen_at > now.saturating_add(ttl_ms) {
        return Err(Odd::Future);
    }
    Ok(Kept {
        seen_at: clocks.ours(kept.seen_at.min(now)),
        ..kept
    })
}
