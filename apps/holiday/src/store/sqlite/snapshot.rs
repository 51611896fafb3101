//! One read transaction over several statements: all of them see the same data, and SQLite takes and gives back its locks once
//! instead of for every row.

use rusqlite::Connection;

/// An open read transaction; it ends when dropped.
pub(super) struct Snapshot<'a>(&'a Connection);

impl Snapshot<'_> {
    /// Begins one; there must be none on this connection yet.
    pub(super) fn begin(connection: &Connection) -> rusqlite::Result<Snapshot<'_>> {
        connection.prepare_cached("BEGIN")?.execute([])?;
        Ok(Snapshot(connection))
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // Nothing was written, so nothing can be lost; a connection that can't even end a read fails its next statement.
        if let Ok(mut commit) = self.0.prepare_cached("COMMIT") {
            let _ = commit.execute([]);
        }
    }
}
