//! Blocks: neither sees the other in any mode. One made through an alias never says who it is.

use std::sync::Arc;

use axum::extract::State;
use hyper::StatusCode;
use serde::Serialize;

use crate::auth::Caller;
use crate::store::{Blocked, Part};
use crate::wire::client::Target;

use super::caller::{Other, Owner};
use super::lists::{Asked, Person};
use super::problem::Problem;
use super::site::Site;
use super::told::Query;

#[derive(Serialize)]
pub(super) struct Blocks {
    blocks: Vec<Block>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Block {
    User(Person),
    Alias { block: String, at: u64 },
}

impl From<Blocked> for Block {
    fn from(blocked: Blocked) -> Self {
        match blocked {
            Blocked::User(listed) => Self::User(listed.into()),
            Blocked::Alias { block, at } => Self::Alias { block, at },
        }
    }
}

pub(super) async fn list(
    State(site): State<Arc<Site>>,
    owner: Owner,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Blocks>, Problem> {
    let page = asked.check("blocks")?;
    let part = Part {
        after: page.after.as_deref(),
        limit: page.and_one(),
    };
    let mut blocked = site.accounts.blocks(owner.user.as_str(), part).await?;
    owner.must_exist(&site, blocked.is_empty()).await?;
    let next = page.cut("blocks", &mut blocked, |last| last.key().to_owned());
    let blocks = blocked.into_iter().map(Block::from).collect();
    Ok(axum::Json(Blocks { blocks, next }))
}

pub(super) async fn make(
    State(site): State<Arc<Site>>,
    owner: Owner,
    Other(other): Other,
) -> Result<StatusCode, Problem> {
    if owner.user == other {
        return Err(Problem::field("other", "nobody blocks herself"));
    }
    let whom = Target::User(other);
    match owner.caller {
        Caller::Server => site.accounts.block_for(&owner.user, &whom).await?,
        Caller::User(_) => site.accounts.block(&owner.user, &whom).await?,
    }
    Ok(StatusCode::NO_CONTENT)
}

/// By the user's id, or the block's when it was made through an alias.
pub(super) async fn end(
    State(site): State<Arc<Site>>,
    owner: Owner,
    Other(which): Other,
) -> Result<StatusCode, Problem> {
    site.accounts.unblock(&owner.user, which.as_str()).await?;
    Ok(StatusCode::NO_CONTENT)
}
