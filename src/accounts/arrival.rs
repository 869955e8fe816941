//! Coming into the world: from the store, with friends and blocks.

use crate::auth::Claims;
use crate::broker::{Account, Denied, Profile, Worker};
use crate::store::{Known, User};
use crate::wire::UserId;

use super::erasures::{Asker, Fate, Moment};
use super::permits::Permit;
use super::{Accounts, Arrived, Opening, Refusal, Result, sharing};

/// Friends or blocks that are entered at once, while everybody else waits for the desk.
const TURN: usize = 64;
/// How often somebody is brought in anew, since she or others left or came in that very moment.
pub(super) const TRIES: usize = 16;

impl Accounts {
    /// Brings a user into the world with her friends and blocks, or brings her up to date. Her
    /// claims decide from here on about strangers. To be called before `Worker::open`, and when a
    /// session's token is refreshed. If `open` answers `Unknown` she is to arrive again. `judged`:
    /// from before her token was.
    pub async fn arrive(&self, claims: &Claims, judged: Moment) -> Result<Arrived> {
        self.come(claims, Asker::Maker(judged)).await
    }

    async fn come(&self, claims: &Claims, asker: Asker) -> Result<Arrived> {
        let (user, permit) = (claims.user.clone(), Permit::from(claims));
        self.run(|me| async move {
            let _held = me.hold(&user, asker).await?;
            let user = me.bring(&user, Some(permit.clone())).await?;
            Ok(Arrived {
                sharing: sharing::at(user.sharing, me.now()),
                strangers: is_open(&user, &permit),
            })
        })
        .await
    }

    /// The same for who was let go of between `arrive` and `open`. Who was erased in between does
    /// not come anew by it.
    pub async fn arrive_again(&self, claims: &Claims) -> Result<Arrived> {
        self.come(claims, Asker::Known).await
    }

    /// Whether these claims are what decides already, of a user who is in the world.
    pub fn knows(&self, claims: &Claims) -> bool {
        self.broker.is_complete(claims.user.as_str())
            && !self.entrants.contains(&claims.user)
            && self.permits.of(claims.user.as_str()) == Permit::from(claims)
    }

    /// Brings a user into the world whom a server key names, if she exists and is not there.
    pub(super) async fn bring_in(&self, user: &UserId) -> Result<()> {
        let user = user.clone();
        self.run(|me| async move {
            let _held = me.locks.one(user.as_str()).await;
            if me.broker.is_complete(user.as_str()) {
                return Ok(());
            }
            if me.store.user(user.as_str()).await?.is_none() {
                return Err(Refusal::NotFound);
            }
            // What a token said before she left counts no more; who was restored has not left.
            let left = !me.broker.is_resident(user.as_str());
            let permit = left.then(Permit::default);
            me.bring(&user, permit).await.map(drop)
        })
        .await
    }

    /// Enters what the store holds of a user, whom it makes if she is new. No permit: as it was.
    /// The caller holds her lock.
    pub(super) async fn bring(&self, user: &UserId, permit: Option<Permit>) -> Result<User> {
        let permit = permit.unwrap_or_else(|| self.permits.of(user.as_str()));
        for _ in 0..TRIES {
            let loaded = self.erasures.moment();
            self.entrants.loads(user);
            let read = self.store.arrive(user, self.now()).await;
            let known = read.inspect_err(|_| self.entrants.stays(user))?;
            self.entrants.enters(user);
            let entered = self.enter(&known, &permit, loaded);
            // Else she may be there without all of her blocks.
            if entered != Ok(false) {
                self.entrants.ended(user);
            }
            if entered? {
                return Ok(known.user);
            }
        }
        tracing::warn!("somebody could not be brought into the world for all who left and came");
        Err(Refusal::Unavailable)
    }

    /// Answers false when she was let go of meanwhile, too many were erased since the load, or
    /// a ghost came whom she blocks.
    fn enter(&self, known: &Known, permit: &Permit, loaded: Moment) -> Result<bool> {
        let user = known.user.id.as_str();
        let account = self.account(&known.user, permit);
        if *permit != Permit::default() {
            self.permits.make_room(&self.broker);
        }
        {
            // At once: who is in a pool is never taken for one who is in none.
            let mut desk = self.desk();
            desk.admit(user, &account, self.now())?;
            // Only who is in the world keeps a permit.
            self.permits
                .set(&known.user.id, permit.clone(), &self.broker);
        }
        // Blocks first: nobody is shown who is blocked. Hers outlive whom they keep out.
        for turn in known.blocks.chunks(TURN) {
            let mut desk = self.desk();
            for other in turn {
                desk.keep_block(user, other.as_str());
            }
        }
        let blocked = self.in_turns(&known.blocked_by, loaded, |desk, other| {
            // Whoever is not there yet may have been loaded when this one was a ghost.
            self.entrants.tell(other, &known.user.id);
            desk.keep_block(other.as_str(), user);
            Ok(())
        })?;
        let befriended = self.in_turns(&known.friends, loaded, |desk, other| {
            match desk.befriend(user, other.as_str()) {
                Err(Denied::Full) => {
                    tracing::warn!("a friendship is not watched; see `broker.edges`");
                    Ok(())
                }
                other => other.map(drop),
            }
        })?;
        let knew = self.entrants.knew(&known.user.id, &known.blocks);
        Ok(blocked && befriended && knew && self.broker.is_resident(user))
    }

    /// Does the same for each of them but who was erased since the load: who came anew is not who
    /// she was. Who erases notes it before she has the desk.
    fn in_turns(
        &self,
        others: &[UserId],
        loaded: Moment,
        mut act: impl FnMut(&mut Worker, &UserId) -> std::result::Result<(), Denied>,
    ) -> Result<bool> {
        for turn in others.chunks(TURN) {
            let mut desk = self.desk();
            for other in turn {
                match self.erasures.fate(other.as_str(), loaded) {
                    Fate::Spared => act(&mut desk, other)?,
                    Fate::Erased => {}
                    Fate::Unknown => return Ok(false),
                }
            }
        }
        Ok(true)
    }

    /// What the world is to know of a user.
    pub(super) fn account(&self, user: &User, permit: &Permit) -> Account {
        let lent = sharing::at(user.sharing, self.now());
        let text = |text: &Option<String>| text.as_deref().map(Box::from);
        Account {
            sharing: lent.sharing,
            sharing_until: lent.until,
            sharing_then: lent.until.map(|_| sharing::after(lent)),
            open: is_open(user, permit),
            pool: permit.pool.clone(),
            profile: Profile {
                name: text(&user.name),
                avatar_url: text(&user.avatar_url),
                stranger_name: text(&user.stranger_name),
            },
        }
    }

    /// Brings a user up to date if she is in the world. The caller holds her lock.
    pub(super) fn renew(&self, user: &User) {
        let account = self.account(user, &self.permits.of(user.id.as_str()));
        // Who is not there is brought up to date when she comes.
        let _ = self.desk().renew(user.id.as_str(), &account, self.now());
    }
}

/// Whether she may be shown to strangers.
fn is_open(user: &User, permit: &Permit) -> bool {
    let Opening {
        permitted,
        consents,
    } = Opening::of(user, permit);
    permitted && consents
}

impl Opening {
    pub(super) fn of(user: &User, permit: &Permit) -> Self {
        Self {
            permitted: permit.strangers || user.strangers_allowed,
            consents: user.strangers_consent,
        }
    }
}
