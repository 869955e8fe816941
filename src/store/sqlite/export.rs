//! Everything that is stored about a user, as of one instant.

use sqlx::sqlite::SqlitePool;

use super::{devices, lists, strangers, users};
use crate::store::Export;

pub(super) async fn export(readers: &SqlitePool, user: &str) -> sqlx::Result<Option<Export>> {
    let mut now = readers.begin().await?;
    let Some(found) = users::read(&mut *now, user).await? else {
        return Ok(None);
    };
    Ok(Some(Export {
        user: found,
        friends: lists::friends(&mut *now, user, lists::ALL).await?,
        requests: lists::requests(&mut *now, user, lists::ALL).await?,
        requested: lists::requested(&mut *now, user).await?,
        blocks: lists::blocks(&mut *now, user, lists::ALL).await?,
        reports: strangers::reports_by(&mut *now, user).await?,
        devices: devices::list(&mut *now, user).await?,
    }))
}
