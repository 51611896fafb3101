//! What is known of a statement's executions.

use crate::shape::Class;

/// A statement and what its executions took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    /// What tells it apart: the server's number for it, or its shape's.
    pub id: String,
    /// Its text, with `$1` for values.
    pub text: String,
    /// Whether the text's end is missing.
    pub is_cut: bool,
    /// The user who ran it, where the source tells users apart.
    pub user: Option<String>,
    /// The database it ran in, where the source tells databases apart.
    pub database: Option<String>,
    /// Executions.
    pub calls: u64,
    /// Executions whose time is known.
    pub timed: u64,
    /// What these took together, in milliseconds.
    pub time_ms: f64,
    /// The standard deviation of what they took, of all of them and not of a sample.
    pub deviation_ms: Option<f64>,
    /// The percentiles of what they took. Statistics of a server have none.
    pub percentiles: Option<Percentiles>,
    /// Rows per execution, where they were counted.
    pub rows_per_call: Option<f64>,
    /// The share of blocks that were in the server's cache.
    pub hit_ratio: Option<f64>,
    /// Bytes written to temporary files.
    pub temp_bytes: Option<f64>,
    /// What reading, planning and binding took before, in milliseconds, where a log tells.
    pub preparation_ms: f64,
}

/// Percentiles of what executions took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Percentiles {
    /// The median.
    pub p50: f64,
    /// What one in twenty exceeds.
    pub p95: f64,
    /// What one in a hundred exceeds.
    pub p99: f64,
    /// The longest.
    pub max: f64,
}

impl Statement {
    /// The mean of what an execution took, in milliseconds.
    pub fn mean_ms(&self) -> Option<f64> {
        (self.timed > 0).then(|| self.time_ms / self.timed as f64)
    }

    /// What it does.
    pub fn class(&self) -> Class {
        Class::of(&self.text)
    }
}
