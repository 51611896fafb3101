//! How production stands: every budget that is watched, and what has to be said beside them.

use jiff::Timestamp;
use loadline_watch::{Objective, Standing, Unwatched, Watched};

use super::arguments::FailOn;

/// How production stands at a moment.
pub(super) struct Stands {
    /// When.
    pub(super) at: Timestamp,
    /// Where it is from.
    pub(super) server: String,
    /// What is watched, and how it stands.
    pub(super) all: Vec<(Objective, Watched)>,
    /// Of each what changed around it and what load tests said, where it burns.
    pub(super) around: Vec<Vec<String>>,
    /// What is not.
    pub(super) unwatched: Vec<Unwatched>,
    /// What has to be said beside it.
    pub(super) remarks: Vec<String>,
    /// What fails.
    pub(super) fail_on: FailOn,
}

impl Stands {
    /// Whether an objective makes the command fail.
    pub(super) fn fails(&self, objective: &Objective, watched: &Watched) -> bool {
        match watched.standing {
            Standing::Burning(_) => true,
            Standing::NoData => !objective.allow_no_data,
            Standing::Keeps | Standing::TooFew => {
                self.fail_on == FailOn::Beyond && watched.fact.is_beyond == Some(true)
            }
        }
    }
}
