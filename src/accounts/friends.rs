//! Friendships: made by the product, asked for by users, ended by either.

use crate::limits::Kind;
use crate::metrics::Limit;
use crate::store::{Asked, Listed, Made, Part};
use crate::wire::UserId;
use crate::wire::server::{Event, Request};

use super::erasures::Asker;
use super::{Accounts, FriendState, Refusal, Result};

impl Accounts {
    /// With a server key: makes it, for both.
    pub async fn befriend(&self, one: &UserId, other: &UserId) -> Result<()> {
        two_people(one, other)?;
        let (one, other) = (one.clone(), other.clone());
        self.run(|me| async move {
            let _held = me.locks.two(one.as_str(), other.as_str()).await;
            match me.store.befriend(&one, &other, me.now()).await? {
                Made::Friends => me.befriend_in_world(&one, &other),
                Made::Blocked => Err(Refusal::Conflict),
                Made::Full => {
                    me.metrics.limits.one(Limit::Friends);
                    Err(as_many_friends("one of them has"))
                }
            }
        })
        .await
    }

    /// With a user's token: a request until the other side has asked too. Sends `request` to the
    /// other's sessions.
    pub async fn ask(&self, from: &UserId, to: &UserId) -> Result<FriendState> {
        two_people(from, to)?;
        // Whether a request is refused is not to be seen, not even from what is left of a rate:
        // each counts as if it were.
        self.take(Kind::Denied, from)?;
        self.take(Kind::Request, from)?;
        let (from, to) = (from.clone(), to.clone());
        self.run_on(|me, answer| async move {
            let _held = match me.hold_two(&from, &to, Asker::Known).await {
                Ok(held) => held,
                Err(refusal) => return drop(answer.send(Err(refusal))),
            };
            let asked = me.asked(&from, &to).await;
            let (state, is_told) = match asked {
                Ok(Asked::Friends) => (Ok(FriendState::Friends), None),
                Ok(Asked::Requested) => (Ok(FriendState::Requested), Some(true)),
                Ok(Asked::Quiet) => (Ok(FriendState::Requested), Some(false)),
                Ok(Asked::Full) => (Err(as_many_friends("the user has")), None),
                Err(refusal) => (Err(refusal), None),
            };
            // Before anybody is told, so it takes as long whether somebody is or not. Who asked may
            // have gone.
            let _ = answer.send(state);
            // Both are held until then: who blocks, declines or is erased is answered after it.
            if let Some(is_told) = is_told {
                me.tell_of_request(&from, &to, is_told).await;
            }
        })
        .await
    }

    /// Asks, in the store and the world. The caller holds both.
    async fn asked(&self, from: &UserId, to: &UserId) -> Result<Asked> {
        let asked = self.store.ask(from, to, self.now()).await?;
        match asked {
            Asked::Friends => self.befriend_in_world(from, to)?,
            Asked::Full => self.metrics.limits.one(Limit::RequestsWaiting),
            Asked::Requested | Asked::Quiet => {}
        }
        Ok(asked)
    }

    async fn tell_of_request(&self, from: &UserId, to: &UserId, is_told: bool) {
        let Ok(asker) = self.user(from.as_str()).await else {
            return;
        };
        let request = Request {
            user: from.as_str().to_owned(),
            name: asker.name,
        };
        if is_told {
            self.tell(to, &Event::Request(request)).await;
        }
    }

    /// Tells every session of a user.
    pub(super) async fn tell(&self, user: &UserId, event: &Event) {
        let sessions = self.desk().sessions(user.as_str());
        for session in sessions {
            self.posts.tell(session, event.clone()).await;
        }
    }

    /// Ends a friendship, withdraws a request, declines one: the same answer for each and for
    /// none of them.
    pub async fn unfriend(&self, user: &UserId, other: &UserId) -> Result<()> {
        let (user, other) = (user.clone(), other.clone());
        self.run(|me| async move {
            let boundary = {
                let _held = me.locks.two(user.as_str(), other.as_str()).await;
                let (user, other) = (user.as_str(), other.as_str());
                let were_friends = me.store.unfriend(user, other).await?;
                let (now, mut desk) = (me.now(), me.desk());
                if were_friends {
                    desk.keep_apart(user, other, now);
                }
                desk.unfriend(user, other)
            };
            me.passed(&boundary).await
        })
        .await
    }

    /// Brings a friend into the world, if she is not there, for a session that follows her or
    /// does not any more. Who is no friend is denied, whoever she is.
    pub async fn bring_friend(&self, user: &UserId, friend: &UserId) -> Result<()> {
        let (one, other) = (user.as_str(), friend.as_str());
        if !self.store.are_friends(one, other).await? {
            return Err(Refusal::Denied);
        }
        self.bring_in(friend).await
    }

    pub async fn friends(&self, user: &str, part: Part<'_>) -> Result<Vec<Listed>> {
        Ok(self.store.friends(user, part).await?)
    }

    pub async fn requests(&self, user: &str, part: Part<'_>) -> Result<Vec<Listed>> {
        Ok(self.store.requests(user, part).await?)
    }

    /// Among who is there; who is not brings her friends when she comes.
    fn befriend_in_world(&self, one: &UserId, other: &UserId) -> Result<()> {
        self.desk().befriend(one.as_str(), other.as_str())?;
        Ok(())
    }
}

pub(super) fn two_people(one: &UserId, other: &UserId) -> Result<()> {
    if one == other {
        return Err(Refusal::Bad("that is the same user twice".to_owned()));
    }
    Ok(())
}

fn as_many_friends(who: &str) -> Refusal {
    Refusal::Bad(format!("{who} as many friends or requests as one may have"))
}
