//! What stands between two users, read in one statement that does the same work whoever they are.

use sqlx::{FromRow, Row, SqliteConnection, sqlite::SqliteRow};

/// The state of a request, as the schema numbers it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    Waiting = 0,
    Declined = 1,
    /// Made against a block or a full list.
    Unheard = 2,
    /// Declined, and withdrawn: who asked does not see it any more.
    Withdrawn = 3,
}

impl Request {
    fn of(state: Option<i64>) -> Option<Self> {
        [
            Self::Waiting,
            Self::Declined,
            Self::Unheard,
            Self::Withdrawn,
        ]
        .into_iter()
        .find(|request| state == Some(*request as i64))
    }
}

pub(super) struct Between {
    pub friends: bool,
    /// By whichever of the two.
    pub blocked: bool,
    pub asked: Option<Request>,
    /// The other way round.
    pub asked_back: Option<Request>,
    /// How many friends each has.
    pub friends_of_one: i64,
    pub friends_of_other: i64,
    /// Requests that the one made and the other has not taken.
    pub made: i64,
    /// Requests that wait for the other.
    pub waiting: i64,
}

impl Between {
    pub(super) async fn read(
        on: &mut SqliteConnection,
        one: i64,
        other: i64,
    ) -> sqlx::Result<Self> {
        sqlx::query_as(
            "SELECT
                EXISTS (SELECT 1 FROM friendships WHERE one = ?1 AND other = ?2) AS friends,
                EXISTS (SELECT 1 FROM blocks WHERE by = ?1 AND whom = ?2)
                    + EXISTS (SELECT 1 FROM blocks WHERE by = ?2 AND whom = ?1) AS blocks,
                (SELECT state FROM requests WHERE asker = ?1 AND asked = ?2) AS asked,
                (SELECT state FROM requests WHERE asker = ?2 AND asked = ?1) AS asked_back,
                (SELECT friends FROM users WHERE number = ?1) AS friends_of_one,
                (SELECT friends FROM users WHERE number = ?2) AS friends_of_other,
                (SELECT count(*) FROM requests WHERE asker = ?1 AND state <> 3) AS made,
                (SELECT count(*) FROM requests WHERE asked = ?2 AND state = 0) AS waiting",
        )
        .bind(one)
        .bind(other)
        .fetch_one(on)
        .await
    }
}

impl FromRow<'_, SqliteRow> for Between {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            friends: row.try_get("friends")?,
            blocked: row.try_get::<i64, _>("blocks")? > 0,
            asked: Request::of(row.try_get("asked")?),
            asked_back: Request::of(row.try_get("asked_back")?),
            friends_of_one: row.try_get("friends_of_one")?,
            friends_of_other: row.try_get("friends_of_other")?,
            made: row.try_get("made")?,
            waiting: row.try_get("waiting")?,
        })
    }
}
