//! A session that looks and does not touch: read-only, bounded in time, and named.
//!
//! What bounds it is said in statements and not in the start-up message, because poolers refuse options there.

use std::ops::Deref;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::Client;

use super::address::Address;
use crate::cost::marked;

/// How long a server may take to let somebody in.
const ENTRY: Duration = Duration::from_secs(5);
/// How our sessions are called in `pg_stat_activity`, so that their own cost can be left out.
pub const APPLICATION: &str = "loadline";

/// A session; it ends when this is dropped.
#[derive(Debug)]
pub struct Session {
    client: Client,
    driver: JoinHandle<()>,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The server does not answer in time.
    #[error("`{address}` has not answered for {} s", waited.as_secs())]
    Silent {
        /// Which server.
        address: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// It can't be reached or refuses.
    #[error("cannot connect to `{address}`: {why}")]
    Refused {
        /// Which server.
        address: String,
        /// What it or the system said.
        why: String,
    },
}

impl Session {
    /// Opens a read-only session whose statements end after `longest`.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn open(address: &Address, longest: Duration) -> Result<Self, ConnectError> {
        let limits = format!(
            "SET default_transaction_read_only = on; SET statement_timeout = {longest}; SET lock_timeout = {longest}; \
             SET idle_in_transaction_session_timeout = 60000; SET client_min_messages = warning",
            longest = longest.as_millis()
        );
        Self::open_with(address, &marked(&limits)).await
    }

    /// Opens a session and says this to it first.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn open_with(address: &Address, first: &str) -> Result<Self, ConnectError> {
        let silent = |_| ConnectError::Silent { address: address.to_string(), waited: ENTRY };
        timeout(ENTRY, Self::enter(address, first)).await.map_err(silent)?
    }

    async fn enter(address: &Address, first: &str) -> Result<Self, ConnectError> {
        let refused = |why: String| ConnectError::Refused { address: address.to_string(), why };
        let connector = address.encryption.connector().map_err(|error| refused(error.to_string()))?;
        let mut config = address.config.as_ref().clone();
        if config.get_application_name().is_none() {
            config.application_name(APPLICATION);
        }
        config.connect_timeout(ENTRY);
        let (client, connection) =
            config.connect(connector).await.map_err(|error| refused(explain(&error)))?;
        let driver = tokio::spawn(async move {
            // How a session ended is said by the statement that it ended.
            let _ = connection.await;
        });
        let session = Self { client, driver };
        session.batch_execute(first).await.map_err(|error| refused(explain(&error)))?;
        Ok(session)
    }
}

impl Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What the server said, or else the whole chain of causes: the driver's own text is only "db error".
pub fn explain(error: &tokio_postgres::Error) -> String {
    if let Some(said) = error.as_db_error() {
        return match said.hint() {
            Some(hint) => format!("{} ({hint})", said.message()),
            None => said.message().to_owned(),
        };
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
