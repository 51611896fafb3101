//! Why a set of indexes could not be verified.

use loadline_pg::live::ConnectError;

/// Why nothing was verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// There is no session.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It is the server that the load is on, or may be.
    #[error(
        "`{address}` is production's own server, or a copy of its files: both have the system identifier {system}\n\
         hint: give a database of another server, filled by `pg_restore`; or `--verify-production`, if you mean it"
    )]
    Production {
        /// Which database.
        address: String,
        /// What it has in common with production.
        system: String,
    },
    /// Which server it is is not said.
    #[error(
        "cannot tell whether `{address}` is production's own server: its system identifier may not be read\n\
         hint: GRANT EXECUTE ON FUNCTION pg_control_system() to this role; or give `--verify-production`, if you mean it"
    )]
    Unknown {
        /// Which database.
        address: String,
    },
    /// Somebody else is at it.
    #[error("another `db verify` is at work on `{address}`; wait until it is done")]
    Busy {
        /// Which database.
        address: String,
    },
    /// It takes no writes.
    #[error("`{address}` is a replica or read-only: no index can be built there")]
    ReadOnly {
        /// Which database.
        address: String,
    },
    /// There is no copy.
    #[error("cannot copy `{database}`: {why}")]
    Copy {
        /// What was to be copied.
        database: String,
        /// The server's words.
        why: String,
    },
    /// The server refuses something, or went away.
    #[error("{what}: {why}")]
    Refused {
        /// What was done.
        what: &'static str,
        /// Its words.
        why: String,
    },
}

/// What a server said, in words.
pub(super) fn refused(what: &'static str) -> impl Fn(tokio_postgres::Error) -> VerifyError {
    move |error| VerifyError::Refused { what, why: loadline_pg::live::explain(&error) }
}
