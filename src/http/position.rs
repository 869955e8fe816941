//! A move without a socket.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use crate::broker::{About, Move};
use crate::wire;

use super::caller::Owner;
use super::problem::Problem;
use super::site::Site;
use super::told::Json;

#[derive(Serialize)]
pub(super) struct Taken {}

pub(super) async fn report(
    State(site): State<Arc<Site>>,
    owner: Owner,
    Json(said): Json<wire::Move>,
) -> Result<axum::Json<Taken>, Problem> {
    let to = Move {
        position: said.position,
        about: About::new(said.accuracy_m, said.heading_deg, said.speed_mps),
        at: said.at,
    };
    site.accounts.moved(&owner.user, &to).await?;
    Ok(axum::Json(Taken {}))
}
