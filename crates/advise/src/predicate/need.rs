//! What a statement asks of one table.

/// How a key is tested.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Test {
    /// It is equal to a value.
    Equal,
    /// It is equal to one of some values.
    Listed,
    /// It is smaller or larger than a value.
    Range,
    /// It begins with a text.
    Prefix,
    /// It is null, or is not.
    Null(bool),
    /// It is true, or false.
    Truth(bool),
    /// Another operator, which some operator classes answer.
    Other(String),
}

/// A condition on one key of one table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Clause {
    /// The column's name or the expression's text.
    pub key: String,
    /// Whether it is an expression.
    pub is_expression: bool,
    /// How it is tested.
    pub test: Test,
    /// The whole condition over unqualified columns, if its values are written out: what an index can be limited to.
    pub literal: Option<String>,
    /// Whether the other side is of another table.
    pub is_join: bool,
    /// Whether it is one of several alternatives.
    pub is_alternative: bool,
    /// The parameter that it is compared with.
    pub parameter: Option<u32>,
}

/// A key that rows are wanted in the order of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Order {
    /// The column's name or the expression's text.
    pub key: String,
    /// Whether it is an expression.
    pub is_expression: bool,
    /// From the largest to the smallest.
    pub descending: bool,
    /// Where nulls are.
    pub nulls_first: bool,
}

/// What is asked of one table under one alias.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Need {
    /// The table, by its place in the catalogue: the topmost one of partitions.
    pub table: usize,
    /// The alias.
    pub alias: String,
    /// Conditions.
    pub clauses: Vec<Clause>,
    /// Orders in which rows are wanted.
    pub orders: Vec<Vec<Order>>,
    /// Columns by which the nearest are wanted: key, whether it is an expression, operator.
    pub nearest: Vec<(String, bool, String)>,
    /// Columns that are read.
    pub columns: Vec<String>,
}
