//! A bounded set of connections, each used by one blocking call at a time.
//!
//! SQLite's calls block, so each runs on tokio's blocking threads; the number of connections bounds how many run at once. Who finds
//! none free waits in line, but not for long: a request that cannot get a connection in time is told so while its sender still cares.

use std::{
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use loadline_monitor::PoolWaits;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::store::{PoolStatus, StoreError};

/// How long a call may wait for a connection.
const LONGEST_WAIT: Duration = Duration::from_millis(250);
/// How long what must be kept may wait: a payment that the gateway has made.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections to one database.
pub(super) struct Pool {
    free: Mutex<Vec<Connection>>,
    permits: Semaphore,
    limit: usize,
    waiting: AtomicUsize,
    waits: OnceLock<PoolWaits>,
}

impl Pool {
    pub(super) fn new(connections: Vec<Connection>) -> Pool {
        let limit = connections.len();
        Pool {
            permits: Semaphore::new(limit),
            free: Mutex::new(connections),
            limit,
            waiting: AtomicUsize::new(0),
            waits: OnceLock::new(),
        }
    }

    /// Times waits from now on.
    pub(super) fn time_waits(&self, waits: PoolWaits) {
        let _ = self.waits.set(waits);
    }

    /// How much of it is in use.
    pub(super) fn status(&self) -> PoolStatus {
        let idle = self.permits.available_permits();
        PoolStatus {
            limit: self.limit as u64,
            in_use: self.limit.saturating_sub(idle) as u64,
            idle: idle as u64,
            waiting: self.waiting.load(Ordering::Relaxed) as u64,
        }
    }

    /// Runs `work` with a connection on a blocking thread; `action` names it in errors.
    pub(super) async fn run<T: Send + 'static>(
        self: std::sync::Arc<Pool>,
        action: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run_within(LONGEST_WAIT, action, work).await
    }

    /// [`Pool::run`], but for a longer wait.
    pub(super) async fn run_patiently<T: Send + 'static>(
        self: std::sync::Arc<Pool>,
        action: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.run_within(PATIENCE, action, work).await
    }

    async fn run_within<T: Send + 'static>(
        self: std::sync::Arc<Pool>,
        longest_wait: Duration,
        action: &'static str,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let pool = std::sync::Arc::clone(&self);
        let waiting = Waiting::begin(&self.waiting);
        let wait = async {
            let acquired = tokio::time::timeout(longest_wait, self.permits.acquire()).await;
            acquired.map_err(|_| StoreError::Busy)
        };
        let permit = match self.waits.get() {
            Some(waits) => waits.time(wait).await?,
            None => wait.await?,
        };
        let permit = permit.expect("the semaphore is never closed");
        // The permit travels with the work: when the request is given up, the call goes on and its connection is still in use.
        permit.forget();
        drop(waiting);
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

/// Counted as waiting until dropped, also when the request is given up.
struct Waiting<'a>(&'a AtomicUsize);

impl Waiting<'_> {
    fn begin(waiting: &AtomicUsize) -> Waiting<'_> {
        waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use tokio::time::Instant;

    use super::*;

    /// As the documentation says, and quickly enough for its sender to go elsewhere; what was paid for waits longer.
    #[test]
    fn who_finds_no_connection_is_told_after_a_quarter_of_a_second() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let pool = Arc::new(Pool::new(vec![Connection::open_in_memory().unwrap()]));
        let (busy, is_busy) = mpsc::channel();
        let (go_on, told) = mpsc::channel::<()>();
        let holding = runtime.spawn(Arc::clone(&pool).run("holding", move |_| {
            busy.send(()).unwrap();
            told.recv().unwrap();
            Ok(())
        }));
        is_busy.recv().unwrap();
        let paused =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        paused.block_on(async {
            for (patient, waited) in [(false, LONGEST_WAIT), (true, PATIENCE)] {
                let begun = Instant::now();
                let pool = Arc::clone(&pool);
                let refused = if patient {
                    pool.run_patiently("x", |_| Ok(())).await
                } else {
                    pool.run("x", |_| Ok(())).await
                };
                assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
                assert_eq!(begun.elapsed().as_millis(), waited.as_millis());
            }
        });
        assert_eq!(LONGEST_WAIT, Duration::from_millis(250));
        go_on.send(()).unwrap();
        runtime.block_on(holding).unwrap().unwrap();
    }
}
