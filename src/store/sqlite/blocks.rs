//! Who blocks whom, by name and through an alias.

use sqlx::SqliteConnection;

use super::friends;
use super::ghosts;
use super::users::{self, int};
use crate::store::Rules;
use crate::wire::UserId;

/// `alias`: the id under which a block that is made through an alias will be listed.
pub(super) async fn block(
    on: &mut SqliteConnection,
    (by, whom): (&UserId, &UserId),
    alias: Option<&str>,
    rules: Rules,
    now: u64,
) -> sqlx::Result<bool> {
    if by == whom {
        return Ok(false);
    }
    let by = users::make(on, by, rules.default_sharing, now).await?;
    let whom = users::name(on, whom).await?;
    let (there, count): (bool, i64) = sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM blocks
                WHERE by = ?1 AND whom = ?2 AND (alias IS NULL OR named) = ?3),
            (SELECT count(*) FROM blocks WHERE by = ?1)",
    )
    .bind(by)
    .bind(whom)
    .bind(alias.is_none())
    .fetch_one(&mut *on)
    .await?;
    if !there && count >= rules.blocks as i64 {
        users::forget(on, whom).await?;
        return Ok(false);
    }
    friends::part(on, by, whom).await?;
    // What the other side asked stays in her own list, unheard: that it went would tell her. And
    // after a block through an alias nothing goes from a list of who blocks: it would tell her
    // whose alias that was.
    sqlx::query(
        "UPDATE blocks SET alias = NULL, named = 0
            WHERE by = ?1 AND whom = ?2 AND named AND ?3 IS NULL;
        INSERT INTO blocks (by, whom, alias, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING;
        UPDATE requests SET state = 3
            WHERE asker = ?1 AND asked = ?2 AND state = 1 AND ?3 IS NULL;
        DELETE FROM requests
            WHERE asker = ?1 AND asked = ?2 AND state IN (0, 2) AND ?3 IS NULL;
        UPDATE requests SET state = 2 WHERE asker = ?1 AND asked = ?2 AND state = 0;
        UPDATE requests SET state = 2
            WHERE asker = ?2 AND asked = ?1 AND state = 0 AND ?3 IS NULL;
        DELETE FROM waves WHERE by = ?1 AND whom = ?2;
        DELETE FROM waves WHERE by = ?2 AND whom = ?1",
    )
    .bind(by)
    .bind(whom)
    .bind(alias)
    .bind(int(now))
    .execute(&mut *on)
    .await?;
    if alias.is_some() {
        // Of who was erased meanwhile only her ghost is named.
        users::forget(on, whom).await?;
    }
    Ok(true)
}

/// The plus keeps SQLite from looking at all blocks without alias, whosever they are.
///
/// Takes as long whether there is such a block, or such a user, or not.
pub(super) async fn unblock(
    on: &mut SqliteConnection,
    by: &str,
    which: &str,
) -> sqlx::Result<Option<UserId>> {
    ghosts::wake(on, &[which]).await?;
    let (by, whom) = users::numbers(on, by, which).await?;
    let removed: Option<i64> = sqlx::query_scalar(
        "DELETE FROM blocks WHERE by = ?1 AND (alias = ?3 OR (whom = ?2 AND (+alias IS NULL OR named)))
        RETURNING whom",
    )
    .bind(by)
    .bind(whom)
    .bind(which)
    .fetch_optional(&mut *on)
    .await?;
    let removed = removed.unwrap_or(0);
    let freed: Option<String> = sqlx::query_scalar(
        "SELECT id FROM users WHERE number = ?2
            AND NOT EXISTS (SELECT 1 FROM blocks WHERE by = ?1 AND whom = ?2)",
    )
    .bind(by)
    .bind(removed)
    .fetch_optional(&mut *on)
    .await?;
    for named in [removed, whom] {
        users::forget(on, named).await?;
    }
    Ok(freed.and_then(|id| UserId::new(&id).ok()))
}
