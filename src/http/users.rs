//! A user's profile, all that is stored about her, and her end.

use std::sync::Arc;

use axum::extract::State;
use hyper::StatusCode;
use serde::Serialize;

use crate::accounts;
use crate::auth::Caller;
use crate::broker::Fix;
use crate::store::{Device, Export, Report, User};
use crate::wire::UserId;

use super::blocks::Block;
use super::caller::{Named, Owner};
use super::lists::Person;
use super::problem::Problem;
use super::said;
use super::sharing::Shared;
use super::site::Site;
use super::told::Whole;

/// A profile as it is answered.
#[derive(Serialize)]
pub(super) struct Shown {
    id: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stranger_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<String>,
    strangers_allowed: bool,
    created_at: u64,
}

/// What became of a user who was to be erased.
#[derive(Serialize)]
pub(super) struct Erased {
    /// Whether she was there.
    erased: bool,
    /// Where she is still to be erased.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pending: Vec<&'static str>,
}

/// Everything that is stored; its `user` can be a line of an import.
#[derive(Serialize)]
pub(super) struct Everything {
    user: Complete,
    friends: Vec<Person>,
    requests: Vec<Person>,
    requested: Vec<Person>,
    blocks: Vec<Block>,
    reports: Vec<OwnReport>,
    devices: Vec<OwnDevice>,
    /// In no store but the snapshot.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<OwnPosition>,
}

#[derive(Serialize)]
struct OwnPosition {
    lat: f64,
    lon: f64,
    seen_at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    accuracy_m: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    heading_deg: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed_mps: Option<f32>,
}

#[derive(Serialize)]
struct Complete {
    #[serde(flatten)]
    profile: Shown,
    #[serde(flatten)]
    sharing: Shared,
}

/// A report that she made. Whom it is about is not hers to know when she knew an alias.
#[derive(Serialize)]
struct OwnReport {
    at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    cell: String,
}

#[derive(Serialize)]
struct OwnDevice {
    id: String,
    name: String,
    at: u64,
}

impl From<User> for Shown {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            name: user.name,
            stranger_name: user.stranger_name,
            avatar_url: user.avatar_url,
            strangers_allowed: user.strangers_allowed,
            created_at: user.created_at,
        }
    }
}

impl Everything {
    fn of(export: Export, whereabouts: Option<Fix>) -> Self {
        let people = |listed: Vec<_>| listed.into_iter().map(Person::from).collect();
        Self {
            user: Complete {
                sharing: Shared::of(&export.user),
                profile: Shown::from(export.user),
            },
            friends: people(export.friends),
            requests: people(export.requests),
            requested: people(export.requested),
            blocks: export.blocks.into_iter().map(Block::from).collect(),
            reports: export.reports.into_iter().map(OwnReport::from).collect(),
            devices: export.devices.into_iter().map(OwnDevice::from).collect(),
            position: whereabouts.map(OwnPosition::from),
        }
    }
}

impl From<Fix> for OwnPosition {
    fn from(fix: Fix) -> Self {
        Self {
            lat: fix.position.lat(),
            lon: fix.position.lon(),
            seen_at: fix.seen_at,
            accuracy_m: fix.about.accuracy_m(),
            heading_deg: fix.about.heading_deg(),
            speed_mps: fix.about.speed_mps(),
        }
    }
}

impl From<Report> for OwnReport {
    fn from(report: Report) -> Self {
        Self {
            at: report.at,
            reason: report.reason,
            cell: report.cell,
        }
    }
}

impl From<Device> for OwnDevice {
    fn from(device: Device) -> Self {
        Self {
            id: device.id,
            name: device.name,
            at: device.at,
        }
    }
}

pub(super) async fn read(
    State(site): State<Arc<Site>>,
    owner: Owner,
) -> Result<axum::Json<Shown>, Problem> {
    let user = site.accounts.user(owner.user.as_str()).await?;
    Ok(axum::Json(user.into()))
}

pub(super) async fn write(
    State(site): State<Arc<Site>>,
    owner: Owner,
    Whole(body): Whole,
) -> Result<axum::Json<Shown>, Problem> {
    let change = said::profile(&body, &site.config.accounts.avatar_hosts)?;
    if change.strangers_allowed.is_some() && owner.caller != Caller::Server {
        return Err(Problem::forbidden("strangers_allowed takes a server key"));
    }
    let user = site
        .accounts
        .put_user(&owner.user, &change, owner.asker())
        .await?;
    Ok(axum::Json(user.into()))
}

pub(super) async fn erase(
    State(site): State<Arc<Site>>,
    Named(user): Named,
) -> Result<(StatusCode, axum::Json<Erased>), Problem> {
    let accounts::Erased { was_there, pending } = site.accounts.erase(&user).await?;
    let status = if pending.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::ACCEPTED
    };
    let erased = Erased {
        erased: was_there,
        pending,
    };
    Ok((status, axum::Json(erased)))
}

pub(super) async fn export(
    State(site): State<Arc<Site>>,
    owner: Owner,
) -> Result<axum::Json<Everything>, Problem> {
    let user = owner.user.as_str();
    let export = site.accounts.export(user).await?;
    let whereabouts = site.accounts.whereabouts(user);
    Ok(axum::Json(Everything::of(export, whereabouts)))
}
