//! What can be wrong with a formula.

/// Why a formula says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormulaError {
    /// Something that is no part of one.
    #[error("`{0}` has no meaning in a formula")]
    Piece(String),
    /// Something else was to be expected.
    #[error("{wanted} was to be expected{}", .found.as_ref().map_or_else(|| " at its end".to_owned(), |found| format!(" in place of `{found}`")))]
    Expected {
        /// What.
        wanted: &'static str,
        /// What is there.
        found: Option<String>,
    },
    /// A trigger that is not there.
    #[error("no trigger is called `{name}`; there are {known}")]
    Unknown {
        /// What is written.
        name: String,
        /// Which there are.
        known: String,
    },
    /// A function that is not known here.
    #[error(
        "the function `{0}` is not simulated: there are abs, ceil, floor, round, int, float, min, max, sum, mean, median, len, count, all, any, none"
    )]
    Function(String),
    /// What comes out is of no use.
    #[error("{0}")]
    Value(&'static str),
}
