//! What keeps a block when the one whom it keeps out is erased: she would only have to be erased and
//! come again to be rid of it.
//!
//! Of her nothing is left but a keyed hash of her id, and that only while somebody blocks her; the
//! blocks are listed as if made through an alias, without a name.

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
    // A block by name beside one through an alias would be the same line twice.
    sqlx::query(
        "DELETE FROM blocks WHERE whom = ?1 AND alias IS NULL AND by IN
            (SELECT by FROM blocks WHERE whom = ?1 AND alias IS NOT NULL);
        UPDATE blocks SET whom = ?2, alias = coalesce(alias, lower(hex(randomblob(16))))
        WHERE whom = ?1",
    )
    .bind(number)
    .bind(ghost)
    .execute(on)
    .await
    .map(drop)
}

/// Whoever of them left a ghost stands in its place, with the blocks against her. To be called
/// before anybody gets a row.
pub(super) async fn wake(on: &mut SqliteConnection, users: &[&str]) -> sqlx::Result<()> {
    let key: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT key FROM ghost_key WHERE EXISTS (SELECT 1 FROM users WHERE id < ' ')",
    )
    .fetch_optional(&mut *on)
    .await?;
    let Some(key) = key else {
        return Ok(());
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
    .await
    .map(drop)
}

/// Sorts before every user's id, and is none.
fn id(key: &[u8], user: &str) -> String {
    let hash = Sha256::new_with_prefix(key).chain_update(user).finalize();
    format!("\u{1}{}", STANDARD_NO_PAD.encode(hash))
}
