//! All statements of a window, a log or a server's statistics.

use super::pair::RowByRow;
use super::statement::Statement;

/// All statements that something was counted of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// The statements, in no order.
    pub statements: Vec<Statement>,
    /// What was counted of statements that are not listed.
    pub others: Others,
    /// How long it was counted for, in seconds, where that is known.
    pub seconds: Option<f64>,
    /// Statements that seem to run once for each row of another.
    pub row_by_row: Vec<RowByRow>,
}

/// Statements that are counted together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Others {
    /// Their executions.
    pub calls: u64,
    /// What these took, in milliseconds.
    pub time_ms: f64,
}

impl Listing {
    /// What all executions took together, in milliseconds.
    pub fn time_ms(&self) -> f64 {
        self.statements.iter().map(|statement| statement.time_ms).sum::<f64>() + self.others.time_ms
    }

    /// All executions.
    pub fn calls(&self) -> u64 {
        self.statements.iter().map(|statement| statement.calls).sum::<u64>() + self.others.calls
    }

    /// Whether no execution's time is known.
    pub fn is_untimed(&self) -> bool {
        self.statements.iter().all(|statement| statement.timed == 0)
    }
}
