//! Opening: rights of the file, and a sentence for whatever is wrong with it.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::data_dir::DataDir;
use super::{RULES, Sqlite, open};
use crate::store::Store;
use crate::store::contract::id;

async fn refusal(dir: &DataDir) -> String {
    match Sqlite::open(dir.path(), RULES).await {
        Ok(_) => panic!("it was opened"),
        Err(failed) => failed.0,
    }
}

/// Runs SQL on the file, as another program would.
pub(super) async fn meddle(dir: &DataDir, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(dir.file());
    let mut connection = options.connect().await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn what_is_made_is_for_its_owner_only() {
    let (store, dir) = open().await;
    store.arrive(&id("ann"), 5).await.unwrap();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(dir.path()), 0o700);
    let files: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert!(files.len() > 1, "the log stands beside the file");
    for file in files {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
}

#[tokio::test]
async fn a_closed_store_is_one_file_and_opens_again() {
    let (store, dir) = open().await;
    let ann = store.arrive(&id("ann"), 5).await.unwrap();
    store.close().await.unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let store = Sqlite::open(dir.path(), RULES).await.unwrap();
    assert_eq!(store.arrive(&id("ann"), 9).await.unwrap(), ann);
}

#[tokio::test]
async fn a_data_directory_that_is_a_file_is_said() {
    let dir = DataDir::new();
    fs::write(dir.path(), "").unwrap();
    let said = refusal(&dir).await;
    fs::remove_file(dir.path()).unwrap();
    assert!(said.starts_with("open the account store "), "{said}");
    assert!(
        said.contains("accounts.db: ") && said.contains("exists"),
        "{said}"
    );
}

#[tokio::test]
async fn a_read_only_directory_is_said() {
    let dir = DataDir::new();
    fs::create_dir(dir.path()).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(dir.path().join("probe"), "").is_ok() {
        // Root writes where nobody may; a directory in the file's place stops even root.
        fs::create_dir(dir.file()).unwrap();
        let said = refusal(&dir).await;
        assert!(
            said.ends_with("accounts.db: Is a directory (os error 21)"),
            "{said}"
        );
        return;
    }
    let said = refusal(&dir).await;
    assert!(
        said.ends_with("accounts.db: Permission denied (os error 13)"),
        "{said}"
    );
}

#[tokio::test]
async fn a_file_that_is_no_database_is_said_and_kept() {
    let dir = DataDir::new();
    fs::create_dir(dir.path()).unwrap();
    let text = "a letter to ann, ".repeat(500);
    fs::write(dir.file(), &text).unwrap();
    let said = refusal(&dir).await;
    assert!(
        said.ends_with("accounts.db: the file is no database"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(dir.file()).unwrap(), text);
}

#[tokio::test]
async fn a_newer_schema_is_said_and_kept() {
    let (store, dir) = open().await;
    store.close().await.unwrap();
    meddle(
        &dir,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (4711, 'later', true, x'00', 0)",
    )
    .await;
    let said = refusal(&dir).await;
    assert!(
        said.ends_with("its schema 4711 is newer than this program's 2"),
        "{said}"
    );
    meddle(&dir, "DELETE FROM _sqlx_migrations WHERE version = 4711").await;
    Sqlite::open(dir.path(), RULES).await.unwrap();
}

#[tokio::test]
async fn a_schema_of_another_making_is_said() {
    let (store, dir) = open().await;
    store.close().await.unwrap();
    meddle(&dir, "UPDATE _sqlx_migrations SET checksum = x'00'").await;
    let said = refusal(&dir).await;
    assert!(
        said.ends_with("its schema 1 was made by another program"),
        "{said}"
    );
}
