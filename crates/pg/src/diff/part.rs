//! Plans that are others, and what made them so.

use std::fmt;

use crate::plan::Plan;

/// What two portraits can differ in for a planner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// What `ANALYZE` found.
    Statistics,
    /// Rows and pages.
    Size,
    /// Which indexes there are.
    Indexes,
    /// Settings.
    Settings,
    /// The schema but for its indexes: columns, constraints, functions, policies.
    Schema,
    /// The server's version.
    Version,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Statistics, Self::Size, Self::Indexes, Self::Settings, Self::Schema, Self::Version];

    /// Whether it is of single tables.
    pub fn is_of_tables(self) -> bool {
        matches!(self, Self::Statistics | Self::Size | Self::Indexes)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Statistics => "statistics",
            Self::Size => "size",
            Self::Indexes => "indexes",
            Self::Settings => "settings",
            Self::Schema => "schema",
            Self::Version => "version",
        })
    }
}

/// A difference that a plan can come of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// Its kind.
    pub kind: Kind,
    /// Of which table, with its schema, or which setting; nothing when it is all of the kind.
    pub of: Option<String>,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, &self.of) {
            (Kind::Settings, Some(name)) => write!(f, "the setting `{name}`"),
            (Kind::Version, _) => f.write_str("the server's version"),
            (kind, Some(table)) => write!(f, "the {kind} of `{table}`"),
            (kind, None) => write!(f, "the {kind}"),
        }
    }
}

/// Why a plan is another one: not a guess, but what a planner did with one difference at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Each of these alone turns the first plan into the second.
    Alone(Vec<Part>),
    /// None alone does; without any of these the second plan is not made.
    Together(Vec<Part>),
    /// Nothing that was tried explains it.
    Unknown,
}

/// A statement with two plans.
#[derive(Clone, Debug, PartialEq)]
pub struct Flip {
    /// The statement.
    pub text: String,
    /// The plan of the first portrait.
    pub before: Plan,
    /// The plan of the second.
    pub after: Plan,
    /// Why.
    pub cause: Cause,
}

/// A statement that one of the two has no plan for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplanned {
    /// The statement.
    pub text: String,
    /// Why the first has none, if it has none.
    pub before: Option<String>,
    /// Why the second has none, if it has none.
    pub after: Option<String>,
}

/// What became of the plans of all statements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Flips {
    /// Statements that both have a plan for.
    pub planned: usize,
    /// Those with two plans.
    pub flips: Vec<Flip>,
    /// Those without one of the two.
    pub unplanned: Vec<Unplanned>,
}

impl Flips {
    /// Statements that one of the two has a plan for, and the other has not.
    pub fn one_sided(&self) -> impl Iterator<Item = &Unplanned> {
        self.unplanned.iter().filter(|of| of.before.is_none() != of.after.is_none())
    }
}
