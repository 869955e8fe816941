//! Rows of users: made, named, read, changed, erased.

use serde::Deserialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqliteExecutor};

use super::ghosts;
use crate::store::{Known, Lent, ProfileChange, SharingChange, User};
use crate::wire::{Sharing, UserId};

/// A time, as SQLite has numbers.
pub(super) fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What stands in a file that somebody else has written to may be anything.
fn odd(what: &str) -> sqlx::Error {
    sqlx::Error::Decode(format!("the file has an odd {what}").into())
}

pub(super) fn time(row: &SqliteRow, column: &str) -> sqlx::Result<u64> {
    row.try_get::<i64, _>(column).map(|at| at.max(0) as u64)
}

pub(super) fn id(row: &SqliteRow, column: &str) -> sqlx::Result<UserId> {
    UserId::new(row.try_get(column)?).map_err(|_| odd("user id"))
}

fn ids(row: &SqliteRow, column: &str) -> sqlx::Result<Vec<UserId>> {
    serde_json::from_str(row.try_get(column)?).map_err(|_| odd("user id"))
}

fn sharing(text: &str) -> sqlx::Result<Sharing> {
    Sharing::parse(text).ok_or_else(|| odd("sharing"))
}

fn user(row: &SqliteRow) -> sqlx::Result<User> {
    let until: Option<i64> = row.try_get("sharing_until")?;
    let then: Option<&str> = row.try_get("sharing_then")?;
    Ok(User {
        id: id(row, "id")?,
        name: row.try_get("name")?,
        stranger_name: row.try_get("stranger_name")?,
        avatar_url: row.try_get("avatar_url")?,
        strangers_allowed: row.try_get("strangers_allowed")?,
        strangers_consent: row.try_get("strangers_consent")?,
        history: row.try_get("history")?,
        sharing: Lent {
            sharing: sharing(row.try_get("sharing")?)?,
            until: until.map(|until| until.max(0) as u64),
            then: then.map(sharing).transpose()?,
        },
        created_at: time(row, "created_at")?,
    })
}

pub(super) async fn read(
    from: impl SqliteExecutor<'_>,
    user_id: &str,
) -> sqlx::Result<Option<User>> {
    let row = sqlx::query("SELECT * FROM users WHERE id = ?1 AND created_at IS NOT NULL")
        .bind(user_id)
        .fetch_optional(from)
        .await?;
    row.as_ref().map(user).transpose()
}

/// A row as JSON.
#[derive(Deserialize)]
struct Packed<'r> {
    id: UserId,
    name: Option<String>,
    stranger_name: Option<String>,
    avatar_url: Option<String>,
    strangers_allowed: u8,
    strangers_consent: u8,
    history: u8,
    sharing: &'r str,
    sharing_until: Option<i64>,
    sharing_then: Option<&'r str>,
    created_at: i64,
}

impl Packed<'_> {
    fn user(self) -> sqlx::Result<User> {
        Ok(User {
            id: self.id,
            name: self.name,
            stranger_name: self.stranger_name,
            avatar_url: self.avatar_url,
            strangers_allowed: self.strangers_allowed != 0,
            strangers_consent: self.strangers_consent != 0,
            history: self.history != 0,
            sharing: Lent {
                sharing: sharing(self.sharing)?,
                until: self.sharing_until.map(|until| until.max(0) as u64),
                then: self.sharing_then.map(sharing).transpose()?,
            },
            created_at: self.created_at.max(0) as u64,
        })
    }
}

/// These, each in her place if she exists; in one row, since many are read when a server starts.
pub(super) async fn read_all(
    from: impl SqliteExecutor<'_>,
    users: &[&UserId],
) -> sqlx::Result<Vec<Option<User>>> {
    let ids: Vec<&str> = users.iter().map(|user| user.as_str()).collect();
    let ids = serde_json::to_string(&ids).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let rows: String = sqlx::query_scalar(
        "SELECT json_group_array(CASE WHEN created_at IS NULL THEN NULL ELSE
            json_array(users.id, name, stranger_name, avatar_url,
                strangers_allowed, strangers_consent, history,
                sharing, sharing_until, sharing_then, created_at) END)
        FROM json_each(?1) LEFT JOIN users ON users.id = json_each.value",
    )
    .bind(ids)
    .fetch_one(from)
    .await?;
    let rows: Vec<Option<Packed<'_>>> = serde_json::from_str(&rows).map_err(|_| odd("user"))?;
    let read = rows
        .into_iter()
        .map(|row| row.map(Packed::user).transpose());
    let read: Vec<Option<User>> = read.collect::<sqlx::Result<_>>()?;
    let is_in_place = |(read, &asked): (&Option<User>, &&UserId)| {
        read.as_ref().is_none_or(|user| user.id == *asked)
    };
    // An aggregate over one table after another is in the order of the first.
    if read.len() != users.len() || !read.iter().zip(users).all(is_in_place) {
        return Err(odd("order of users"));
    }
    Ok(read)
}

