//! What `ANALYZE` found, as `pg_statistic` and `pg_statistic_ext_data` keep it, with names in place of numbers.
//!
//! Numbers of types, operators and collations differ from cluster to cluster; names do not. Each slot says of which
//! type its values are, because it is not always the column's: the elements of an array, the bounds of a multirange.

use serde::{Deserialize, Serialize};

/// Statistics of one column or expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// The relation, by its place in the portrait.
    pub relation: u32,
    /// Which column.
    pub column: Column,
    /// Whether rows of children count.
    pub inherited: bool,
    /// What was found.
    pub figures: Figures,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Column {
    /// Of a table, by name: its number is another where columns were dropped.
    Name(String),
    /// Of an index, by number from 1.
    Number(i16),
}

/// What was found of the values of a column or an expression.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The share that is null.
    pub nulls: f32,
    /// The mean width in bytes.
    pub width: i32,
    /// How many different ones; below zero, as a share of the rows.
    pub distinct: f32,
    /// At most five.
    pub slots: Vec<Slot>,
}

/// One kind of knowledge about the values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// As in `pg_statistic.h`: 1 most common values, 2 histogram, 3 correlation, 4 most common elements, …
    pub kind: i16,
    /// The operator it was made with, as `regoperator` writes it; empty for none.
    pub operator: String,
    /// The collation it was made with; empty for none.
    pub collation: String,
    /// Its numbers.
    pub numbers: Option<Vec<f32>>,
    /// Its values.
    pub values: Option<Values>,
    /// Of a histogram over an indexed column: the smallest and the largest value that were there when the portrait was
    /// made. A planner asks the index for them rather than trust a histogram's ends.
    pub ends: Option<(String, String)>,
}

/// Values of one type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// The type of each.
    pub of: String,
    /// All of them, as an array is written.
    pub text: String,
}

/// Statistics over several columns and expressions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extended {
    /// The schema of the statistics object.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Whether rows of children count.
    pub inherited: bool,
    /// Its columns in the order of their numbers, as the database that is portrayed numbers them.
    pub columns: Vec<(i16, String)>,
    /// Counts of different combinations, in PostgreSQL's own form.
    pub distinct: Option<Vec<u8>>,
    /// Functional dependencies, likewise.
    pub dependencies: Option<Vec<u8>>,
    /// Most common combinations, likewise, and the types of its dimensions.
    pub common: Option<(Vec<u8>, Vec<String>)>,
    /// Of each expression, if any.
    pub expressions: Option<Vec<Option<Figures>>>,
}
