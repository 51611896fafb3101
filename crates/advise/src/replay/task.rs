//! What is to be verified, and what came of it.

use std::time::Duration;

use loadline_pg::live::Address;

use crate::verify::{Change, Costs, Definition, Execution, Lesson, Limits, Suspicion, Way, Ways};

/// What becomes of statements that write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writes {
    /// They are replayed in transactions that are rolled back.
    RolledBack,
    /// All is done on a copy of the database, which is dropped afterwards; transactions are rolled back there too, so
    /// that each round meets the same rows.
    Copy,
    /// They are left out.
    Skip,
}

/// A statement to replay.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wanted {
    /// Its text, with values or with `$1` for them.
    pub text: String,
    /// Values of its parameters, as executions had them; without any they are chosen.
    pub kept: Vec<Execution>,
    /// Rows that one execution gives, if it is known: chosen values are to give as many.
    pub rows: Option<f64>,
}

/// Where the values of a statement's parameters are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// It has no parameters.
    Own,
    /// So many executions that were kept.
    Kept(usize),
    /// So many that were chosen, from what the database under test says of its columns.
    Chosen(usize),
}

/// A set of indexes and the statements that it is for.
#[derive(Clone, Debug)]
pub struct Task {
    /// The test database.
    pub address: Address,
    /// The indexes, in the order in which they were found worth most.
    pub indexes: Vec<Definition>,
    /// The statements.
    pub statements: Vec<Wanted>,
    /// Settings that the application's sessions have, by name.
    pub settings: Vec<(String, String)>,
    /// What becomes of statements that write.
    pub writes: Writes,
    /// By how much a statement may become slower.
    pub limits: Limits,
    /// The most rounds.
    pub rounds: usize,
    /// No statement runs longer than this.
    pub longest: Duration,
    /// No lock is waited for longer than this.
    pub lock_wait: Duration,
    /// System identifiers of production, as far as they are known.
    pub production: Vec<String>,
    /// Whether it may be production's own server.
    pub may_be_production: bool,
}

impl Task {
    /// Whether the application's sessions plan statements for any values.
    pub(super) fn is_generic(&self) -> bool {
        self.settings.iter().any(|(name, value)| name == "plan_cache_mode" && value == "force_generic_plan")
    }
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Verified {
    /// Each index, in the order of the task.
    pub pieces: Vec<Piece>,
    /// Each statement, in the order of the task.
    pub statements: Vec<Statement>,
    /// Things that others left there: indexes that no query uses because their building was broken off.
    pub invalid: Vec<String>,
    /// What an earlier run that was killed had left, and is gone now.
    pub swept: Vec<String>,
    /// Rounds that were run, each with and without.
    pub rounds: usize,
}

impl Verified {
    /// How many statements went the way that the planner's costs said.
    pub fn ways(&self) -> Ways {
        Ways::of(self.statements.iter().filter_map(Statement::way))
    }

    /// The bytes of all that was confirmed, as they were built.
    pub fn confirmed_bytes(&self) -> u64 {
        let confirmed = self.pieces.iter().filter(|piece| matches!(piece.fate, Fate::Confirmed(_)));
        confirmed.map(|piece| piece.bytes).sum()
    }
}

/// An index and what became of it.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The index.
    pub definition: Definition,
    /// Its size.
    pub bytes: u64,
    /// How long it took to build.
    pub built: Duration,
    /// What became of it.
    pub fate: Fate,
}

/// What became of an index.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// These statements are faster with it, by their places, and none is slower beyond its limit.
    Confirmed(Vec<usize>),
    /// No statement is faster with it for certain.
    Idle,
    /// It makes a statement slower.
    Withdrawn(Withdrawal),
    /// It could not be built.
    NotBuilt(String),
}

/// Why an index was withdrawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Withdrawal {
    /// The statement that it makes slower, by its place.
    pub statement: usize,
    /// How the statement was with the set of then.
    pub change: Box<Change>,
    /// Whether the statement's plan uses it; else it only has to be kept up.
    pub is_used: bool,
    /// What that teaches of other indexes.
    pub lesson: Option<Lesson>,
}

/// A statement and what became of it.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its text.
    pub text: String,
    /// Where its values are from.
    pub values: Values,
    /// What it costs by its plans, where it was measured.
    pub costs: Option<Costs>,
    /// What became of it.
    pub replayed: Replayed,
}

impl Statement {
    /// Which way it went, if it was measured.
    pub fn way(&self) -> Option<Way> {
        match &self.replayed {
            Replayed::Measured { change, suspicion, .. } => Some(
                self.costs.map_or(Way::Untold, |costs| costs.way(change, !suspicion.keeps_up.is_empty())),
            ),
            // The same plan costs the same.
            Replayed::Untouched => Some(Way::Untold),
            Replayed::Not(_) => None,
        }
    }
}

/// What became of a statement.
#[derive(Clone, Debug)]
pub enum Replayed {
    /// It was measured with the set that is left.
    Measured {
        /// What changed.
        change: Change,
        /// What it has to do with the indexes.
        suspicion: Suspicion,
        /// Whether it was broken off at the limit of time, with or without the indexes: then the time is a lower bound.
        is_cut: bool,
    },
    /// Its plan is the same with and without the indexes, it has none of them to keep up, and some rounds found no
    /// change.
    Untouched,
    /// It was not.
    Not(String),
}
