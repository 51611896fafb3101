//! Indexes built where they are wanted: looked at before, built beside everybody's work, and never left half done.

mod build;
mod clear;
mod look;

pub use build::{Built, build};
pub use clear::clear;
pub use look::{Look, Obstacle, Site, look};

use loadline_pg::live::ConnectError;

/// Why nothing was done at all.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// There is no session.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It takes no writes.
    #[error(
        "`{address}` is a replica or read-only: no index can be built there\nhint: build it on the primary"
    )]
    ReadOnly {
        /// Which database.
        address: String,
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
fn refused(what: &'static str) -> impl Fn(tokio_postgres::Error) -> ApplyError {
    move |error| ApplyError::Refused { what, why: loadline_pg::live::explain(&error) }
}
