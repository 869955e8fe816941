//! Why SQLite refused, in words for whoever reads the log.

use sqlx::migrate::MigrateError;

/// Knows the faults that an operator can mend; SQLite's own words for the others.
pub(super) fn reason(error: &sqlx::Error) -> String {
    let sqlx::Error::Database(refusal) = error else {
        return match error {
            sqlx::Error::PoolTimedOut => "all readers are busy".into(),
            sqlx::Error::PoolClosed => "the account store is closed".into(),
            other => other.to_string(),
        };
    };
    let code = refusal.code().and_then(|code| code.parse::<u32>().ok());
    // The low byte is the kind, the rest a detail of it.
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => "another process uses the file".into(),
        Some(8) => "the file or its directory is read-only".into(),
        Some(11) => "the file is damaged".into(),
        Some(13) => "disk is full".into(),
        Some(14) => "the file cannot be opened".into(),
        Some(26) => "the file is no database".into(),
        _ => refusal.message().to_owned(),
    }
}

pub(super) fn migration_reason(error: &MigrateError, newest: i64) -> String {
    match error {
        MigrateError::VersionMissing(version) if *version > newest => {
            format!("its schema {version} is newer than this program's {newest}")
        }
        MigrateError::VersionMismatch(version) | MigrateError::VersionMissing(version) => {
            format!("its schema {version} was made by another program")
        }
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => reason(error),
        other => other.to_string(),
    }
}
