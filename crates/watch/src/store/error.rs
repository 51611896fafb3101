//! What can go wrong with the state of a watch.

use rusqlite::ErrorCode;

/// Why the state cannot be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has it.
    #[error("another watch works with it")]
    Taken,
    /// It is of another version.
    #[error("it is of version {found}, and this Loadline writes version {known}")]
    Version {
        /// What it says.
        found: i64,
        /// What would be understood.
        known: i64,
    },
    /// It is an SQLite file of something else.
    #[error("it is no state of a watch, but another SQLite file")]
    Foreign,
    /// It is something else.
    #[error("it is not an SQLite file")]
    NoDatabase,
    /// The disk is full, or it may not be written.
    #[error("it cannot be written: {0}")]
    NotWritten(String),
    /// What it says makes no sense.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let said = match &error {
            rusqlite::Error::SqliteFailure(failure, text) => {
                text.clone().unwrap_or_else(|| failure.to_string())
            }
            other => other.to_string(),
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Taken,
            Some(ErrorCode::NotADatabase) => Self::NoDatabase,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(said),
            Some(
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied,
            ) => Self::NotWritten(said),
            _ => Self::Failed(said),
        }
    }
}
