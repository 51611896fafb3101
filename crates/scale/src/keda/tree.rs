//! A formula as it is evaluated.

/// A formula's parts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    Number(f64),
    Truth(bool),
    Nil,
    Trigger(String),
    /// `#`: the one of a list that is looked at.
    Each,
    List(Vec<Tree>),
    Unary(&'static str, Box<Tree>),
    Binary(&'static str, Box<Tree>, Box<Tree>),
    Choice(Box<Tree>, Box<Tree>, Box<Tree>),
    Call(String, Vec<Tree>),
}