/// A user who was just made.
pub(super) async fn read_made(on: &mut SqliteConnection, user: &UserId) -> sqlx::Result<User> {
    let found = read(on, user.as_str()).await?;
    found.ok_or(sqlx::Error::RowNotFound)
}

/// One statement, so one instant; one row, since each row is a message between threads. Ghosts are
/// left out.
pub(super) async fn known(
    from: impl SqliteExecutor<'_>,
    user_id: &str,
) -> sqlx::Result<Option<Known>> {
    let row = sqlx::query(
        "SELECT me.*,
            (SELECT json_group_array(users.id) FROM friendships
                CROSS JOIN users ON users.number = friendships.other
                WHERE friendships.one = me.number) AS friends_of,
            (SELECT json_group_array(DISTINCT users.id) FROM blocks
                CROSS JOIN users ON users.number = blocks.whom
                WHERE blocks.by = me.number AND users.id >= ' ') AS blocks_of,
            (SELECT json_group_array(DISTINCT users.id) FROM blocks
                CROSS JOIN users ON users.number = blocks.by
                WHERE blocks.whom = me.number) AS blocked_by
        FROM users AS me WHERE me.id = ?1 AND me.created_at IS NOT NULL",
    )
    .bind(user_id)
    .fetch_optional(from)
    .await?;
    row.map(|row| {
        Ok(Known {
            user: user(&row)?,
            friends: ids(&row, "friends_of")?,
            blocks: ids(&row, "blocks_of")?,
            blocked_by: ids(&row, "blocked_by")?,
        })
    })
    .transpose()
}

/// The number of a user who exists from here on.
pub(super) async fn make(
    on: &mut SqliteConnection,
    user: &UserId,
    default_sharing: Sharing,
    now: u64,
) -> sqlx::Result<i64> {
    let haunted = ghosts::wake(on, &[user.as_str()]).await?;
    let number = sqlx::query_scalar(
        "INSERT INTO users (id, created_at, sharing) VALUES (?1, ?2, ?3)
        ON CONFLICT (id) DO UPDATE SET
            created_at = coalesce(created_at, excluded.created_at),
            sharing = coalesce(sharing, excluded.sharing)
        RETURNING number",
    )
    .bind(user.as_str())
    .bind(int(now))
    .bind(default_sharing.as_str())
    .fetch_one(&mut *on)
    .await?;
    if haunted {
        ghosts::end(on, number).await?;
    }
    Ok(number)
}

/// The number of somebody who is named and may not exist.
pub(super) async fn name(on: &mut SqliteConnection, user: &UserId) -> sqlx::Result<i64> {
    ghosts::wake(on, &[user.as_str()]).await?;
    sqlx::query_scalar(
        "INSERT INTO users (id) VALUES (?1)
        ON CONFLICT (id) DO UPDATE SET created_at = created_at RETURNING number",
    )
    .bind(user.as_str())
    .fetch_one(on)
    .await
}

/// The numbers of two users, 0 for who is not even named; takes as long whoever they are.
pub(super) async fn numbers(
    on: &mut SqliteConnection,
    one: &str,
    other: &str,
) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as(
        "SELECT coalesce((SELECT number FROM users WHERE id = ?1), 0),
            coalesce((SELECT number FROM users WHERE id = ?2), 0)",
    )
    .bind(one)
    .bind(other)
    .fetch_one(on)
    .await
}

