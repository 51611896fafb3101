//! Brings a database to the version this service needs, at every start.
//!
//! Migrations are numbered SQL files, compiled in. A table records which were applied, with a checksum of each. A database that is
//! newer than the service, or whose history differs from it, is refused: guessing would damage it. Each migration runs in one
//! transaction with its record; an advisory lock lets one of several services that start together do it while the others wait.

use std::fmt::Write;

use sha2::{Digest, Sha256};
use tokio_postgres::Client;

use super::errors::explain;

/// Advisory locks have one number space per database: "holidaym" read as eight ASCII bytes.
const LOCK: i64 = i64::from_be_bytes(*b"holidaym");

pub(super) struct Migration {
    pub(super) version: i32,
    pub(super) name: &'static str,
    pub(super) text: &'static str,
}

/// All of them, in order, numbered from 1 without gaps.
pub(super) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "tables", text: include_str!("migrations/0001-tables.sql") },
    Migration { version: 2, name: "modes", text: include_str!("migrations/0002-modes.sql") },
];

/// Why a database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// A newer service made it.
    #[error(
        "the database has schema version {found}, this service knows {known} at most: use a newer service"
    )]
    Newer {
        /// The database's version.
        found: i32,
        /// The newest version this service knows.
        known: i32,
    },
    /// A migration that was applied is not the one this service has.
    #[error(
        "migration {version} (`{name}`) of the database differs from this service's: its file was changed after it was applied, or the database belongs to another service"
    )]
    Changed {
        /// Its number.
        version: i32,
        /// Its name here.
        name: &'static str,
    },
    /// A migration failed; the database is as it was before it.
    #[error("migration {version} (`{name}`) failed: {message}")]
    Failed {
        /// Its number.
        version: i32,
        /// Its name.
        name: &'static str,
        /// What PostgreSQL said.
        message: String,
    },
    /// The record of migrations can't be read.
    #[error("cannot read which migrations were applied: {0}")]
    Unreadable(String),
}

/// Applies what is missing.
pub(super) async fn migrate(client: &mut Client, migrations: &[Migration]) -> Result<(), MigrationError> {
    let unreadable = |error: &tokio_postgres::Error| MigrationError::Unreadable(explain(error));
    client.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await.map_err(|error| unreadable(&error))?;
    let outcome = apply(client, migrations).await;
    // Should this fail, the lock ends with the connection.
    let _ = client.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await;
    outcome
}

async fn apply(client: &mut Client, migrations: &[Migration]) -> Result<(), MigrationError> {
    let applied = applied(client).await.map_err(|error| MigrationError::Unreadable(explain(&error)))?;
    let pending = pending(&applied, migrations)?;
    for migration in pending {
        let Migration { version, name, text } = *migration;
        let failed =
            |error: tokio_postgres::Error| MigrationError::Failed { version, name, message: hinted(&error) };
        let transaction = client.transaction().await.map_err(failed)?;
        transaction.batch_execute(text).await.map_err(failed)?;
        let record = "INSERT INTO holiday_migrations (version, name, checksum) VALUES ($1, $2, $3)";
        transaction.execute(record, &[&version, &name, &checksum(text)]).await.map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        tracing::info!(version, name, "applied a migration");
    }
    Ok(())
}

/// (version, checksum), in order.
async fn applied(client: &Client) -> Result<Vec<(i32, String)>, tokio_postgres::Error> {
    // Looked for first, because a notice about a table that exists would be logged at every start.
    let known: bool =
        client.query_one("SELECT to_regclass('holiday_migrations') IS NOT NULL", &[]).await?.try_get(0)?;
    if !known {
        client
            .batch_execute(
                "CREATE TABLE holiday_migrations (version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,
                 applied_at timestamptz NOT NULL DEFAULT now())",
            )
            .await?;
    }
    let rows = client.query("SELECT version, checksum FROM holiday_migrations ORDER BY version", &[]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// What is still to be done, if the history is ours.
fn pending<'a>(
    applied: &[(i32, String)],
    migrations: &'a [Migration],
) -> Result<&'a [Migration], MigrationError> {
    let known = migrations.last().map_or(0, |migration| migration.version);
    if let Some(&(found, _)) = applied.last().filter(|(found, _)| *found > known) {
        return Err(MigrationError::Newer { found, known });
    }
    for ((version, sum), migration) in applied.iter().zip(migrations) {
        if *version != migration.version || *sum != checksum(migration.text) {
            return Err(MigrationError::Changed { version: migration.version, name: migration.name });
        }
    }
    Ok(&migrations[applied.len()..])
}

/// SHA-256 in hexadecimal.
fn checksum(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a string never fails");
        hex
    })
}

fn hinted(error: &tokio_postgres::Error) -> String {
    let text = explain(error);
    if text.contains("postgis") {
        return format!(
            "{text}\nhint: install PostGIS on the server (Debian: postgresql-15-postgis-3) and let a superuser run `CREATE EXTENSION postgis` in this database"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: [Migration; 2] = [
        Migration { version: 1, name: "one", text: "SELECT 1" },
        Migration { version: 2, name: "two", text: "SELECT 2" },
    ];

    #[test]
    fn they_are_numbered_without_gaps() {
        assert!(MIGRATIONS.iter().map(|migration| migration.version).eq(1..=MIGRATIONS.len() as i32));
    }

    #[test]
    fn only_what_is_missing_is_applied() {
        let one = (1, checksum("SELECT 1"));
        assert_eq!(pending(&[], &TWO).unwrap().len(), 2);
        assert_eq!(pending(std::slice::from_ref(&one), &TWO).unwrap()[0].version, 2);
        assert!(pending(&[one, (2, checksum("SELECT 2"))], &TWO).unwrap().is_empty());
    }

    #[test]
    fn a_strange_history_is_refused() {
        for (applied, expected) in [
            (
                vec![(1, checksum("SELECT 1")), (2, checksum("SELECT 2")), (3, checksum("SELECT 3"))],
                "version 3, this service knows 2",
            ),
            (vec![(1, checksum("SELECT one"))], "migration 1 (`one`) of the database differs"),
            (vec![(2, checksum("SELECT 2"))], "migration 1 (`one`) of the database differs"),
        ] {
            let error = pending(&applied, &TWO).err().unwrap().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
