//! Places for histories: files in a private folder, and databases of a private PostgreSQL.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use holiday::store::postgres::Throwaway;
use loadline_history::Location;
use tempfile::TempDir;
use tokio_postgres::NoTls;

/// A place that was not used before.
pub(crate) struct Place {
    pub(crate) location: Location,
    _folder: Option<TempDir>,
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // In a folder that is not there yet.
        let location = Location::File(folder.path().join("new/history.sqlite"));
        Self { location, _folder: Some(folder) }
    }

    pub(crate) fn postgres() -> Self {
        static DATABASES: AtomicU32 = AtomicU32::new(0);
        let name = format!("history_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        sql(&url("postgres"), &format!("CREATE DATABASE {name}"));
        Self { location: url(&name).parse().unwrap(), _folder: None }
    }

    /// Runs statements behind the history's back.
    pub(crate) fn sql(&self, statements: &str) {
        match &self.location {
            Location::File(path) => {
                rusqlite::Connection::open(path).unwrap().execute_batch(statements).unwrap();
            }
            Location::Postgres(_) => {
                let name = self.location.to_string();
                let (_, name) = name.rsplit_once('/').unwrap();
                sql(&url(name), statements);
            }
        }
    }
}

/// One server for all tests; it goes when this process does.
fn url(database: &str) -> String {
    static SERVER: OnceLock<Throwaway> = OnceLock::new();
    let server = SERVER.get_or_init(|| Throwaway::start().unwrap());
    format!("postgres://holiday@/{database}?host={}", server.folder().display())
}

fn sql(url: &str, statements: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        client.batch_execute(statements).await.unwrap();
        drop(client);
        connection.await.unwrap().unwrap();
    });
}
