//! Which database the operator chose, and opening it.

use std::{path::PathBuf, str::FromStr, sync::Arc};

use super::{
    Store, StoreError,
    postgres::{Address, PostgresStore},
    sqlite::{self, SqliteStore},
};

/// Asks for a private PostgreSQL.
const THROWAWAY: &str = "throwaway-postgres";

/// A database of the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// The embedded one.
    Sqlite(sqlite::Location),
    /// A PostgreSQL server's.
    Postgres(Address),
    /// A private PostgreSQL that ends with the service.
    ThrowawayPostgres,
}

impl Database {
    /// Opens it; `connections` bounds how many requests use it at once, `None` takes what suits this many cores.
    ///
    /// # Errors
    /// It can't be reached, made or read; another version of the service made it.
    pub async fn open(&self, connections: Option<usize>, cores: usize) -> Result<Arc<dyn Store>, StoreError> {
        // A query in this process does not wait for a disk, so more than there are cores would only take turns. One of a server
        // also waits for the socket and for commits.
        let embedded = connections.unwrap_or(cores.max(2));
        let remote = connections.unwrap_or((4 * cores).max(8));
        Ok(match self {
            Database::Sqlite(location) => Arc::new(SqliteStore::open(location, embedded)?),
            Database::Postgres(address) => Arc::new(PostgresStore::open(address.clone(), remote).await?),
            Database::ThrowawayPostgres => Arc::new(PostgresStore::open_throwaway(remote).await?),
        })
    }
}

impl Database {
    /// What OpenTelemetry calls it: `db.system.name`.
    pub(crate) fn system_name(&self) -> &'static str {
        match self {
            Database::Sqlite(_) => "sqlite",
            Database::Postgres(_) | Database::ThrowawayPostgres => "postgresql",
        }
    }
}

impl Default for Database {
    fn default() -> Database {
        Database::Sqlite(sqlite::Location::Temporary)
    }
}

impl FromStr for Database {
    type Err = String;

    /// `postgres://…`, `throwaway-postgres`, or the path of an SQLite file.
    fn from_str(text: &str) -> Result<Database, String> {
        if text == THROWAWAY {
            return Ok(Database::ThrowawayPostgres);
        }
        match text.split_once("://") {
            None => Ok(Database::Sqlite(sqlite::Location::File(PathBuf::from(text)))),
            Some(("postgres" | "postgresql", _)) => {
                text.parse().map(Database::Postgres).map_err(|error| error.to_string())
            }
            // Not repeated: a password may stand in it.
            Some(_) => {
                Err(format!("must be a `postgres://` URL, `{THROWAWAY}`, or the path of an SQLite file"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_operator_writes() {
        let file = |path: &str| Database::Sqlite(sqlite::Location::File(path.into()));
        assert_eq!("data/holiday.sqlite".parse(), Ok(file("data/holiday.sqlite")));
        assert_eq!("throwaway-postgres".parse(), Ok(Database::ThrowawayPostgres));
        assert!(matches!("postgres://user@host/db".parse(), Ok(Database::Postgres(_))));
        assert!(matches!("postgresql:///db?host=/run/postgresql".parse(), Ok(Database::Postgres(_))));
        for wrong in ["mysql://user:secret@host/db", "postgres://user:secret@host:port/db"] {
            let error = wrong.parse::<Database>().unwrap_err();
            assert!(error.contains("postgres://") && !error.contains("secret"), "{error}");
        }
    }
}
