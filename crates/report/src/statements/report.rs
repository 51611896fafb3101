//! What a page about slow statements is made of.

use loadline_pg::slow::{Listing, STORY_MEAN_MS, STORY_MOST, Statement, by_mean, by_time};

/// Statements, where what is known of them comes from, and what has to be known about it.
#[derive(Clone, Debug)]
pub struct SlowReport {
    /// Where it comes from.
    pub source: SlowSource,
    /// The statements.
    pub listing: Listing,
    /// What is missing or has to be known.
    pub notes: Vec<String>,
    /// How many statements are shown by their share of the time.
    pub most: usize,
    /// Whether statements are shown whole.
    pub full: bool,
}

/// Where figures of statements come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlowSource {
    /// All that a server has counted.
    Statistics {
        /// Which server.
        server: String,
        /// When its counting began, if it tells.
        since: Option<String>,
    },
    /// What a server counted between two looks.
    Window {
        /// Which server.
        server: String,
    },
    /// What a server counted between two portraits.
    Portraits {
        /// The older one.
        before: String,
        /// The newer one.
        after: String,
    },
    /// A log.
    Log {
        /// Its files.
        name: String,
        /// Its format.
        format: String,
        /// The times of its first and last entries.
        span: Option<(String, String)>,
    },
}

impl SlowReport {
    /// The statements that take most of the time.
    pub(super) fn expensive(&self) -> Vec<&Statement> {
        by_time(&self.listing, self.most)
    }

    /// The statements that are slow each time, as the founding story has it.
    pub(super) fn slow(&self) -> Vec<&Statement> {
        by_mean(&self.listing, STORY_MEAN_MS, STORY_MOST)
    }

    /// A statement's share of the time; nothing where no time is known.
    pub(super) fn share(&self, statement: &Statement) -> Option<f64> {
        let all = self.listing.time_ms();
        (all > 0.0).then(|| statement.time_ms / all)
    }
}

impl SlowSource {
    /// Its name for machines.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Statistics { .. } => "statistics",
            Self::Window { .. } => "window",
            Self::Portraits { .. } => "portraits",
            Self::Log { .. } => "log",
        }
    }
}
