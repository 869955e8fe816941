//! Waves and reports.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};

use super::users::{self, int, time};
use crate::store::{Report, Rules, Wave};
use crate::wire::UserId;

pub(super) async fn wave(
    on: &mut SqliteConnection,
    (by, whom): (&UserId, &UserId),
    rules: Rules,
    wave: Wave,
) -> sqlx::Result<bool> {
    let Wave {
        at,
        since,
        may_meet,
    } = wave;
    if by == whom {
        return Ok(false);
    }
    let by = users::make(on, by, rules.default_sharing, at).await?;
    let whom = users::name(on, whom).await?;
    // Her old waves go, so that the table holds no more than a user may wave in a while.
    sqlx::query(
        "DELETE FROM waves WHERE by = ?1 AND at < ?4;
        INSERT INTO waves (by, whom, at) SELECT ?1, ?2, ?3
            WHERE EXISTS (SELECT 1 FROM users WHERE number = ?2 AND created_at IS NOT NULL)
        ON CONFLICT (by, whom) DO UPDATE SET at = excluded.at",
    )
    .bind(by)
    .bind(whom)
    .bind(int(at))
    .bind(int(since))
    .execute(&mut *on)
    .await?;
    let have_met = sqlx::query_scalar(
        "SELECT ?4 AND EXISTS (SELECT 1 FROM waves WHERE by = ?2 AND whom = ?1 AND at >= ?3)
            AND NOT EXISTS (SELECT 1 FROM blocks WHERE by = ?1 AND whom = ?2)
            AND NOT EXISTS (SELECT 1 FROM blocks WHERE by = ?2 AND whom = ?1)",
    )
    .bind(by)
    .bind(whom)
    .bind(int(since))
    .bind(may_meet)
    .fetch_one(&mut *on)
    .await?;
    if have_met {
        // Told once: to meet again, both wave again.
        sqlx::query("DELETE FROM waves WHERE by = ?1 AND whom = ?2 OR by = ?2 AND whom = ?1")
            .bind(by)
            .bind(whom)
            .execute(&mut *on)
            .await?;
    }
    users::forget(on, whom).await?;
    Ok(have_met)
}

pub(super) async fn report(on: &mut SqliteConnection, report: &Report) -> sqlx::Result<u64> {
    let mut sides = [None, None];
    for (side, user) in sides.iter_mut().zip([&report.by, &report.user]) {
        if let Some(user) = user {
            *side = Some(users::name(on, user).await?);
        }
    }
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO reports (at, by, whom, reason, cell) VALUES (?1, ?2, ?3, ?4, ?5)
        RETURNING id",
    )
    .bind(int(report.at))
    .bind(sides[0])
    .bind(sides[1])
    .bind(&report.reason)
    .bind(&report.cell)
    .fetch_one(on)
    .await?;
    Ok(id.max(0) as u64)
}

pub(super) async fn reports(
    from: impl SqliteExecutor<'_>,
    after: u64,
    limit: usize,
) -> sqlx::Result<Vec<Report>> {
    let rows = sqlx::query(
        "SELECT reports.id, reports.at, one.id AS by, other.id AS user, reason, cell
        FROM reports
            LEFT JOIN users AS one ON one.number = reports.by
            LEFT JOIN users AS other ON other.number = reports.whom
        WHERE reports.id > ?1 ORDER BY reports.id LIMIT ?2",
    )
    .bind(int(after))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(from)
    .await?;
    rows.iter().map(reported).collect()
}

pub(super) async fn reports_by(
    from: impl SqliteExecutor<'_>,
    user: &str,
) -> sqlx::Result<Vec<Report>> {
    let rows = sqlx::query(
        "SELECT reports.id, reports.at, one.id AS by, other.id AS user, reason, cell
        FROM users AS one CROSS JOIN reports ON reports.by = one.number
            LEFT JOIN users AS other ON other.number = reports.whom
        WHERE one.id = ?1 ORDER BY reports.id",
    )
    .bind(user)
    .fetch_all(from)
    .await?;
    rows.iter().map(reported).collect()
}

fn reported(row: &SqliteRow) -> sqlx::Result<Report> {
    let side = |column| {
        let id: Option<&str> = row.try_get(column)?;
        Ok::<_, sqlx::Error>(id.and_then(|id| UserId::new(id).ok()))
    };
    Ok(Report {
        id: time(row, "id")?,
        at: time(row, "at")?,
        by: side("by")?,
        user: side("user")?,
        reason: row.try_get("reason")?,
        cell: row.try_get("cell")?,
    })
}
