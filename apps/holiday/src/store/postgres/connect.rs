//! Where a database is, and how a connection to it is set up.

use std::{fmt, str::FromStr, time::Duration};

use loadline_postgres_tls::{Connector, Encryption, UrlError, split_url};
use tokio_postgres::{Client, Config};

use crate::store::StoreError;

/// A statement of a request may take this long on the server.
pub(super) const STATEMENT_TIMEOUT: Duration = Duration::from_secs(2);
/// Making a connection may take this long.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// What fails without a server.
const CONNECTING: &str = "connecting to PostgreSQL";

/// Where a PostgreSQL database is, and as whom to use it.
///
/// ```
/// use holiday::store::postgres::Address;
///
/// assert!("postgres://holiday@db.internal/holiday".parse::<Address>().is_ok());
/// assert!("postgres:///holiday?host=/run/postgresql".parse::<Address>().is_ok());
/// assert!("postgres://db.internal/holiday?sslmode=verify-full&sslrootcert=/etc/ca.pem".parse::<Address>().is_ok());
/// assert!("postgres://db.internal/holiday?sslmode=prefer".parse::<Address>().is_err());
/// assert!("postgres://holiday@db.internal:port/holiday".parse::<Address>().is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    config: Box<Config>,
    encryption: Encryption,
}

/// A text that is no address of a database.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// The driver can't read it.
    #[error(
        "is no PostgreSQL URL ({0}); write it like `postgres://user@host/database` or `postgres:///database?host=/run/postgresql`"
    )]
    Url(#[from] tokio_postgres::Error),
    /// What it says about TLS is not possible.
    #[error("{0}")]
    Encryption(#[from] UrlError),
}

impl Address {
    /// The same server and user, another database.
    #[must_use]
    pub fn with_database(mut self, name: &str) -> Address {
        self.config.dbname(name);
        self
    }

    /// Connections that answer requests: bounded in time, and with settled plans.
    ///
    /// Every statement of this store has one good plan whatever its parameters, so plans are made once per connection
    /// (`force_generic_plan`); compiling them (`jit`) would cost more than running them.
    pub(super) fn for_requests(&self) -> Config {
        let timeout_ms = STATEMENT_TIMEOUT.as_millis();
        self.with_options(&format!(
            "-c statement_timeout={timeout_ms} -c idle_in_transaction_session_timeout=10000 \
             -c plan_cache_mode=force_generic_plan -c jit=off"
        ))
    }

    /// One connection for long work: migrations, loading.
    pub(in crate::store) async fn connect(&self) -> Result<Client, StoreError> {
        let config = self.with_options("-c statement_timeout=0");
        let connecting = config.connect(self.connector()?).await;
        let (client, connection) = connecting.map_err(|error| StoreError::Failed {
            action: CONNECTING,
            source: super::errors::explain(&error).into(),
        })?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to PostgreSQL ended");
            }
        });
        Ok(client)
    }

    /// What makes the connections secret, or not.
    pub(super) fn connector(&self) -> Result<Connector, StoreError> {
        let connector = self.encryption.connector();
        connector.map_err(|error| StoreError::Failed { action: CONNECTING, source: error.into() })
    }

    fn with_options(&self, options: &str) -> Config {
        let mut config = self.config.as_ref().clone();
        // What the operator wrote into the URL comes last and wins.
        let options = format!("{options} {}", config.get_options().unwrap_or_default());
        config.options(options.trim_end()).connect_timeout(CONNECT_TIMEOUT);
        if config.get_application_name().is_none() {
            config.application_name("holiday");
        }
        config
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Address, AddressError> {
        let (text, encryption) = split_url(text)?;
        let mut config: Config = text.parse()?;
        config.ssl_mode(encryption.mode());
        Ok(Address { config: Box::new(config), encryption })
    }
}

impl From<Config> for Address {
    /// Without TLS.
    fn from(mut config: Config) -> Address {
        config.ssl_mode(Encryption::None.mode());
        Address { config: Box::new(config), encryption: Encryption::None }
    }
}

impl fmt::Debug for Address {
    /// Without the password: it must not reach a log.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Address")
            .field("hosts", &self.config.get_hosts())
            .field("user", &self.config.get_user())
            .field("database", &self.config.get_dbname())
            .field("encryption", &self.encryption)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_not_shown() {
        let address: Address = "postgres://user:secret@host/db".parse().unwrap();
        let debug = format!("{address:?}");
        assert!(debug.contains("user") && !debug.contains("secret"), "{debug}");
    }

    #[test]
    fn the_operators_options_win() {
        let address: Address = "postgres://host/db?options=-c%20jit%3Don".parse().unwrap();
        assert!(address.for_requests().get_options().unwrap().ends_with("-c jit=off -c jit=on"));
    }

    #[test]
    fn what_an_url_says_about_tls_is_done_or_told() {
        let problem = "postgres://host/db?sslmode=prefer".parse::<Address>().unwrap_err();
        assert!(problem.to_string().contains("protect nothing"));
        let url = "postgres://host/db?connect_timeout=3&sslmode=verify-full&sslrootcert=/no%20where/ca.pem";
        let address: Address = url.parse().unwrap();
        let error = address.connector().err().unwrap();
        let text = std::error::Error::source(&error).unwrap().to_string();
        assert!(text.starts_with("`sslrootcert=/no where/ca.pem` can't be read"), "{text}");
        assert_eq!(address.for_requests().get_connect_timeout(), Some(&CONNECT_TIMEOUT));
    }
}
