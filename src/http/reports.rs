//! Reports for moderation, oldest first.

use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;

use crate::store;
use crate::wire::{UserId, Wrong};

use super::caller::Backend;
use super::lists::Asked;
use super::problem::Problem;
use super::site::Site;
use super::told::Query;

#[derive(Serialize)]
pub(super) struct Reports {
    reports: Vec<Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct Report {
    id: u64,
    at: u64,
    /// Absent: erased since.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    cell: String,
}

impl From<store::Report> for Report {
    fn from(report: store::Report) -> Self {
        Self {
            id: report.id,
            at: report.at,
            by: report.by,
            user: report.user,
            reason: report.reason,
            cell: report.cell,
        }
    }
}

pub(super) async fn list(
    State(site): State<Arc<Site>>,
    _: Backend,
    Query(asked): Query<Asked>,
) -> Result<axum::Json<Reports>, Problem> {
    let page = asked.check("reports")?;
    let after = match &page.after {
        Some(text) => text
            .parse()
            .map_err(|_| Wrong::new("cursor", "is none of this list's"))?,
        None => 0,
    };
    let mut reports = site.accounts.reports(after, page.and_one()).await?;
    let next = page.cut("reports", &mut reports, |last| last.id.to_string());
    let reports = reports.into_iter().map(Report::from).collect();
    Ok(axum::Json(Reports { reports, next }))
}
