//! Device tokens, by their hashes.

use sqlx::{Row, SqliteConnection, SqliteExecutor};

use super::users::{self, int, time};
use crate::store::{DEVICES, Device, Rules};
use crate::wire::UserId;

pub(super) async fn add(
    on: &mut SqliteConnection,
    user: &UserId,
    rules: Rules,
    device: &Device,
    hash: &[u8; 32],
) -> sqlx::Result<bool> {
    let of = users::make(on, user, rules.default_sharing, device.at).await?;
    let added = sqlx::query(
        "INSERT INTO devices (of, id, name, at, hash)
        SELECT ?1, ?2, ?3, ?4, ?5
        WHERE (SELECT count(*) FROM devices WHERE of = ?1 AND id <> ?2) < ?6
        ON CONFLICT (of, id) DO UPDATE SET
            name = excluded.name, at = excluded.at, hash = excluded.hash",
    )
    .bind(of)
    .bind(&device.id)
    .bind(&device.name)
    .bind(int(device.at))
    .bind(&hash[..])
    .bind(DEVICES as i64)
    .execute(on)
    .await?;
    Ok(added.rows_affected() > 0)
}

pub(super) async fn list(from: impl SqliteExecutor<'_>, user: &str) -> sqlx::Result<Vec<Device>> {
    let rows = sqlx::query(
        "SELECT id, name, at FROM devices
        WHERE of = (SELECT number FROM users WHERE id = ?1) ORDER BY id",
    )
    .bind(user)
    .fetch_all(from)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Device {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                at: time(row, "at")?,
            })
        })
        .collect()
}

pub(super) async fn remove(
    on: &mut SqliteConnection,
    user: &str,
    device: &str,
) -> sqlx::Result<bool> {
    let removed = sqlx::query(
        "DELETE FROM devices WHERE of = (SELECT number FROM users WHERE id = ?1) AND id = ?2",
    )
    .bind(user)
    .bind(device)
    .execute(on)
    .await?;
    Ok(removed.rows_affected() > 0)
}

pub(super) async fn user_of(
    from: impl SqliteExecutor<'_>,
    hash: &[u8; 32],
) -> sqlx::Result<Option<UserId>> {
    let row = sqlx::query(
        "SELECT users.id FROM devices JOIN users ON users.number = devices.of WHERE hash = ?1",
    )
    .bind(&hash[..])
    .fetch_optional(from)
    .await?;
    row.as_ref().map(|row| users::id(row, "id")).transpose()
}
