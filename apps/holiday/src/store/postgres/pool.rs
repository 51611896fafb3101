//! A bounded number of connections, each used by one request at a time.
//!
//! A request that finds none free waits in line, but not for long: told quickly that the service is busy, its sender may try again
//! or go elsewhere; queueing without end, everyone would wait for everyone.
//!
//! Connections that the server closed are noticed before they are lent out, and replaced. When one breaks in mid-statement the
//! statement is tried once more on another: every statement of this store may be repeated safely, also when the first time was
//! committed and only the answer was lost.
//!
//! What belongs to a payment, from the login on, also waits out a restart of the server: a few seconds of patience cost less than a
//! customer who was told that paying failed. A search is told at once, so that the many do not pile up behind a server that is away.

use std::{future::Future, pin::Pin, sync::OnceLock, time::Duration};

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool as Connections, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use loadline_monitor::PoolWaits;
use tokio::time::Instant;
use tokio_postgres::Error;

use super::{
    connect::{Address, CONNECT_TIMEOUT},
    errors::{explain, is_lost_connection, store_error},
};
use crate::store::{PoolStatus, StoreError};

/// How long a request may wait for a connection.
const LONGEST_WAIT: Duration = Duration::from_millis(250);

/// How long a payment waits for a server that is away.
const PATIENCE: Duration = Duration::from_secs(5);
/// Waited between two tries, and up to twice as long, so that not all come at once.
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// The future of one piece of work on a connection.
pub(super) type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Connections to one database.
pub(super) struct Pool {
    connections: Connections,
    waits: OnceLock<PoolWaits>,
}

impl Pool {
    /// At most this many connections; none is made yet.
    ///
    /// # Errors
    /// The URL asks for TLS in a way that is not possible.
    pub(super) fn new(address: &Address, limit: usize) -> Result<Pool, StoreError> {
        let config = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(address.for_requests(), address.connector()?, config);
        let connections = Connections::builder(manager)
            .max_size(limit.max(1))
            .wait_timeout(Some(LONGEST_WAIT))
            .create_timeout(Some(CONNECT_TIMEOUT))
            .recycle_timeout(Some(CONNECT_TIMEOUT))
            .runtime(Runtime::Tokio1)
            .build()
            .expect("a runtime is given, which is all that can be missing");
        Ok(Pool { connections, waits: OnceLock::new() })
    }

    /// Runs `work` with a connection, a second time if the connection breaks; `action` names it in errors.
    pub(super) async fn run<T, F>(&self, action: &'static str, work: F) -> Result<T, StoreError>
    where
        F: for<'a> Fn(&'a mut Object) -> Work<'a, T> + Send + Sync,
    {
        self.run_until(Instant::now(), action, work).await
    }

    /// [`Pool::run`], again and again while the server is away, for some seconds.
    pub(super) async fn run_patiently<T, F>(&self, action: &'static str, work: F) -> Result<T, StoreError>
    where
        F: for<'a> Fn(&'a mut Object) -> Work<'a, T> + Send + Sync,
    {
        self.run_until(Instant::now() + PATIENCE, action, work).await
    }

    async fn run_until<T, F>(&self, deadline: Instant, action: &'static str, work: F) -> Result<T, StoreError>
    where
        F: for<'a> Fn(&'a mut Object) -> Work<'a, T> + Send + Sync,
    {
        let mut tried = false;
        loop {
            let wait = self.connection(action);
            let waited = match self.waits.get() {
                Some(waits) => waits.time(wait).await,
                None => wait.await,
            };
            let mut connection = match waited {
                Ok(connection) => connection,
                Err(StoreError::Unavailable { .. }) if Instant::now() < deadline => {
                    tokio::time::sleep(BETWEEN_TRIES.mul_f64(1.0 + rand::random::<f64>())).await;
                    continue;
                }
                Err(error) => return Err(error),
            };
            match work(&mut connection).await {
                Ok(answer) => return Ok(answer),
                Err(error) if is_lost_connection(&error) && (!tried || Instant::now() < deadline) => {
                    tried = true;
                    tracing::info!(action, error = %explain(&error), "a connection broke, trying another");
                    // Out of the pool with it, whether or not the driver has noticed already.
                    drop(Object::take(connection));
                }
                Err(error) => return Err(store_error(action, &error)),
            }
        }
    }

    async fn connection(&self, action: &'static str) -> Result<Object, StoreError> {
        self.connections.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => StoreError::Busy,
            PoolError::Backend(error) => match store_error(action, &error) {
                // Whatever keeps a server from taking connections, it may pass without this service's doing.
                StoreError::Failed { action, source } => StoreError::Unavailable { action, source },
                other => other,
            },
            other => StoreError::Unavailable { action, source: other.into() },
        })
    }

    /// Times waits from now on.
    pub(super) fn time_waits(&self, waits: PoolWaits) {
        let _ = self.waits.set(waits);
    }

    /// How much of it is in use.
    pub(super) fn status(&self) -> PoolStatus {
        let status = self.connections.status();
        PoolStatus {
            limit: status.max_size as u64,
            in_use: status.size.saturating_sub(status.available) as u64,
            idle: status.available as u64,
            waiting: status.waiting as u64,
        }
    }
}
