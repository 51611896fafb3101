//! What one statement of a migration does to tables that were there before it.

use super::lock::Lock;

/// A statement and what was seen of it.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
pub struct Touched {
    /// Its schema and its name, as they are before all migrations.
    pub table: (String, String),
    /// The strongest lock on it.
    pub lock: Lock,
    /// Whether all its rows are written anew.
    pub rewritten: bool,
    /// How often all its rows are read.
    pub scans: u32,
    /// Indexes on it that are built.
    pub built: Vec<Built>,
    /// Foreign keys of it whose rows are all looked up.
    pub checks: Vec<Check>,
}

/// An index that is built.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Built {
    /// Its name.
    pub name: String,
    /// The access method; empty where nothing is known of it.
    pub method: String,
    /// What it will take.
    pub bytes: u64,
    /// Rows that it will have.
    pub rows: f64,
    /// Whether texts are among its keys, which take longer to compare than numbers.
    pub has_texts: bool,
}

/// A foreign key whose rows are all looked up in the table that it refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// That table, as it was called before all migrations.
    pub referred: (String, String),
    /// Whether an index of the table that refers has the key's order; else its rows are hashed or sorted.
    pub is_ordered: bool,
}

impl Step {
    /// Whether it keeps anybody waiting, however shortly.
    pub fn blocks(&self) -> bool {
        self.touched.iter().any(|touched| touched.lock.blocks() != super::Blocks::Nobody)
    }
}
