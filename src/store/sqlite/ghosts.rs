//! What keeps a block when the one whom it keeps out is erased: she would only have to be erased and
//! come again to be rid of it.
//!
//! Of her nothing is left but a keyed hash of her id, and that only while somebody blocks her;
//! meanwhile the blocks are listed as if made through an alias, without a name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

/// Blocks of the user stand for her ghost from here on; without any there is none.
pub(super) async fn leave(on: &mut SqliteConnection, user: &str) -> sqlx::Result<()> {
    let blocked: Option<(i64, Vec<u8>)> = sqlx::query_as(
        "SELECT number, key FROM users, ghost_key
        WHERE id = ?1 AND EXISTS (SELECT 1 FROM blocks WHERE whom = number)",
    )
    .bind(user)
    .fetch_optional(&mut *on)
    .await?;
    let Some((number, key)) = blocked else {
        return Ok(());
    };
    let ghost: i64 = sqlx::query_scalar("INSERT INTO users (id) VALUES (?1) RETURNING number")
        .bind(id(&key, user))
        .fetch_one(&mut *on)
        .await?;
    sqlx::query(
        "UPDATE blocks SET whom = ?2, named = alias IS NULL OR named,
            alias = coalesce(alias, lower(hex(randomblob(16))))
        WHERE whom = ?1",
    )
    .bind(number)
    .bind(ghost)
    .execute(on)
    .await
    .map(drop)
}

/// Whoever of them left a ghost stands in its place, with the blocks against her. To be called
/// before anybody gets a row. Answers whether there are ghosts at all.
pub(super) async fn wake(on: &mut SqliteConnection, users: &[&str]) -> sqlx::Result<bool> {
    let key: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT key FROM ghost_key WHERE EXISTS (SELECT 1 FROM users WHERE id < ' ')
            OR EXISTS (SELECT 1 FROM blocks WHERE named)",
    )
    .fetch_optional(&mut *on)
    .await?;
    let Some(key) = key else {
        return Ok(false);
    };
    let pairs: Vec<_> = users
        .iter()
        .map(|user| json!([id(&key, user), user]))
        .collect();
    sqlx::query(
        "UPDATE users SET id = pair.value ->> 1 FROM json_each(?1) AS pair
        WHERE users.id = pair.value ->> 0",
    )
    .bind(json!(pairs).to_string())
    .execute(on)
    .await?;
    Ok(true)
}

/// She is a user again: blocks by name are listed by it.
pub(super) async fn end(on: &mut SqliteConnection, number: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE blocks SET alias = NULL, named = 0 WHERE whom = ?1 AND named")
        .bind(number)
        .execute(on)
        .await
        .map(drop)
}

/// Somebody named her, and nobody does any more: the blocks stand for her ghost again.
pub(super) async fn go_back(on: &mut SqliteConnection, number: i64) -> sqlx::Result<()> {
    let unnamed: Option<(String, Vec<u8>)> = sqlx::query_as(
        "SELECT id, key FROM users, ghost_key
        WHERE number = ?1 AND created_at IS NULL AND id >= ' '
            AND EXISTS (SELECT 1 FROM blocks WHERE whom = ?1)
            AND NOT EXISTS (SELECT 1 FROM blocks WHERE whom = ?1 AND +alias IS NULL)
            AND NOT EXISTS (SELECT 1 FROM requests WHERE asked = ?1)
            AND NOT EXISTS (SELECT 1 FROM reports WHERE whom = ?1)
            AND NOT EXISTS (SELECT 1 FROM waves WHERE whom = ?1)",
    )
    .bind(number)
    .fetch_optional(&mut *on)
    .await?;
    let Some((user, key)) = unnamed else {
        return Ok(());
    };
    sqlx::query("UPDATE users SET id = ?2 WHERE number = ?1")
        .bind(number)
        .bind(id(&key, &user))
        .execute(on)
        .await
        .map(drop)
}

/// Sorts before every user's id, and is none.
fn id(key: &[u8], user: &str) -> String {
    let hash = Sha256::new_with_prefix(key).chain_update(user).finalize();
    format!("\u{1}{}", STANDARD_NO_PAD.encode(hash))
}
