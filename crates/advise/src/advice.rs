//! What is advised, and what was rejected and why.

use std::collections::{BTreeMap, BTreeSet};

use crate::binding::Binding;
use crate::candidate::Cut;
use crate::index::Index;
use crate::verify::{Definition, Part, Steps, Tree};

/// A statement that an index serves.
#[derive(Clone, Debug, PartialEq)]
pub struct Served {
    /// The statement, by its place in the workload.
    pub statement: usize,
    /// The cost of one execution without all of the advice.
    pub before: f64,
    /// With all of it.
    pub after: f64,
}

/// An index that pays.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The index.
    pub index: Index,
    /// Its table and the partitions of that: of a partitioned table it is built part by part.
    pub tree: Tree,
    /// Its bytes, predicted.
    pub bytes: f64,
    /// The cost of the whole workload without it and with it, all else as advised.
    pub before: f64,
    /// With it.
    pub after: f64,
    /// What it adds to the cost of the workload's writes.
    pub writes: f64,
    /// The share of its table's updates that are done in place without it, and with it write every index (they are no
    /// longer heap-only).
    pub ends_hot: f64,
    /// Statements whose plan it improves.
    pub serves: Vec<Served>,
}

impl Piece {
    /// Whether its table has partitions, so that it cannot be built beside others' work at once.
    pub fn is_partitioned(&self) -> bool {
        self.tree.is_partitioned()
    }

    /// The partition that another server has, for which it has to be built with writes kept out: part by part it would
    /// never be whole.
    pub fn foreign(&self) -> Option<&Part> {
        self.tree.foreign()
    }

    /// What builds it, the same as `db apply` does.
    pub fn steps(&self) -> Steps {
        let statement = self.index.create(self.is_partitioned());
        match Definition::parse(&statement) {
            Ok(definition) if self.is_partitioned() && self.foreign().is_none() => {
                self.tree.steps(&definition, &self.index.name())
            }
            _ => Steps { beside: vec![statement], together: Vec::new() },
        }
    }
}

/// Why an index is not advised, what was nearest to being advised first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Why {
    /// Something smaller, or that serves more, is nearly as good.
    #[error("a simpler one that is advised does nearly as well")]
    NearlyAsWell,
    /// It would pay, and there are no bytes left for it.
    #[error("it would pay, but there is no room for it")]
    NoRoom,
    /// An advised one begins with the same keys, and has all that this one has.
    #[error("`{0}` does its work as well")]
    Covered(String),
    /// It saves nothing any more.
    #[error("what is advised serves its statements as well")]
    OthersServe,
    /// Writes would pay more for it than reads save.
    #[error("it costs writes more than it saves")]
    Writes,
    /// No statement is helped enough, or none that matters.
    #[error("it saves no statement a tenth, or next to nothing of the whole")]
    SavesTooLittle,
    /// PostgreSQL makes no such index.
    #[error("PostgreSQL refuses it: {0}")]
    Refused(String),
}

/// An index that does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Rejected {
    /// The index.
    pub index: Index,
    /// Why.
    pub why: Why,
}

/// A statement that has no plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Unplanned {
    /// The statement, by its place in the workload.
    pub statement: usize,
    /// The server's words.
    pub why: String,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advice {
    /// Indexes that pay, those that save most first.
    pub pieces: Vec<Piece>,
    /// What does not.
    pub rejected: Vec<Rejected>,
    /// What could not be looked at.
    pub unplanned: Vec<Unplanned>,
    /// What was not tried of statements that ask for very much, by their places in the workload.
    pub cut: BTreeMap<usize, Cut>,
    /// The cost of one execution of each statement before; none if it has no plan.
    pub before: Vec<Option<f64>>,
    /// And after.
    pub after: Vec<Option<f64>>,
    /// The values that each statement was explained with; none if it has no plan.
    pub bindings: Vec<Vec<Binding>>,
    /// Names of indexes that are there and that plans have, with all of the advice.
    pub uses: BTreeSet<String>,
    /// Candidates that were looked at.
    pub candidates: usize,
    /// Plans that were asked for.
    pub plans: usize,
    /// Costs of a statement with a set of indexes that were known without asking again.
    pub cached: usize,
}