/// Lets go of somebody who is not there and whom nobody names any more.
pub(super) async fn forget(on: &mut SqliteConnection, number: i64) -> sqlx::Result<()> {
    sqlx::query(
        "DELETE FROM users WHERE number = ?1 AND created_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM requests WHERE asked = ?1)
            AND NOT EXISTS (SELECT 1 FROM blocks WHERE whom = ?1)
            AND NOT EXISTS (SELECT 1 FROM reports WHERE whom = ?1)
            AND NOT EXISTS (SELECT 1 FROM waves WHERE whom = ?1)",
    )
    .bind(number)
    .execute(&mut *on)
    .await?;
    ghosts::go_back(on, number).await
}

pub(super) async fn change_profile(
    on: &mut SqliteConnection,
    number: i64,
    change: &ProfileChange,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE users SET
            name = CASE WHEN ?2 THEN ?3 ELSE name END,
            stranger_name = CASE WHEN ?4 THEN ?5 ELSE stranger_name END,
            avatar_url = CASE WHEN ?6 THEN ?7 ELSE avatar_url END,
            strangers_allowed = coalesce(?8, strangers_allowed)
        WHERE number = ?1",
    )
    .bind(number)
    .bind(change.name.is_some())
    .bind(change.name.as_ref().and_then(Option::as_deref))
    .bind(change.stranger_name.is_some())
    .bind(change.stranger_name.as_ref().and_then(Option::as_deref))
    .bind(change.avatar_url.is_some())
    .bind(change.avatar_url.as_ref().and_then(Option::as_deref))
    .bind(change.strangers_allowed)
    .execute(on)
    .await
    .map(drop)
}

pub(super) async fn change_sharing(
    on: &mut SqliteConnection,
    number: i64,
    change: &SharingChange,
) -> sqlx::Result<()> {
    let lent = change.sharing;
    sqlx::query(
        "UPDATE users SET
            sharing = coalesce(?2, sharing),
            sharing_until = CASE WHEN ?2 IS NULL THEN sharing_until ELSE ?3 END,
            sharing_then = CASE WHEN ?2 IS NULL THEN sharing_then ELSE ?4 END,
            strangers_consent = coalesce(?5, strangers_consent),
            history = coalesce(?6, history)
        WHERE number = ?1",
    )
    .bind(number)
    .bind(lent.map(|lent| lent.sharing.as_str()))
    .bind(lent.and_then(|lent| lent.until).map(int))
    .bind(lent.and_then(|lent| lent.then).map(Sharing::as_str))
    .bind(change.strangers_consent)
    .bind(change.history)
    .execute(on)
    .await
    .map(drop)
}

/// Rows of others that name the user go by the schema's cascades, but for the friendships as seen
/// from the other side, those who were only named by her, blocks of her, and reports: those stay
/// without where she was, until the other side is gone too.
pub(super) async fn erase(on: &mut SqliteConnection, user: &str) -> sqlx::Result<bool> {
    ghosts::leave(on, user).await?;
    let named: Vec<i64> = sqlx::query_scalar(
        "SELECT users.number FROM users WHERE created_at IS NULL AND number IN (
            SELECT asked FROM requests WHERE asker = (SELECT number FROM users WHERE id = ?1)
            UNION SELECT whom FROM blocks WHERE by = (SELECT number FROM users WHERE id = ?1)
            UNION SELECT whom FROM waves WHERE by = (SELECT number FROM users WHERE id = ?1))",
    )
    .bind(user)
    .fetch_all(&mut *on)
    .await?;
    sqlx::query(
        "DELETE FROM friendships WHERE (one, other) IN (
            SELECT other, one FROM friendships
            WHERE one = (SELECT number FROM users WHERE id = ?1))",
    )
    .bind(user)
    .execute(&mut *on)
    .await?;
    sqlx::query(
        "UPDATE reports SET cell = '' WHERE by = (SELECT number FROM users WHERE id = ?1);
        DELETE FROM reports WHERE by = (SELECT number FROM users WHERE id = ?1)
            AND (whom IS NULL OR whom = by);
        DELETE FROM reports WHERE whom = (SELECT number FROM users WHERE id = ?1)
            AND by IS NULL",
    )
    .bind(user)
    .execute(&mut *on)
    .await?;
    let existed: Option<bool> =
        sqlx::query_scalar("DELETE FROM users WHERE id = ?1 RETURNING created_at IS NOT NULL")
            .bind(user)
            .fetch_optional(&mut *on)
            .await?;
    for number in named {
        forget(on, number).await?;
    }
    Ok(existed == Some(true))
}
