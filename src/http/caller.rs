//! Who asks, and whether she may: each route names one of these among its arguments.
//!
//! Judged in the order 401, 400, 403, so that nobody without a credential learns anything.

use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use hyper::StatusCode;
use hyper::header::{AUTHORIZATION, HeaderMap};
use hyper::http::request::Parts;

use crate::accounts::{Asker, Moment};
use crate::auth::{Caller, Claims, Rejected};
use crate::wire::UserId;

use super::problem::Problem;
use super::site::Site;

/// The user of a route `/v1/users/{id}/…`, asked for by herself or with a server key. By her own
/// token she comes into the world, if she was not there.
pub(super) struct Owner {
    pub(super) user: UserId,
    pub(super) caller: Caller,
    /// From before the credential was judged.
    judged: Moment,
}

/// The same without her coming into the world: for what ends her.
pub(super) struct Named(pub(super) UserId);

/// Whoever asks holds a server key.
pub(super) struct Backend;

/// The other user whom a path names, as `{friend}` or `{other}`.
pub(super) struct Other(pub(super) UserId);

impl Owner {
    /// Of her own token.
    pub(super) fn claims(&self) -> Option<&Claims> {
        match &self.caller {
            Caller::User(claims) => Some(claims),
            Caller::Server => None,
        }
    }

    /// Whether she may be made by what is asked: her own token has brought her in already.
    pub(super) fn asker(&self) -> Asker {
        match self.caller {
            Caller::User(_) => Asker::Known,
            Caller::Server => Asker::Maker(self.judged),
        }
    }

    /// Of a list in which there is nobody, tells one that is empty from one that is nobody's.
    pub(super) async fn must_exist(&self, site: &Site, empty: bool) -> Result<(), Problem> {
        if empty && self.caller == Caller::Server {
            site.accounts.user(self.user.as_str()).await?;
        }
        Ok(())
    }
}

/// The credential of the header `Authorization`; none: there is no such header. Of two a proxy in
/// front may have judged the other one.
///
/// # Errors
/// When there are several, or one that is no bearer's.
pub fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Rejected> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Ok(None),
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    };
    let (scheme, credential) = value
        .and_then(|value| value.split_once(' '))
        .ok_or(Rejected::Invalid)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(Some(credential.trim()))
    } else {
        Err(Rejected::Invalid)
    }
}

/// What a request's credential says.
pub(super) async fn credential(parts: &Parts, site: &Site) -> Result<Caller, Problem> {
    let missing = || {
        Problem::new(
            StatusCode::UNAUTHORIZED,
            "a credential is needed: Authorization: Bearer …",
        )
    };
    let credential = bearer(&parts.headers).ok().flatten().ok_or_else(missing)?;
    site.verifier.settle(credential).await;
    Ok(site.verifier.bearer(credential, site.clock.now_ms())?)
}

/// The variable parts of a path in their order, percent-decoded.
pub(super) struct InPath<const N: usize>(pub(super) [String; N]);

impl<const N: usize> FromRequestParts<Arc<Site>> for InPath<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, Problem> {
        let params = path(parts).await?;
        let values: Vec<String> = params.iter().map(|(_, value)| value.to_owned()).collect();
        values.try_into().map(Self).map_err(|_| no_route())
    }
}

/// A path with other parts than its route has.
fn no_route() -> Problem {
    Problem::not_found("there is no such route")
}

async fn path(parts: &mut Parts) -> Result<RawPathParams, Problem> {
    // The router would take such a sign for itself, and somebody would be called that.
    let mut escapes = parts.uri.path().split('%').skip(1);
    let is_hex = |escape: &str| {
        let digits = escape.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    if !escapes.all(is_hex) {
        let sentence = "the path has a % without two hexadecimal digits behind it";
        return Err(Problem::bad(sentence));
    }
    RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|_| Problem::bad("the path is not UTF-8"))
}

async fn user_in_path(parts: &mut Parts, names: &[&str]) -> Result<UserId, Problem> {
    let params = path(parts).await?;
    let found = params.iter().find(|(name, _)| names.contains(name));
    let (_, text) = found.ok_or_else(no_route)?;
    UserId::new(text).map_err(|error| Problem::field("user", error))
}

async fn owner(parts: &mut Parts, site: &Site) -> Result<Owner, Problem> {
    let judged = site.accounts.moment();
    let caller = credential(parts, site).await?;
    let user = user_in_path(parts, &["id"]).await?;
    match &caller {
        Caller::User(claims) if claims.user != user => {
            Err(Problem::forbidden("the token is another user's"))
        }
        _ => Ok(Owner {
            user,
            caller,
            judged,
        }),
    }
}

impl FromRequestParts<Arc<Site>> for Owner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Problem> {
        let owner = owner(parts, site).await?;
        // Of who is there already, with the same claims, nothing is asked of the store.
        if let Caller::User(claims) = &owner.caller
            && !site.accounts.knows(claims)
        {
            site.accounts.arrive(claims, owner.judged).await?;
        }
        Ok(owner)
    }
}

impl FromRequestParts<Arc<Site>> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Problem> {
        Ok(Self(owner(parts, site).await?.user))
    }
}

impl FromRequestParts<Arc<Site>> for Backend {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Problem> {
        match credential(parts, site).await? {
            Caller::Server => Ok(Self),
            Caller::User(_) => Err(Problem::forbidden("this takes a server key")),
        }
    }
}

impl FromRequestParts<Arc<Site>> for Other {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Site>) -> Result<Self, Problem> {
        Ok(Self(user_in_path(parts, &["friend", "other"]).await?))
    }
}
