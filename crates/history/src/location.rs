//! Where a history is: a file, or a database server. A password in it is never shown.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use loadline_postgres_tls::{Encryption, UrlError, split_url};

/// Where a history is.
///
/// Text of it is a path, or a URL of PostgreSQL's with libpq's `sslmode` and `sslrootcert`; see
/// [`Encryption`](loadline_postgres_tls::Encryption).
///
/// ```
/// use loadline_history::Location;
///
/// let team: Location = "postgres://ci:secret@db.internal/loadline?sslmode=verify-full".parse()?;
/// assert_eq!(team.to_string(), "postgres://ci@db.internal/loadline");
/// let file: Location = ".loadline/history.sqlite".parse()?;
/// assert_eq!(file.to_string(), ".loadline/history.sqlite");
/// assert!("mysql://db.internal/loadline".parse::<Location>().is_err());
/// assert!(":memory:".parse::<Location>().is_err() && "file:x.sqlite".parse::<Location>().is_err());
/// # Ok::<(), loadline_history::LocationError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file of SQLite's. It and its folder are made when they are not there.
    File(PathBuf),
    /// A database of PostgreSQL's, which has to be there; tables are made.
    Postgres(Server),
}

/// A database server and how to get into it.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    pub(crate) config: Box<tokio_postgres::Config>,
    pub(crate) encryption: Encryption,
}

/// A text that says no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// Nothing was said.
    #[error("the location of the history is empty; give a path such as `.loadline/history.sqlite`")]
    Empty,
    /// A URL of something else.
    #[error("a history is a file or `postgres://…`; `{scheme}://` is neither")]
    Scheme {
        /// What the text begins with.
        scheme: String,
    },
    /// A name that SQLite takes for something else than a file of this name.
    #[error(
        "`{text}` is no file that a history could be kept in and found again; give a path such as `.loadline/history.sqlite`"
    )]
    Special {
        /// The name.
        text: String,
    },
    /// A URL that cannot be read. The text may contain a password and is left out.
    #[error(
        "the `postgres://` URL of the history cannot be read: {0}; write it like `postgres://user:password@host/database`"
    )]
    Url(String),
    /// A URL that asks for TLS that is not possible.
    #[error(
        "the `postgres://` URL of the history cannot be read: {0}; write it like `postgres://user:password@host/database`"
    )]
    Encryption(#[from] UrlError),
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        match text.split_once("://") {
            Some(("postgres" | "postgresql", _)) => {
                let (url, encryption) = split_url(text)?;
                let mut config: tokio_postgres::Config =
                    url.parse().map_err(|error: tokio_postgres::Error| {
                        let why = std::error::Error::source(&error)
                            .map_or_else(|| error.to_string(), ToString::to_string);
                        LocationError::Url(why)
                    })?;
                config.ssl_mode(encryption.mode());
                Ok(Self::Postgres(Server { config: Box::new(config), encryption }))
            }
            Some((scheme, _)) if scheme.chars().all(|letter| letter.is_ascii_alphanumeric()) => {
                Err(LocationError::Scheme { scheme: scheme.to_owned() })
            }
            _ if text.is_empty() => Err(LocationError::Empty),
            _ if text == ":memory:" || text.starts_with("file:") => {
                Err(LocationError::Special { text: text.to_owned() })
            }
            _ => Ok(Self::File(PathBuf::from(text))),
        }
    }
}

/// The path, or the URL without password and parameters.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Postgres(server) => server.fmt(f),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use tokio_postgres::config::Host;
        f.write_str("postgres://")?;
        if let Some(user) = self.config.get_user() {
            write!(f, "{user}@")?;
        }
        for (position, host) in self.config.get_hosts().iter().enumerate() {
            let separator = if position > 0 { "," } else { "" };
            match host {
                Host::Tcp(name) => write!(f, "{separator}{name}")?,
                #[cfg(unix)]
                Host::Unix(path) => write!(f, "{separator}{}", path.display())?,
            }
            match self.config.get_ports().get(position) {
                Some(port) if *port != 5432 => write!(f, ":{port}")?,
                _ => {}
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Location({self})")
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Server({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown_right_or_wrong() {
        let location: Location = "postgresql://ci:sesame@db:6000/loads".parse().unwrap();
        assert_eq!(format!("{location} {location:?}").matches("sesame").count(), 0);
        assert_eq!(location.to_string(), "postgres://ci@db:6000/loads");
        for wrong in [
            "postgres://ci:sesame@db:port/loads",
            "postgres://ci:sesame@db/loads?sslmode=prefer",
            "postgres://ci:sesame@db/loads?sesame=1",
        ] {
            let error = wrong.parse::<Location>().unwrap_err();
            let text = format!("{error} {error:?}");
            assert!(text.contains("cannot be read") && !text.contains("ci:sesame"), "{text}");
        }
    }

    #[test]
    fn paths_are_taken_as_they_are() {
        for path in ["history.sqlite", "/var/lib/a b/h", "odd://no:scheme? /x", "C:\\loads"] {
            match path.parse::<Location>() {
                Ok(Location::File(file)) => assert_eq!(file, PathBuf::from(path)),
                Err(LocationError::Scheme { .. }) => assert!(path.starts_with("odd"), "{path}"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!("".parse::<Location>(), Err(LocationError::Empty));
    }
}
