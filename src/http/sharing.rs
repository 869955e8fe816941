//! How a user shares where she is, until when, and whether strangers may see her.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::store::{Lent, SharingChange, User};
use crate::wire::{Sharing, Wrong, bounds};

use super::caller::Owner;
use super::problem::Problem;
use super::said;
use super::site::Site;
use super::told::Whole;

/// Sharing as it is answered.
#[derive(Serialize)]
pub(super) struct Shared {
    sharing: Sharing,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    strangers_consent: bool,
    history: bool,
}

/// What is named changes; `until` is the end of the sharing that comes with it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wish {
    sharing: Option<Sharing>,
    until: Option<u64>,
    strangers_consent: Option<bool>,
    history: Option<bool>,
}

impl Shared {
    pub(super) fn of(user: &User) -> Self {
        Self {
            sharing: user.sharing.sharing,
            until: user.sharing.until,
            strangers_consent: user.strangers_consent,
            history: user.history,
        }
    }
}

impl Wish {
    pub(super) fn check(self, now: u64) -> Result<SharingChange, Wrong> {
        let sharing = match (self.sharing, self.until) {
            (None, None) => None,
            (None, Some(_)) => return Err(Wrong::new("until", "comes without sharing")),
            (Some(sharing), None) => Some(Lent {
                sharing,
                until: None,
                then: None,
            }),
            (Some(sharing), Some(until)) => Some(Lent {
                sharing,
                until: Some(check_until(until, now)?),
                then: None,
            }),
        };
        Ok(SharingChange {
            sharing,
            strangers_consent: self.strangers_consent,
            history: self.history,
        })
    }
}

fn check_until(until: u64, now: u64) -> Result<u64, Wrong> {
    bounds::time_ms("until", until)?;
    let longest = now + 1000 * u64::from(*bounds::SHARING_FOR_S.end());
    if until <= now {
        return Err(Wrong::new("until", "has passed"));
    }
    if until > longest {
        return Err(Wrong::new("until", "is more than a year ahead"));
    }
    Ok(until)
}

pub(super) async fn read(
    State(site): State<Arc<Site>>,
    owner: Owner,
) -> Result<axum::Json<Shared>, Problem> {
    let user = site.accounts.user(owner.user.as_str()).await?;
    Ok(axum::Json(Shared::of(&user)))
}

pub(super) async fn write(
    State(site): State<Arc<Site>>,
    owner: Owner,
    Whole(body): Whole,
) -> Result<axum::Json<Shared>, Problem> {
    let change = said::sharing(&body, site.clock.now_ms())?;
    let user = site
        .accounts
        .put_sharing(&owner.user, &change, owner.asker())
        .await?;
    Ok(axum::Json(Shared::of(&user)))
}
