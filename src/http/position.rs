//! A move without a socket.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use crate::broker::{About, Move};

use super::caller::Owner;
use super::problem::Problem;
use super::said;
use super::site::Site;
use super::told::Whole;

#[derive(Serialize)]
pub(super) struct Taken {}

pub(super) async fn report(
    State(site): State<Arc<Site>>,
    owner: Owner,
    Whole(body): Whole,
) -> Result<axum::Json<Taken>, Problem> {
    let said = said::position(&body)?;
    let to = Move {
        position: said.position,
        about: About::new(said.accuracy_m, said.heading_deg, said.speed_mps),
        at: said.at,
    };
    site.accounts
        .moved(&owner.user, owner.claims(), &to)
        .await?;
    Ok(axum::Json(Taken {}))
}
