//! A bounded set of connections, each used by one blocking call at a time.
//!
//! SQLite's calls block, so each runs on tokio's blocking threads; the number of connections bounds how many run at once. Who finds
//! none free waits in line, but not for long: a request that cannot get a connection in time is told so while its sender still cares.

use std::{sync::Mutex, time::Duration};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::store::StoreError;

/// How long a call may wait for a connection.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// Connections to one database.
pub(super) struct Pool {
    free: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl Pool {
    pub(super) fn new(connections: Vec<Connection>) -> Pool {
        Pool { permits: Semaphore::new(connections.len()), free: Mutex::new(connections) }
    }

    /// Runs `work` with a connection on a blocking thread; `action` names it in errors.
    pub(super) async fn run<T: Send + 'static>(
        self: std::sync::Arc<Pool>,
        action: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let pool = std::sync::Arc::clone(&self);
        let permit = tokio::time::timeout(LONGEST_WAIT, self.permits.acquire())
            .await
            .map_err(|_| StoreError::Busy)?
            .expect("the semaphore is never closed");
        // The permit travels with the work: when the request is given up, the call goes on and its connection is still in use.
        permit.forget();
        let outcome = tokio::task::spawn_blocking(move || {
            let mut lent = Lent::take(&pool);
            work(lent.connection())
        })
        .await;
        match outcome {
            Ok(result) => result.map_err(|error| StoreError::Failed { action, source: error.into() }),
            Err(error) => Err(StoreError::Failed { action, source: error.into() }),
        }
    }
}

/// A connection on loan; it and its permit go back when this is dropped, also by a panic.
struct Lent<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
}

impl Lent<'_> {
    fn take(pool: &Pool) -> Lent<'_> {
        let mut free = pool.free.lock().expect("nothing panics while it is held");
        Lent { pool, connection: Some(free.pop().expect("there are as many permits as connections")) }
    }

    fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("taken only when dropped")
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.free.lock().expect("nothing panics while it is held").push(connection);
            self.pool.permits.add_permits(1);
        }
    }
}
