//! Opening the file: who may read it, how it is written, which schema it has.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, SqlSafeStr, SqliteConnection};

use super::Sqlite;
use super::reason::{migration_reason, reason};
use super::writer::Writer;
use crate::folder;
use crate::store::{Failed, Result, Rules};

const FILE: &str = "accounts.db";
/// Each is a thread.
const READERS: u32 = 4;
/// How long another process may hold the file, and a read waits for a reader.
const PATIENCE: Duration = Duration::from_secs(5);

/// In order; what stands here is never changed, only added to.
const SCHEMA: [&str; 2] = [
    include_str!("migrations/0001_accounts.sql"),
    include_str!("migrations/0002_ghosts.sql"),
];

impl Sqlite {
    /// Opens the store of a data directory; makes both, for this user's eyes only, if they are
    /// not there.
    pub async fn open(dir: &Path, rules: Rules) -> Result<Self> {
        let failed = |why: String| {
            let file = dir.join(FILE);
            Failed(format!("open the account store {}: {why}", file.display()))
        };
        make_file(dir).map_err(|error| failed(error.to_string()))?;
        let options = options(&dir.join(FILE));
        let mut connection = connect(&options)
            .await
            .map_err(|error| failed(reason(&error)))?;
        schema()
            .run_direct(None, &mut connection, false)
            .await
            .map_err(|error| failed(migration_reason(&error, SCHEMA.len() as i64)))?;
        Ok(Self {
            readers: readers(options),
            writer: Writer::start(connection),
            rules,
        })
    }
}

/// SQLite gives the files that it makes beside this one the same rights.
fn make_file(dir: &Path) -> std::io::Result<()> {
    folder::make(dir)?;
    let mut file = OpenOptions::new();
    file.create(true).append(true).mode(0o600);
    file.open(dir.join(FILE)).map(drop)
}

/// What `sqlx::migrate!` would make, without the crates of its macro.
fn schema() -> Migrator {
    let step = |(version, sql): (i64, &'static str)| {
        let sql = sql.into_sql_str();
        Migration::new(version, "".into(), MigrationType::Simple, sql, false)
    };
    Migrator::with_migrations((1..).zip(SCHEMA).map(step).collect())
}

fn options(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        // No file with parts of a query's answer.
        .pragma("temp_store", "MEMORY")
        // Statements hold ids; the log is not the place for them.
        .disable_statement_logging()
}

async fn connect(options: &SqliteConnectOptions) -> sqlx::Result<SqliteConnection> {
    let options = options
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        // A commit is answered when it is on disk, not only in the kernel.
        .synchronous(SqliteSynchronous::Full)
        // What is erased is overwritten.
        .pragma("secure_delete", "ON")
        // In KiB: an import touches friendships all over the file.
        .pragma("cache_size", "-65536")
        .pragma("journal_size_limit", "67108864");
    options.connect().await
}

fn readers(options: SqliteConnectOptions) -> SqlitePool {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        // A file does not hang up; the question would cost as much as most reads.
        .test_before_acquire(false)
        .connect_lazy_with(options.read_only(true).pragma("mmap_size", "1073741824"))
}
