//! What statements cost with a set of indexes, each asked once.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::query::Query;
use crate::candidate::Candidate;
use crate::oracle::{Number, Oracle, OracleError};
use crate::size::Size;

/// A candidate that was made.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub(super) candidate: Candidate,
    pub(super) number: Number,
    pub(super) size: Size,
    /// What it costs writes.
    pub(super) writes: f64,
    /// The share of its table's updates that would be no longer in place.
    pub(super) ends_hot: f64,
}

impl Made {
    pub(super) fn bytes(&self) -> f64 {
        self.size.bytes() as f64
    }
}

/// A set of candidates, by their places.
pub(super) type Set = BTreeSet<usize>;

/// A cost, and which indexes the plan has: candidates, and those that are there.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) cost: f64,
    pub(super) used: Set,
    pub(super) there: BTreeSet<String>,
}

/// The costs of all statements.
pub(super) struct Costs<'o, O> {
    pub(super) oracle: &'o mut O,
    pub(super) queries: Vec<Option<Query>>,
    pub(super) made: Vec<Made>,
    /// Candidates that matter to each statement.
    pub(super) relevant: Vec<Set>,
    by_number: HashMap<Number, usize>,
    known: HashMap<(usize, Vec<usize>), Known>,
    pub(super) plans: usize,
}

impl<'o, O: Oracle> Costs<'o, O> {
    pub(super) fn new(oracle: &'o mut O, queries: Vec<Option<Query>>, plans: usize) -> Self {
        let relevant = vec![Set::new(); queries.len()];
        Self {
            oracle,
            queries,
            made: Vec::new(),
            relevant,
            by_number: HashMap::new(),
            known: HashMap::new(),
            plans,
        }
    }

    pub(super) fn add(&mut self, made: Made) -> usize {
        self.by_number.insert(made.number, self.made.len());
        self.made.push(made);
        self.made.len() - 1
    }

    /// What one execution of a statement costs with these indexes.
    pub(super) fn of(&mut self, statement: usize, set: &Set) -> Result<Known, OracleError> {
        let mine: Vec<usize> = self.relevant[statement].intersection(set).copied().collect();
        if let Some(known) = self.known.get(&(statement, mine.clone())) {
            return Ok(known.clone());
        }
        let parts = self.queries[statement].as_ref().map(|query| query.parts.clone()).unwrap_or_default();
        let numbers: Vec<Number> = mine.iter().map(|at| self.made[*at].number).collect();
        self.oracle.show(&numbers)?;
        let mut known = Known::default();
        for (text, times) in parts {
            self.plans += 1;
            let plan = match self.oracle.plan(&text) {
                Ok(plan) => plan,
                // It had a plan before; whatever takes it away is nothing to build.
                Err(OracleError::Refused(_)) => {
                    known.cost = f64::INFINITY;
                    break;
                }
                Err(gone) => return Err(gone),
            };
            known.cost += times * plan.get("Total Cost").and_then(Value::as_f64).unwrap_or_default();
            self.used(&plan, &mut known);
        }
        // Without what the plan does not have it is the same.
        let used: Vec<usize> = mine.iter().copied().filter(|at| known.used.contains(at)).collect();
        if known.cost.is_finite() {
            self.known.insert((statement, used), known.clone());
        }
        self.known.insert((statement, mine), known.clone());
        Ok(known)
    }

    fn used(&self, node: &Value, known: &mut Known) {
        if let Some(name) = node.get("Index Name").and_then(Value::as_str) {
            match self.oracle.whose(name).and_then(|number| self.by_number.get(&number)) {
                Some(at) => known.used.insert(*at),
                None => known.there.insert(name.to_owned()),
            };
        }
        node.get("Plans")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .for_each(|node| self.used(node, known));
    }

    /// Executions of a statement.
    pub(super) fn calls(&self, statement: usize) -> f64 {
        self.queries[statement].as_ref().map_or(0.0, |query| query.calls)
    }

    /// Statements to which a candidate of these matters.
    pub(super) fn served(&self, set: &Set) -> Vec<usize> {
        (0..self.queries.len()).filter(|statement| !self.relevant[*statement].is_disjoint(set)).collect()
    }

    /// Bytes of a set.
    pub(super) fn bytes(&self, set: &Set) -> f64 {
        set.iter().map(|at| self.made[*at].bytes()).sum()
    }

    /// What a set costs writes.
    pub(super) fn writes(&self, set: &Set) -> f64 {
        set.iter().map(|at| self.made[*at].writes).sum()
    }
}
