//! Friendships and the requests for them.

use std::sync::Arc;

use axum::extract::State;
use hyper::StatusCode;
use serde::Serialize;

use crate::accounts::FriendState;
use crate::auth::Caller;
use crate::store::{Listed, Part};

use super::caller::{Other, Owner};
use super::lists::{Asked, Page, Person};
use super::problem::Problem;
use super::site::Site;
use super::told::Query;

#[derive(Serialize)]
pub(super) struct Friends {
    friends: Vec<Person>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Requests {
    requests: Vec<Person>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What a PUT has led to.
#[derive(Serialize)]
pub(super) struct Standing {
    state: &'static str,
}

pub(super) async fn list(
    State(site): State<Arc<Site>>,
    owner: Owner,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Friends>, Problem> {
    let page = asked.check("friends")?;
    let part = part(&page);
    let listed = site.accounts.friends(owner.user.as_str(), part).await?;
    owner.must_exist(&site, listed.is_empty()).await?;
    let (friends, next) = cut("friends", &page, listed);
    Ok(axum::Json(Friends { friends, next }))
}

pub(super) async fn requests(
    State(site): State<Arc<Site>>,
    owner: Owner,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Requests>, Problem> {
    let page = asked.check("requests")?;
    let part = part(&page);
    let listed = site.accounts.requests(owner.user.as_str(), part).await?;
    owner.must_exist(&site, listed.is_empty()).await?;
    let (requests, next) = cut("requests", &page, listed);
    Ok(axum::Json(Requests { requests, next }))
}

fn part(page: &Page) -> Part<'_> {
    Part {
        after: page.after.as_deref(),
        limit: page.and_one(),
    }
}

fn cut(list: &str, page: &Page, mut listed: Vec<Listed>) -> (Vec<Person>, Option<String>) {
    let next = page.cut(list, &mut listed, |last| last.user.to_string());
    (listed.into_iter().map(Person::from).collect(), next)
}

/// A server key makes the friendship; a user asks for it.
pub(super) async fn make(
    State(site): State<Arc<Site>>,
    owner: Owner,
    Other(friend): Other,
) -> Result<axum::Json<Standing>, Problem> {
    if owner.user == friend {
        return Err(Problem::field("friend", "nobody is her own friend"));
    }
    let state = match owner.caller {
        Caller::Server => {
            site.accounts.befriend(&owner.user, &friend).await?;
            FriendState::Friends
        }
        Caller::User(_) => site.accounts.ask(&owner.user, &friend).await?,
    };
    let state = match state {
        FriendState::Friends => "friends",
        FriendState::Requested => "requested",
    };
    Ok(axum::Json(Standing { state }))
}

/// Also declines, and takes a request back.
pub(super) async fn end(
    State(site): State<Arc<Site>>,
    owner: Owner,
    Other(friend): Other,
) -> Result<StatusCode, Problem> {
    site.accounts.unfriend(&owner.user, &friend).await?;
    Ok(StatusCode::NO_CONTENT)
}
