//! What can go wrong with a history, and what to do about it.

use std::time::Duration;

use loadline_measure::{Completeness, RunFileError};

/// Why a history cannot be used, or not so.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// There is nothing at the place, and it was to be read only.
    #[error("there is no history at `{location}`; the first run that is kept makes it")]
    Missing {
        /// The place.
        location: String,
    },
    /// Something else is at the place.
    #[error("`{location}` is not a history: {why}; choose another location, nothing was changed here")]
    NotAHistory {
        /// The place.
        location: String,
        /// What gives it away.
        why: String,
    },
    /// A newer Loadline made it.
    #[error(
        "the history at `{location}` has version {found}, and this Loadline knows up to version {known}; use the \
         Loadline that wrote it, or a newer one"
    )]
    Newer {
        /// The place.
        location: String,
        /// Its version.
        found: i64,
        /// The newest version that is known.
        known: i64,
    },
    /// Something in it is not what was written.
    #[error(
        "the history at `{location}` is damaged: {what}; `loadline history repair` works out again what the kept runs \
         still tell, the rest of it can be read, and `loadline history export all FOLDER` saves it"
    )]
    Altered {
        /// The place.
        location: String,
        /// What is damaged.
        what: String,
    },
    /// Somebody else writes and does not come to an end.
    #[error(
        "the history at `{location}` is locked: another process has been writing to it, and {what} waited {} s for its \
         turn; try again when that process is done",
        waited.as_secs()
    )]
    Locked {
        /// The place.
        location: String,
        /// What waited.
        what: &'static str,
        /// For how long.
        waited: Duration,
    },
    /// The place takes nothing: it is full, may not be written to, or is gone.
    #[error("{what} failed in the history at `{location}`: {source}")]
    NotWritten {
        /// The place.
        location: String,
        /// What was tried.
        what: &'static str,
        /// The driver's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No run is what was asked for.
    #[error("there is no run `{pick}` in the history at `{location}`{among}")]
    NoSuchRun {
        /// What was asked for.
        pick: String,
        /// The place.
        location: String,
        /// How many there were to pick from, in words.
        among: String,
    },
    /// The beginning of a commit fits more than one.
    #[error("`{pick}` could be any of the commits {}; write more of it", commits.join(", "))]
    Ambiguous {
        /// What was asked for.
        pick: String,
        /// The commits it could be.
        commits: Vec<String>,
    },
    /// No baseline has the name.
    #[error("there is no baseline `{name}`{}", known_names(known))]
    NoSuchBaseline {
        /// The name.
        name: String,
        /// Those that are there.
        known: Vec<String>,
    },
    /// A run cannot go because a baseline stands on it.
    #[error("run {run} is part of the baseline `{baseline}`: save that baseline anew from other runs first")]
    InBaseline {
        /// The run.
        run: i64,
        /// The baseline.
        baseline: String,
    },
    /// A run cannot go because it is still recorded.
    #[error("run {run} still goes on; remove it when it is over")]
    GoesOn {
        /// The run.
        run: i64,
    },
    /// What is kept of a run is no Run file.
    #[error("run {run} cannot be read: {source}")]
    Unreadable {
        /// The run.
        run: i64,
        /// What is wrong with it.
        source: RunFileError,
    },
    /// What shall be imported is no Run file.
    #[error(transparent)]
    RunFile(#[from] RunFileError),
    /// What shall be imported is a Run file that something happened to.
    #[error(
        "{0}; nothing of it is taken: copy the file again, or judge what there is with `budget check FILE`"
    )]
    Damaged(Completeness),
    /// A run cannot be packed, or an export not be written.
    #[error("{what} failed: {source}")]
    Io {
        /// What failed.
        what: String,
        /// Why.
        source: std::io::Error,
    },
    /// The database refused.
    #[error("{what} failed in the history at `{location}`: {source}")]
    Database {
        /// The place.
        location: String,
        /// What was tried.
        what: &'static str,
        /// The driver's error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl HistoryError {
    /// Whether it is the place that does not take what was to be kept, and nothing that was asked for: it is full, may
    /// not be written to, is gone, or somebody else writes to it.
    pub fn is_not_written(&self) -> bool {
        matches!(self, Self::NotWritten { .. } | Self::Locked { .. })
    }
}

fn known_names(known: &[String]) -> String {
    if known.is_empty() {
        "; there are none yet".to_owned()
    } else {
        format!("; there are `{}`", known.join("`, `"))
    }
}
