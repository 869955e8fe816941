//! Imports: reads what a batch touches, decides line by line, and writes in bulk.
//!
//! A statement per friendship would be a message between threads for each of a million lines.

use std::collections::{HashMap, HashSet};

use sqlx::SqliteConnection;

use super::ghosts;
use super::users::{self, int};
use crate::store::{Imported, Rules};
use crate::wire::UserId;

type Refused = Vec<(usize, &'static str)>;

pub(super) async fn import(
    on: &mut SqliteConnection,
    lines: &[Imported],
    rules: Rules,
    now: u64,
) -> sqlx::Result<Refused> {
    let mut refused = Vec::new();
    let mut pairs = Vec::new();
    for (place, line) in lines.iter().enumerate() {
        match line {
            Imported::User {
                id,
                profile,
                sharing,
            } => {
                let number = users::make(on, id, rules.default_sharing, now).await?;
                users::change_profile(on, number, profile).await?;
                users::change_sharing(on, number, sharing).await?;
            }
            Imported::Friends(one, other) if one == other => {
                refused.push((place, "nobody is a friend of herself"));
            }
            Imported::Friends(one, other) => pairs.push((place, one, other)),
        }
    }
    if !pairs.is_empty() {
        Batch::read(on, &pairs, &rules)
            .await?
            .decide(&mut refused)
            .write(on, rules, now)
            .await?;
    }
    refused.sort_unstable();
    Ok(refused)
}

struct Pair {
    place: usize,
    one: i64,
    other: i64,
    /// They are friends already.
    stands: bool,
    blocked: bool,
}

struct Batch {
    pairs: Vec<Pair>,
    /// Of everybody in the batch, by number; of who is not made, too.
    friends: HashMap<i64, i64>,
    most: i64,
    /// Some of them may have left ghosts.
    haunted: bool,
}

impl Batch {
    async fn read(
        on: &mut SqliteConnection,
        lines: &[(usize, &UserId, &UserId)],
        rules: &Rules,
    ) -> sqlx::Result<Self> {
        let everybody: HashSet<&str> = lines
            .iter()
            .flat_map(|(_, one, other)| [one.as_str(), other.as_str()])
            .collect();
        let everybody: Vec<&str> = everybody.into_iter().collect();
        let haunted = ghosts::wake(on, &everybody).await?;
        let everybody = json(&everybody);
        sqlx::query(
            "INSERT INTO users (id) SELECT value FROM json_each(?1) WHERE true
            ON CONFLICT DO NOTHING",
        )
        .bind(&everybody)
        .execute(&mut *on)
        .await?;
        let known: Vec<(String, i64, i64)> = sqlx::query_as(
            "SELECT users.id, number, friends
            FROM json_each(?1) CROSS JOIN users ON users.id = json_each.value",
        )
        .bind(&everybody)
        .fetch_all(&mut *on)
        .await?;
        let numbers: HashMap<&str, i64> = known
            .iter()
            .map(|(id, number, _)| (id.as_str(), *number))
            .collect();
        let numbered: Vec<(i64, i64)> = lines
            .iter()
            .map(|(_, one, other)| (numbers[one.as_str()], numbers[other.as_str()]))
            .collect();
        let pairs = lines
            .iter()
            .zip(&numbered)
            .zip(standing(on, &numbered).await?)
            .map(|(((place, ..), &(one, other)), (stands, blocked))| Pair {
                place: *place,
                one,
                other,
                stands,
                blocked,
            })
            .collect();
        Ok(Self {
            pairs,
            friends: known
                .into_iter()
                .map(|(_, at, count)| (at, count))
                .collect(),
            most: rules.friends as i64,
            haunted,
        })
    }

    /// Leaves the pairs that are to be written.
    fn decide(mut self, refused: &mut Refused) -> Self {
        let mut made = HashSet::new();
        self.pairs.retain(|pair| {
            if pair.blocked {
                refused.push((pair.place, "one of the two blocks the other"));
                return false;
            }
            let (one, other) = (pair.one, pair.other);
            if pair.stands || made.contains(&(one.min(other), one.max(other))) {
                return true;
            }
            if [one, other]
                .iter()
                .any(|side| self.friends[side] >= self.most)
            {
                refused.push((pair.place, "one of the two has as many friends as one may"));
                return false;
            }
            made.insert((one.min(other), one.max(other)));
            for side in [one, other] {
                *self.friends.entry(side).or_default() += 1;
            }
            true
        });
        self
    }

    async fn write(self, on: &mut SqliteConnection, rules: Rules, now: u64) -> sqlx::Result<()> {
        let mut both: Vec<(i64, i64)> = self
            .pairs
            .iter()
            .flat_map(|pair| [(pair.one, pair.other), (pair.other, pair.one)])
            .collect();
        // In the order of the table: each of its pages is found once.
        both.sort_unstable();
        both.dedup();
        sqlx::query(
            "INSERT INTO friendships (one, other, at)
            SELECT value ->> 0, value ->> 1, ?2 FROM json_each(?1) WHERE true
            ON CONFLICT DO NOTHING;
            DELETE FROM requests WHERE (asker, asked) IN
                (SELECT value ->> 0, value ->> 1 FROM json_each(?1));
            UPDATE users SET created_at = ?2, sharing = ?3
            WHERE created_at IS NULL AND number IN (SELECT value ->> 0 FROM json_each(?1))",
        )
        .bind(json(&both))
        .bind(int(now))
        .bind(rules.default_sharing.as_str())
        .execute(&mut *on)
        .await?;
        let paired: HashSet<i64> = both.into_iter().map(|(one, _)| one).collect();
        for number in self.friends.into_keys() {
            if !paired.contains(&number) {
                users::forget(on, number).await?;
            } else if self.haunted {
                ghosts::end(on, number).await?;
            }
        }
        Ok(())
    }
}

/// Of each pair: whether they are friends, and whether one blocks the other.
async fn standing(
    on: &mut SqliteConnection,
    pairs: &[(i64, i64)],
) -> sqlx::Result<Vec<(bool, bool)>> {
    sqlx::query_as(
        "SELECT EXISTS (SELECT 1 FROM friendships
                WHERE one = pair.value ->> 0 AND other = pair.value ->> 1),
            EXISTS (SELECT 1 FROM blocks
                WHERE by = pair.value ->> 0 AND whom = pair.value ->> 1)
            OR EXISTS (SELECT 1 FROM blocks
                WHERE by = pair.value ->> 1 AND whom = pair.value ->> 0)
        FROM json_each(?1) AS pair ORDER BY pair.key",
    )
    .bind(json(pairs))
    .fetch_all(on)
    .await
}

fn json<T: serde::Serialize>(values: &[T]) -> String {
    serde_json::to_string(values).expect("texts and numbers are JSON")
}
