//! Lists of people, part by part, in the order of their ids.
//!
//! `CROSS JOIN` keeps SQLite from walking through all users in that order.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteExecutor};

use super::users::{id, time};
use crate::store::{Blocked, Listed, Part};

/// Everything that there is.
pub(super) const ALL: Part<'static> = Part {
    after: None,
    limit: usize::MAX,
};

const FRIENDS: &str = "SELECT users.id, users.name, friendships.at
    FROM friendships CROSS JOIN users ON users.number = friendships.other
    WHERE friendships.one = (SELECT number FROM users WHERE id = ?1) AND users.id > ?2
    ORDER BY users.id LIMIT ?3";

const REQUESTS: &str = "SELECT users.id, users.name, requests.at
    FROM requests CROSS JOIN users ON users.number = requests.asker
    WHERE requests.asked = (SELECT number FROM users WHERE id = ?1) AND requests.state = 0
        AND users.id > ?2
    ORDER BY users.id LIMIT ?3";

/// Without names: they would tell who exists.
const REQUESTED: &str = "SELECT users.id, NULL AS name, requests.at
    FROM requests CROSS JOIN users ON users.number = requests.asked
    WHERE requests.asker = (SELECT number FROM users WHERE id = ?1) AND requests.state <> 3
        AND users.id > ?2
    ORDER BY users.id LIMIT ?3";

/// Without names as well.
const BLOCKS: &str = "SELECT coalesce(blocks.alias, users.id) AS id, NULL AS name, blocks.at,
        blocks.alias IS NOT NULL AS through_alias
    FROM blocks CROSS JOIN users ON users.number = blocks.whom
    WHERE blocks.by = (SELECT number FROM users WHERE id = ?1)
        AND coalesce(blocks.alias, users.id) > ?2
    ORDER BY 1 LIMIT ?3";

pub(super) async fn friends(
    from: impl SqliteExecutor<'_>,
    user: &str,
    part: Part<'_>,
) -> sqlx::Result<Vec<Listed>> {
    people(from, FRIENDS, user, part).await
}

pub(super) async fn requests(
    from: impl SqliteExecutor<'_>,
    user: &str,
    part: Part<'_>,
) -> sqlx::Result<Vec<Listed>> {
    people(from, REQUESTS, user, part).await
}

pub(super) async fn requested(
    from: impl SqliteExecutor<'_>,
    user: &str,
) -> sqlx::Result<Vec<Listed>> {
    people(from, REQUESTED, user, ALL).await
}

pub(super) async fn blocks(
    from: impl SqliteExecutor<'_>,
    user: &str,
    part: Part<'_>,
) -> sqlx::Result<Vec<Blocked>> {
    let rows = rows(from, BLOCKS, user, part).await?;
    rows.iter()
        .map(|row| {
            Ok(if row.try_get("through_alias")? {
                Blocked::Alias {
                    block: row.try_get("id")?,
                    at: time(row, "at")?,
                }
            } else {
                Blocked::User(listed(row)?)
            })
        })
        .collect()
}

async fn people(
    from: impl SqliteExecutor<'_>,
    list: &'static str,
    user: &str,
    part: Part<'_>,
) -> sqlx::Result<Vec<Listed>> {
    let rows = rows(from, list, user, part).await?;
    rows.iter().map(listed).collect()
}

async fn rows(
    from: impl SqliteExecutor<'_>,
    list: &'static str,
    user: &str,
    part: Part<'_>,
) -> sqlx::Result<Vec<SqliteRow>> {
    sqlx::query(list)
        .bind(user)
        .bind(part.after.unwrap_or(""))
        .bind(i64::try_from(part.limit).unwrap_or(i64::MAX))
        .fetch_all(from)
        .await
}

fn listed(row: &SqliteRow) -> sqlx::Result<Listed> {
    Ok(Listed {
        user: id(row, "id")?,
        name: row.try_get("name")?,
        at: time(row, "at")?,
    })
}
