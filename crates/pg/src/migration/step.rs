//! What one statement of a migration does to tables that were there before it.

use super::lock::Lock;

/// A statement and what was seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The file that it is in.
    pub file: String,
    /// The statement.
    pub statement: String,
    /// The number of its transaction within the file.
    pub transaction: usize,
    /// Whether it reads or changes rows by a plan, as `UPDATE` does: how long that takes is not reckoned.
    pub is_open: bool,
    /// The tables that it touches, by name.
    pub touched: Vec<Touched>,
}

/// A table that a statement touches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// Its schema and its name, as they are before all migrations.
    pub table: (String, String),
    /// The strongest lock on it.
    pub lock: Lock,
    /// Whether all its rows are written anew.
    pub rewritten: bool,
    /// How often all its rows are read.
    pub scans: u32,
    /// Indexes on it that are built, by name, with what is known of their size: bytes.
    pub built: Vec<(String, u64)>,
}

impl Step {
    /// Whether it keeps anybody waiting, however shortly.
    pub fn blocks(&self) -> bool {
        self.touched.iter().any(|touched| touched.lock.blocks() != super::Blocks::Nobody)
    }
}
