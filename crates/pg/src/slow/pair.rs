//! A statement that runs once for each row of another: one more and N of them, where one would do.

use std::fmt;

/// One statement, and another that seems to run once for each of its rows. An inference: what was seen is that they
/// come together.
#[derive(Clone, Debug, PartialEq)]
pub struct RowByRow {
    /// The statement whose rows they are: its place in the listing.
    pub parent: usize,
    /// The statement that runs for each of them.
    pub child: usize,
    /// How often the parent was followed by the child.
    pub times: u64,
    /// Executions of the child in these.
    pub executions: u64,
    /// The fewest and the most executions after one of the parent, where each was seen.
    pub range: Option<(u64, u64)>,
    /// What it stands on.
    pub evidence: Evidence,
}

/// What an inference stands on, the surest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// They follow each other in a session, or on one connection.
    Sequence,
    /// They follow each other within transactions.
    Transaction,
    /// In each window the child ran as often as the parent gave rows.
    Windows,
    /// The child ran as often as the parent gave rows, each time.
    Rows,
}

impl RowByRow {
    /// Executions of the child for one of the parent.
    pub fn per_parent(&self) -> f64 {
        self.executions as f64 / self.times.max(1) as f64
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sequence => "one after the other in one session",
            Self::Transaction => "one after the other in one transaction",
            Self::Windows => "as many executions as rows, in each part of the window",
            Self::Rows => "as many executions as rows, each time",
        })
    }
}
