//! The world, asked without a session.

use nearcast_grid::Position;

use crate::auth::Claims;
use crate::broker::{Denied, Move, Moved, Outlook, Page, Paged, Reasons, Worker};
use crate::limits::Kind;
use crate::wire::{Mode, Person, UserId};

use super::arrival::TRIES;
use super::{Accounts, Opening, Refusal, Result};

impl Accounts {
    /// A move without a socket; brings the user into the world first if she is not there, as her
    /// own token has it, if she asks.
    pub async fn moved(&self, user: &UserId, claims: Option<&Claims>, to: &Move) -> Result<Moved> {
        self.take(Kind::Move, user)?;
        let now = self.now();
        self.ask_about(user, claims, |desk| desk.report(user.as_str(), to, now))
            .await
    }

    /// A page as a new session would get it; brings the user into the world first as well.
    pub async fn nearby(
        &self,
        user: &UserId,
        claims: Option<&Claims>,
        mode: Mode,
        radius_m: f32,
        page: &Page<'_>,
        mut person: impl FnMut(&Person<'_>) + Send,
    ) -> Result<Paged> {
        let now = self.now();
        self.ask_about(user, claims, |desk| {
            desk.peek(user.as_str(), mode, radius_m, page, now, &mut person)
        })
        .await
    }

    /// Asks about a user who may have to come first, and may leave again in that very moment.
    async fn ask_about<T>(
        &self,
        user: &UserId,
        claims: Option<&Claims>,
        mut ask: impl FnMut(&mut Worker) -> std::result::Result<T, Denied>,
    ) -> Result<T> {
        for _ in 0..TRIES {
            let answer = {
                let mut desk = self.desk();
                // She is let in with the desk held: whoever is not entering here, and was not
                // restored alone, is there whole.
                if self.entrants.contains(user) || !self.broker.is_complete(user.as_str()) {
                    Err(Denied::Unknown)
                } else {
                    ask(&mut desk)
                }
            };
            if !matches!(answer, Err(Denied::Unknown)) {
                return Ok(answer?);
            }
            match claims {
                Some(claims) => self.arrive_again(claims).await.map(|_| ())?,
                None => self.bring_in(user).await?,
            }
        }
        Err(Refusal::Unavailable)
    }

    /// Everybody visible in a circle, the nearest first, for who holds a server key.
    pub fn within(
        &self,
        centre: Position,
        radius_m: f64,
        limit: usize,
        person: impl FnMut(&Person<'_>),
    ) -> usize {
        let now = self.now();
        self.desk().within(centre, radius_m, limit, now, person)
    }

    /// Why somebody does not see somebody. Both are brought into the world for it, if they exist.
    pub async fn why(&self, viewer: &str, subject: &str) -> Result<Reasons> {
        for user in [viewer, subject] {
            let user = UserId::new(user).map_err(|_| Refusal::NotFound)?;
            self.bring_in(&user).await?;
        }
        let now = self.now();
        let reasons = self.desk().why(viewer, subject, now);
        Ok(reasons?)
    }

    /// The two halves of whether a user is open to strangers.
    pub async fn opening(&self, user: &UserId) -> Result<Opening> {
        let stored = self.user(user.as_str()).await?;
        Ok(Opening::of(&stored, &self.permits.of(user.as_str())))
    }

    /// What each session of a viewer makes of somebody. One that ends meanwhile is left out.
    pub async fn outlooks(&self, viewer: &str, subject: &UserId) -> Vec<Outlook> {
        let sessions = self.desk().sessions(viewer);
        let mut outlooks = Vec::new();
        for session in sessions {
            outlooks.extend(self.posts.look(session, subject.clone()).await);
        }
        outlooks
    }
}
