//! The two databases behind one small trait. The SQL is the same for both, but for a few words (`schema`).

mod postgres;
mod sqlite;
mod value;

pub(crate) use postgres::Postgres;
pub(crate) use sqlite::Sqlite;
pub(crate) use value::{Database, Dialect, Fault, Value, WAIT, row, snapshot, transaction};
