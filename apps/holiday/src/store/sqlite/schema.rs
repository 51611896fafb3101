//! Tables, indexes, and how a connection is set up.
//!
//! The R*Tree holds active programmes only, with their ages as a third dimension beside latitude and longitude: overlap of ages is
//! the same question as overlap of boxes, so one descent answers both. Its coordinates are 32-bit and rounded outwards; the exact
//! ones are read from the table for the few programmes that are shown (auxiliary columns would cost a lookup for every hit).

use std::path::Path;

use rusqlite::{Connection, OpenFlags, config::DbConfig};

/// What makes the file, in order; the file's `user_version` says how many of them it has had.
const MIGRATIONS: [&str; 3] = [FIRST, PAYMENTS, MODES];

const FIRST: &str = "
CREATE TABLE providers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    suburb TEXT NOT NULL,
    postcode TEXT NOT NULL,
    rating_tenths INTEGER NOT NULL
) STRICT;
CREATE TABLE programs (
    id INTEGER PRIMARY KEY,
    provider INTEGER NOT NULL REFERENCES providers (id),
    title TEXT NOT NULL,
    category TEXT NOT NULL,
    age_first INTEGER NOT NULL,
    age_last INTEGER NOT NULL,
    price_cents INTEGER NOT NULL,
    starts_on TEXT NOT NULL,
    ends_on TEXT NOT NULL,
    capacity INTEGER NOT NULL,
    postcode TEXT NOT NULL,
    suburb TEXT NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    status TEXT NOT NULL,
    description TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE program_places USING rtree (
    id, south, north, west, east, age_first, age_last
);
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL
) STRICT;
CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
CREATE TABLE subscriptions (
    id TEXT PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    price TEXT NOT NULL,
    payment_intent TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX one_live_subscription ON subscriptions (account, price) WHERE status <> 'incomplete_expired';
";

/// Only unpaid subscriptions are held to one by the index: what was charged is kept, however odd.
const PAYMENTS: &str = "
ALTER TABLE accounts ADD COLUMN customer TEXT;
DROP INDEX one_live_subscription;
CREATE UNIQUE INDEX one_incomplete_subscription ON subscriptions (account, price) WHERE status = 'incomplete';
CREATE INDEX subscriptions_by_account ON subscriptions (account, price);
CREATE TABLE events (
    id TEXT PRIMARY KEY,
    came_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX events_by_time ON events (came_at);
";

/// Live and test apart. A row without a mode is from before; `accounts.customer` is read no more, but for giving such rows a mode.
const MODES: &str = "
ALTER TABLE subscriptions ADD COLUMN mode TEXT;
ALTER TABLE subscriptions ADD COLUMN told_at INTEGER NOT NULL DEFAULT 0;
DROP INDEX one_incomplete_subscription;
CREATE UNIQUE INDEX one_incomplete_subscription ON subscriptions (account, price, mode) WHERE status = 'incomplete';
DROP INDEX subscriptions_by_account;
CREATE INDEX subscriptions_by_account ON subscriptions (account, price, mode);
CREATE TABLE customers (
    account INTEGER NOT NULL REFERENCES accounts (id),
    mode TEXT NOT NULL,
    customer TEXT NOT NULL,
    PRIMARY KEY (account, mode)
) STRICT, WITHOUT ROWID;
CREATE TABLE key_rounds (
    key TEXT PRIMARY KEY,
    round INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// How much the file must survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// The process's own end.
    Process,
    /// A crash of the machine, but for the last moments.
    Machine,
}

/// The connection that writes; makes the tables when the file is new.
pub(super) fn open_writer(path: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match durability {
        Durability::Process => "OFF",
        Durability::Machine => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    prepare(&connection)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Brings the file up to this version, each step whole or not at all.
fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let done = usize::try_from(version).ok().filter(|done| *done <= MIGRATIONS.len());
    let done = done.ok_or_else(|| foreign_file(version))?;
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", index as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// A connection that only reads.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    prepare(&connection)?;
    // The first query opens the write-ahead log and its index, so that the path is not needed again.
    connection.query_row("SELECT count(*) FROM accounts", [], |_| Ok(()))?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    const MAPPED_BYTES: i64 = 1 << 30;
    connection.pragma_update(None, "mmap_size", MAPPED_BYTES)?;
    // Without it, SQLite built with STAT4 plans a cached statement anew whenever a parameter is bound: ten times the cost of a search.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.busy_timeout(std::time::Duration::from_secs(1))
}

fn foreign_file(version: i64) -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_MISMATCH),
        Some(format!(
            "the file has schema version {version}, this service knows versions up to {}; give another file",
            MIGRATIONS.len()
        )),
    )
}
