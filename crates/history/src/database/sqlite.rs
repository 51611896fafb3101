//! A history in a file of SQLite's.
//!
//! The journal is a write-ahead log, so that readers never wait and never make a writer wait. It is synchronized at
//! checkpoints only: what was committed survives the death of the process; a machine that loses power may lose the last
//! seconds of a run, never the file.

use std::path::Path;
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, ffi};

use super::value::{Database, Dialect, Fault, Value, WAIT};

static DIALECT: Dialect = Dialect {
    begin: "BEGIN IMMEDIATE",
    snapshot: "BEGIN",
    counting: "INTEGER PRIMARY KEY AUTOINCREMENT",
    real: "REAL",
    bytes: "BLOB",
    clustered: " WITHOUT ROWID",
    count_tables: "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1",
    count_foreign_tables: "SELECT count(*) FROM sqlite_master WHERE type = 'table'",
    migrating: "",
    lock_run: None,
    is_run_locked: None,
    vacuum: &["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"],
};

pub(crate) struct Sqlite(Connection);

impl Sqlite {
    /// Opens a file, which has to exist if it is only to be read.
    pub(crate) fn open(path: &Path, read_only: bool) -> Result<Self, Fault> {
        let access = if read_only {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        } else {
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
        };
        let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(WAIT)?;
        connection.set_prepared_statement_cache_capacity(64);
        if read_only && !reads(&connection) {
            // The log of a file that may not be written, in a folder in which nothing can be made.
            return Self::open_unchanging(path);
        }
        connection.pragma_update(None, "foreign_keys", true)?;
        if !read_only {
            // Before the log is chosen, which would change the file: is it one at all?
            connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            // Rows as they were once, whose seals match, do not stay behind in pages that are written anyway.
            connection.execute_batch("PRAGMA secure_delete = FAST")?;
        }
        Ok(Self(connection))
    }

    /// Opens a file that nobody writes to, nor can: without its log, which has to be empty.
    fn open_unchanging(path: &Path) -> Result<Self, Fault> {
        let log =
            path.with_file_name(format!("{}-wal", path.file_name().unwrap_or_default().to_string_lossy()));
        if std::fs::metadata(log).is_ok_and(|log| log.len() > 0) {
            let why = "it cannot be written, and its last changes are still in its log";
            return Err(Fault::Failed(why.into()));
        }
        let path = std::path::absolute(path).map_err(|error| Fault::Failed(error.into()))?;
        // What means something in a URL is written out.
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_');
        let url = path.as_os_str().as_encoded_bytes().iter().fold("file:".to_owned(), |url, byte| {
            if plain(*byte) { url + &char::from(*byte).to_string() } else { url + &format!("%{byte:02X}") }
        });
        let access =
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(url + "?immutable=1", access)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self(connection))
    }

    /// Chooses the log; once it is sure that the file is a history.
    pub(crate) fn use_log(&mut self) -> Result<(), Fault> {
        Ok(self.0.pragma_update(None, "journal_mode", "WAL")?)
    }
}

/// Whether anything can be read; a file that is no database says so later.
fn reads(connection: &Connection) -> bool {
    let read = connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()));
    !matches!(
        read.as_ref().map_err(rusqlite::Error::sqlite_error_code),
        Err(Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
    )
}

impl Database for Sqlite {
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Fault> {
        let mut statement = self.0.prepare_cached(&translated(sql))?;
        Ok(statement.execute(rusqlite::params_from_iter(parameters))? as u64)
    }

    fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, Fault> {
        let mut statement = self.0.prepare_cached(&translated(sql))?;
        let columns = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(parameters))?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let cells = (0..columns).map(|column| row.get_ref(column).map(value));
            all.push(cells.collect::<Result<_, _>>()?);
        }
        Ok(all)
    }

    fn batch(&mut self, sql: &str) -> Result<(), Fault> {
        Ok(self.0.execute_batch(sql)?)
    }

    fn wait_for(&mut self, patience: Duration) -> Result<(), Fault> {
        Ok(self.0.busy_timeout(patience)?)
    }

    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }
}

/// `$1` would be a name here; `?1` is a number.
fn translated(sql: &str) -> String {
    sql.replace('$', "?")
}

/// What was damaged may be nothing, or text that is none; whoever reads it finds that out by its seal or its kind.
fn value(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Integer(int) => Value::Int(int),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(text) => String::from_utf8(text.to_vec())
            .map_or_else(|error| Value::Bytes(error.into_bytes()), Value::Text),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Null => Value::Nothing,
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Int(int) => int.to_sql(),
            Self::Real(real) => real.to_sql(),
            Self::Text(text) => text.to_sql(),
            Self::Bytes(bytes) => bytes.to_sql(),
            Self::Nothing => Ok(rusqlite::types::Null.into()),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        const READING: [i32; 2] = [ffi::SQLITE_IOERR_READ, ffi::SQLITE_IOERR_SHORT_READ];
        let said = match &error {
            rusqlite::Error::SqliteFailure(failure, text) => {
                let text = text.clone().unwrap_or_else(|| failure.to_string());
                format!("{text} (SQLite's error {})", failure.extended_code)
            }
            // Not the whole statement.
            rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
            other => other.to_string(),
        };
        match error.sqlite_error() {
            Some(failure) => match failure.code {
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Locked,
                ErrorCode::NotADatabase => Self::NoDatabase("it is not an SQLite file".to_owned()),
                ErrorCode::SystemIoFailure if READING.contains(&failure.extended_code) => {
                    Self::Failed(said.into())
                }
                ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied => Self::NotWritten(said.into()),
                _ => Self::Failed(said.into()),
            },
            None => Self::Failed(said.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_writer_is_told_from_other_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.sqlite");
        let mut first = Sqlite::open(&path, false).unwrap();
        let mut second = Sqlite::open(&path, false).unwrap();
        second.0.busy_timeout(Duration::ZERO).unwrap();
        first.batch("CREATE TABLE t (x)").unwrap();
        first.batch(DIALECT.begin).unwrap();
        assert!(matches!(second.batch(DIALECT.begin), Err(Fault::Locked)));
        first.batch("COMMIT").unwrap();
        second.batch(DIALECT.begin).unwrap();
        assert!(matches!(second.batch("no SQL"), Err(Fault::Failed(_))));
    }
}
