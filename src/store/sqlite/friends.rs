//! Friendships and the requests that lead to them.

use sqlx::{SqliteConnection, SqliteExecutor};

use super::between::{Between, Request};
use super::users::{self, int};
use crate::store::{Asked, Made, Rules};
use crate::wire::UserId;

pub(super) async fn befriend(
    on: &mut SqliteConnection,
    (one, other): (&UserId, &UserId),
    rules: Rules,
    now: u64,
) -> sqlx::Result<Made> {
    if one == other {
        return Ok(Made::Blocked);
    }
    let numbers = (users::name(on, one).await?, users::name(on, other).await?);
    let between = Between::read(on, numbers.0, numbers.1).await?;
    let most = rules.friends as i64;
    let made = if between.blocked {
        Made::Blocked
    } else if !between.friends && between.friends_of_one.max(between.friends_of_other) >= most {
        Made::Full
    } else {
        Made::Friends
    };
    if made == Made::Friends {
        users::make(on, one, rules.default_sharing, now).await?;
        users::make(on, other, rules.default_sharing, now).await?;
        join(on, numbers, now).await?;
    } else {
        users::forget(on, numbers.0).await?;
        users::forget(on, numbers.1).await?;
    }
    Ok(made)
}

/// Nothing here depends on who is asked but the values that are written, and whether a ghost is
/// woken: a request that nobody is told of costs what one costs that is told.
pub(super) async fn ask(
    on: &mut SqliteConnection,
    (from, to): (&UserId, &UserId),
    rules: Rules,
    now: u64,
) -> sqlx::Result<Asked> {
    if from == to {
        return Ok(Asked::Quiet);
    }
    let asker = users::make(on, from, rules.default_sharing, now).await?;
    let asked = users::name(on, to).await?;
    let between = Between::read(on, asker, asked).await?;
    if between.friends {
        return Ok(Asked::Friends);
    }
    match Verdict::of(&between, &rules) {
        Verdict::Full => {
            users::forget(on, asked).await?;
            Ok(Asked::Full)
        }
        Verdict::Crossed => {
            join(on, (asker, asked), now).await?;
            Ok(Asked::Friends)
        }
        Verdict::Kept(state) => {
            // Her own asking lifts the mark on a request that she declined.
            sqlx::query(
                "DELETE FROM requests WHERE asker = ?2 AND asked = ?1 AND state IN (1, 3);
                INSERT INTO requests (asker, asked, state, at) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (asker, asked) DO UPDATE SET state = excluded.state",
            )
            .bind(asker)
            .bind(asked)
            .bind(state as i64)
            .bind(int(now))
            .execute(&mut *on)
            .await?;
            // Of somebody who has never come nobody is to be told either; she finds it waiting.
            let told = state == Request::Waiting && between.asked != Some(Request::Waiting);
            let exists = exists(on, asked).await?;
            Ok(if told && exists {
                Asked::Requested
            } else {
                Asked::Quiet
            })
        }
    }
}

/// What becomes of a request between two who are no friends.
enum Verdict {
    Full,
    /// Both have asked.
    Crossed,
    Kept(Request),
}

impl Verdict {
    fn of(between: &Between, rules: &Rules) -> Self {
        let listed = between
            .asked
            .is_some_and(|asked| asked != Request::Withdrawn);
        let crosses = matches!(
            between.asked_back,
            Some(Request::Waiting | Request::Unheard)
        ) && !between.blocked;
        let (friends, requests) = (rules.friends as i64, rules.requests as i64);
        if between.friends_of_one >= friends {
            Self::Full
        } else if crosses && between.friends_of_other < friends {
            Self::Crossed
        } else if !listed && between.made >= requests {
            Self::Full
        } else {
            Self::Kept(match between.asked {
                Some(Request::Declined | Request::Withdrawn) => Request::Declined,
                Some(Request::Waiting) => Request::Waiting,
                _ if between.blocked || crosses || between.waiting >= requests => Request::Unheard,
                _ => Request::Waiting,
            })
        }
    }
}

async fn exists(on: &mut SqliteConnection, number: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT created_at IS NOT NULL FROM users WHERE number = ?1")
        .bind(number)
        .fetch_one(on)
        .await
}

/// Makes two who exist friends; requests and marks between them end.
async fn join(on: &mut SqliteConnection, (one, other): (i64, i64), now: u64) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO friendships (one, other, at) VALUES (?1, ?2, ?3), (?2, ?1, ?3)
        ON CONFLICT DO NOTHING;
        DELETE FROM requests WHERE asker = ?1 AND asked = ?2;
        DELETE FROM requests WHERE asker = ?2 AND asked = ?1",
    )
    .bind(one)
    .bind(other)
    .bind(int(now))
    .execute(on)
    .await
    .map(drop)
}

pub(super) async fn are_friends(
    from: impl SqliteExecutor<'_>,
    one: &str,
    other: &str,
) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM friendships
            WHERE one = coalesce((SELECT number FROM users WHERE id = ?1), 0)
                AND other = coalesce((SELECT number FROM users WHERE id = ?2), 0))",
    )
    .bind(one)
    .bind(other)
    .fetch_one(from)
    .await
}

pub(super) async fn unfriend(
    on: &mut SqliteConnection,
    user: &str,
    other: &str,
) -> sqlx::Result<bool> {
    let (user, other) = users::numbers(on, user, other).await?;
    let ended = part(on, user, other).await?;
    sqlx::query(
        "UPDATE requests SET state = 3 WHERE asker = ?1 AND asked = ?2 AND state = 1;
        DELETE FROM requests WHERE asker = ?1 AND asked = ?2 AND state IN (0, 2);
        UPDATE requests SET state = 1 WHERE asker = ?2 AND asked = ?1 AND state IN (0, 2)",
    )
    .bind(user)
    .bind(other)
    .execute(&mut *on)
    .await?;
    users::forget(on, other).await?;
    Ok(ended)
}

/// Ends a friendship; answers whether there was one.
///
/// Two statements, here and elsewhere: for `IN (VALUES …)` SQLite would walk through the table.
pub(super) async fn part(on: &mut SqliteConnection, one: i64, other: i64) -> sqlx::Result<bool> {
    let ended = sqlx::query(
        "DELETE FROM friendships WHERE one = ?1 AND other = ?2;
        DELETE FROM friendships WHERE one = ?2 AND other = ?1",
    )
    .bind(one)
    .bind(other)
    .execute(on)
    .await?;
    Ok(ended.rows_affected() > 0)
}
