//! Whom an alias names, for moderation. The accounts say in the log that it was asked.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::wire::{UserId, bounds};

use super::caller::Backend;
use super::problem::Problem;
use super::site::Site;
use super::told::Json;

#[derive(Deserialize)]
pub(super) struct Alias {
    viewer: UserId,
    alias: String,
}

#[derive(Serialize)]
pub(super) struct Resolved {
    user: UserId,
}

pub(super) async fn resolve(
    State(site): State<Arc<Site>>,
    _: Backend,
    Json(asked): Json<Alias>,
) -> Result<axum::Json<Resolved>, Problem> {
    let alias = bounds::opaque("alias", asked.alias)?;
    let user = site.accounts.resolve(&asked.viewer, &alias).await?;
    Ok(axum::Json(Resolved { user }))
}
