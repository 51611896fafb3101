//! What a database does for a history: statements with parameters, and transactions. No more is needed of either, and
//! what is common to SQLite and PostgreSQL is enough.

use std::error::Error;
use std::time::Duration;

/// How long anything waits for another writer.
pub(crate) const WAIT: Duration = Duration::from_secs(10);

/// One connection.
pub(crate) trait Database: Send {
    /// Runs a statement with parameters `$1`, `$2`, …; gives the number of rows it changed.
    fn execute(&mut self, sql: &str, parameters: &[Value]) -> Result<u64, Fault>;

    /// Runs a query.
    fn query(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, Fault>;

    /// Runs statements without parameters, separated by semicolons.
    fn batch(&mut self, sql: &str) -> Result<(), Fault>;

    /// From now on waits so long for another writer, and for an answer at all not much longer.
    fn wait_for(&mut self, patience: Duration) -> Result<(), Fault>;

    /// How it says what the two say differently.
    fn dialect(&self) -> &'static Dialect;
}

/// What the two databases say differently.
pub(crate) struct Dialect {
    /// Begins a transaction that writes.
    pub(crate) begin: &'static str,
    /// … and one that only reads, all of it at one moment.
    pub(crate) snapshot: &'static str,
    /// The type of a number that counts up by itself.
    pub(crate) counting: &'static str,
    /// The type of floating-point numbers.
    pub(crate) real: &'static str,
    /// The type of bytes.
    pub(crate) bytes: &'static str,
    /// At the end of a table that is its own index.
    pub(crate) clustered: &'static str,
    /// How many tables there are with a name.
    pub(crate) count_tables: &'static str,
    /// How many tables there are at all that would speak against a place being a history.
    pub(crate) count_foreign_tables: &'static str,
    /// Waits until nobody else migrates; inside of a transaction.
    pub(crate) migrating: &'static str,
    /// Locks a run for as long as the connection is there; none where a file beside the database does that.
    pub(crate) lock_run: Option<&'static str>,
    /// How many connections hold that lock.
    pub(crate) is_run_locked: Option<&'static str>,
    /// Gives space back; outside of a transaction.
    pub(crate) vacuum: &'static [&'static str],
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Int(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
    /// Which nothing that is written ever is.
    Nothing,
}

/// Why a statement failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Another writer did not come to an end within [`WAIT`].
    Locked,
    /// The place holds no database.
    NoDatabase(String),
    /// Something in it is not what was written.
    Damaged(String),
    /// It takes nothing: it is full, may not be written to, or is gone.
    NotWritten(Box<dyn Error + Send + Sync>),
    /// All else.
    Failed(Box<dyn Error + Send + Sync>),
}

/// Runs statements all or none.
pub(crate) fn transaction<T, E: From<Fault>>(
    database: &mut dyn Database,
    body: impl FnOnce(&mut dyn Database) -> Result<T, E>,
) -> Result<T, E> {
    let begin = database.dialect().begin;
    within(database, begin, body)
}

/// Runs queries that all see the same moment.
pub(crate) fn snapshot<T, E: From<Fault>>(
    database: &mut dyn Database,
    body: impl FnOnce(&mut dyn Database) -> Result<T, E>,
) -> Result<T, E> {
    let begin = database.dialect().snapshot;
    within(database, begin, body)
}

fn within<T, E: From<Fault>>(
    database: &mut dyn Database,
    begin: &str,
    body: impl FnOnce(&mut dyn Database) -> Result<T, E>,
) -> Result<T, E> {
    database.batch(begin)?;
    match body(database) {
        Ok(done) => {
            database.batch("COMMIT")?;
            Ok(done)
        }
        Err(error) => {
            // The first error tells; a connection that cannot roll back is gone, and its transaction with it.
            let _ = database.batch("ROLLBACK");
            Err(error)
        }
    }
}

/// The cells of a row that has so many.
pub(crate) fn row<const N: usize>(cells: Vec<Value>) -> Result<[Value; N], Fault> {
    cells.try_into().map_err(|_| Fault::Failed("a row is missing or has other columns".into()))
}

impl Value {
    pub(crate) fn int(self) -> Result<i64, Fault> {
        if let Self::Int(int) = self { Ok(int) } else { Err(self.unexpected("a whole number")) }
    }

    pub(crate) fn real(self) -> Result<f64, Fault> {
        if let Self::Real(real) = self { Ok(real) } else { Err(self.unexpected("a number")) }
    }

    pub(crate) fn text(self) -> Result<String, Fault> {
        if let Self::Text(text) = self { Ok(text) } else { Err(self.unexpected("text")) }
    }

    pub(crate) fn bytes(self) -> Result<Vec<u8>, Fault> {
        if let Self::Bytes(bytes) = self { Ok(bytes) } else { Err(self.unexpected("bytes")) }
    }

    fn unexpected(&self, wanted: &str) -> Fault {
        let found = match self {
            Self::Int(_) => "a whole number",
            Self::Real(_) => "a number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Nothing => "nothing",
        };
        Fault::Failed(format!("a column holds {found} instead of {wanted}").into())
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

impl From<f64> for Value {
    fn from(real: f64) -> Self {
        Self::Real(real)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}
