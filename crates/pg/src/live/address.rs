//! Where a database is: a URL as libpq reads it, whose password nobody sees again.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use loadline_postgres_tls::{Encryption, UrlError, split_url};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// Where a database is and as whom it is used.
///
/// ```
/// use loadline_pg::live::Address;
///
/// let address: Address = "postgres://monitor:secret@db.internal:6432/shop?sslmode=require".parse()?;
/// assert_eq!(address.to_string(), "monitor@db.internal:6432/shop");
/// assert!("postgres:///shop?host=/run/postgresql".parse::<Address>().is_ok());
/// assert!("postgres://db.internal:port/shop".parse::<Address>().is_err());
/// # Ok::<(), loadline_pg::live::AddressError>(())
/// ```
#[derive(Clone)]
pub struct Address {
    pub(super) config: Box<Config>,
    pub(super) encryption: Encryption,
}

/// A text that is no address of a database.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// The driver can't read it.
    #[error(
        "is no PostgreSQL URL ({0}); write it like `postgres://host/database?user=me` or `postgres:///database?host=/run/postgresql`"
    )]
    Url(#[from] tokio_postgres::Error),
    /// What it says about TLS is not possible.
    #[error("{0}")]
    Encryption(#[from] UrlError),
}

impl Address {
    /// A server that listens on a socket in this folder, without a password.
    pub fn in_folder(folder: &Path, user: &str, database: &str) -> Self {
        let mut config = Config::new();
        config.host_path(folder).user(user).dbname(database);
        config.ssl_mode(Encryption::None.mode());
        Self { config: Box::new(config), encryption: Encryption::None }
    }

    /// The same server and user, another database.
    #[must_use]
    pub fn with_database(mut self, name: &str) -> Self {
        self.config.dbname(name);
        self
    }

    /// The same server and database, another user.
    #[must_use]
    pub fn with_user(mut self, name: &str) -> Self {
        self.config.user(name);
        self
    }

    /// The database's name: as said, or the user's as the server has it.
    pub fn database(&self) -> &str {
        self.config.get_dbname().or_else(|| self.config.get_user()).unwrap_or("postgres")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (text, encryption) = split_url(text)?;
        let mut config: Config = text.parse()?;
        config.ssl_mode(encryption.mode());
        Ok(Self { config: Box::new(config), encryption })
    }
}

/// `user@host:port/database`: what may be shown of it.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        match self.config.get_hosts().first() {
            Some(Host::Tcp(name)) => f.write_str(name)?,
            Some(Host::Unix(path)) => write!(f, "{}", path.display())?,
            None => f.write_str("localhost")?,
        }
        if let Some(port) = self.config.get_ports().first().filter(|port| **port != 5432) {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", self.database())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_shown() {
        let address: Address = "postgres://me:hunter2@db/shop?password=hunter2".parse().unwrap();
        for text in [address.to_string(), format!("{address:?}")] {
            assert!(!text.contains("hunter2"), "{text}");
        }
        let folder = Address::in_folder(Path::new("/tmp/ghost"), "ghost", "shop");
        assert_eq!(folder.to_string(), "ghost@/tmp/ghost/shop");
    }
}
