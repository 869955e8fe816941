//! Whom an alias names, for moderation. The accounts say in the log that it was asked.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use crate::wire::UserId;

use super::caller::Backend;
use super::problem::Problem;
use super::said;
use super::site::Site;
use super::told::Whole;

#[derive(Serialize)]
pub(super) struct Resolved {
    user: UserId,
}

pub(super) async fn resolve(
    State(site): State<Arc<Site>>,
    _: Backend,
    Whole(body): Whole,
) -> Result<axum::Json<Resolved>, Problem> {
    let said::Alias { viewer, alias } = said::alias(&body)?;
    let user = site.accounts.resolve(&viewer, &alias).await?;
    Ok(axum::Json(Resolved { user }))
}
