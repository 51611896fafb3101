//! What an error of the driver means to the service.

use std::error::Error as _;

use tokio_postgres::{Error, error::SqlState};

use crate::store::StoreError;

/// The connection is gone, by the server's will or by accident: another one may work.
pub(super) fn is_lost_connection(error: &Error) -> bool {
    const GONE: [SqlState; 3] =
        [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
    let broken = || error.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>);
    match error.code() {
        Some(code) => GONE.contains(code) || code.code().starts_with("08"),
        None => error.is_closed() || broken(),
    }
}

/// What to tell the service.
pub(super) fn store_error(action: &'static str, error: &Error) -> StoreError {
    let source = explain(error).into();
    match error.code() {
        Some(code) if *code == SqlState::TOO_MANY_CONNECTIONS => StoreError::Busy,
        // Stopped by `statement_timeout`: the database is too slow just now.
        Some(code) if *code == SqlState::QUERY_CANCELED => StoreError::Unavailable { action, source },
        _ if is_lost_connection(error) => StoreError::Unavailable { action, source },
        _ => StoreError::Failed { action, source },
    }
}

/// The whole text: the driver's own says only which step failed, the reason stands in its source.
pub(super) fn explain(error: &Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(database), _) => {
            let mut text = database.message().to_owned();
            for more in [database.detail(), database.hint()].into_iter().flatten() {
                text = format!("{text} ({more})");
            }
            text
        }
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}
