//! Why an output could not be written. Every kind names the file and what to do about it.

use std::io;

use loadline_units::count;

/// An output that failed. The run itself can go on; what it writes would have a hole, so the caller must say so.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The file could not be opened for writing.
    #[error("cannot create `{path}`: {source}; check that its folder exists and that you may write there")]
    Create {
        /// The file's path as the user wrote it.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file is there already and is something else, or somebody writes to it.
    #[error("`{path}` is not overwritten: {source}")]
    Refused {
        /// The file's path as the user wrote it.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// Writing failed after the file was opened: disk full, pipe closed.
    #[error("cannot write to `{path}`: {source}; what it holds so far ends before this moment")]
    Write {
        /// The file's path as the user wrote it.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// What is written into a file during the run could not be read any more.
    #[error("cannot read `{path}`: {source}; what is written into it from now on is not in the run")]
    Read {
        /// The file's path as the user wrote it.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Samples came faster than the file took them.
    #[error(
        "{lost} samples are missing from `{path}`: they came faster than they could be written; \
         write to a faster disk, send fewer requests, or use `--out run=FILE`, which holds every measurement aggregated"
    )]
    Lost {
        /// The file's path as the user wrote it.
        path: String,
        /// How many samples the file lacks.
        lost: u64,
    },
    /// What sends to a receiver could not begin, or broke down.
    #[error("nothing is sent to `{place}`: {source}")]
    NotBegun {
        /// The receiver's address, without secrets.
        place: String,
        /// What the system said.
        source: io::Error,
    },
    /// A receiver did not take everything.
    #[error(
        "{} of {} values did not reach `{place}`: {why}; {}",
        count(*lost), count(*points),
        if *behind == 0 {
            "later ones made up for them, so that its totals are those of the run"
        } else {
            "what it has is not all of the run"
        }
    )]
    NotSent {
        /// The receiver's address, without secrets.
        place: String,
        /// Values that did not arrive.
        lost: u64,
        /// Values that were to be sent.
        points: u64,
        /// Series whose newest value did not arrive.
        behind: u64,
        /// What was in the way.
        why: String,
    },
    /// The run was to be kept, and could be nowhere.
    #[error("the run is not kept: {0}")]
    NotKept(String),
}

impl OutputError {
    /// A file that could not be created.
    pub(super) fn creating(path: &str, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::ResourceBusy => Self::Refused { path, source },
            _ => Self::Create { path, source },
        }
    }
}
