//! What statements cost with a set of indexes, each asked once.
//!
//! A plan that was found with some indexes is found again with fewer of them, as long as those that it has are still
//! there. So most sets need not be asked about: what is known of a larger one answers.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::doubt::{doubt, number};
use super::query::Query;
use super::signatures::{READ, searched};
use crate::candidate::Candidate;
use crate::catalogue::Catalogue;
use crate::oracle::{Number, Oracle, OracleError};
use crate::verify::Lesson;
use loadline_pg::size::Size;

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
    /// Conditions that limit which rows it has.
    pub(super) conditions: i32,
    /// Whether it is a tree of signatures.
    pub(super) has_signatures: bool,
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
    /// What it is thought to cost: as the planner says, and more where that is in doubt.
    pub(super) cost: f64,
    /// As the planner says.
    pub(super) told: f64,
    pub(super) used: Set,
    pub(super) there: BTreeSet<String>,
}

/// A plan that was found: with which candidates, and what it was.
struct Found {
    with: Set,
    known: Known,
}

/// The costs of all statements.
pub(super) struct Costs<'o, O> {
    pub(super) oracle: &'o mut O,
    pub(super) queries: Vec<Option<Query>>,
    pub(super) made: Vec<Made>,
    /// Candidates that matter to each statement.
    pub(super) relevant: Vec<Set>,
    by_number: HashMap<Number, usize>,
    /// Rows of tables, by schema and name.
    rows: HashMap<(String, String), f64>,
    /// What was measured of each statement's plans.
    lessons: Vec<Vec<Lesson>>,
    /// By statement.
    found: Vec<Vec<Found>>,
    pub(super) plans: usize,
    /// Answers that were there already.
    pub(super) cached: usize,
}

impl<'o, O: Oracle> Costs<'o, O> {
    pub(super) fn new(
        oracle: &'o mut O,
        queries: Vec<Option<Query>>,
        plans: usize,
        catalogue: &Catalogue,
        lessons: Vec<Vec<Lesson>>,
    ) -> Self {
        let relevant = vec![Set::new(); queries.len()];
        let found = queries.iter().map(|_| Vec::new()).collect();
        Self {
            oracle,
            queries,
            made: Vec::new(),
            relevant,
            by_number: HashMap::new(),
            rows: catalogue
                .tables
                .iter()
                .map(|table| ((table.schema.clone(), table.name.clone()), table.rows))
                .collect(),
            lessons,
            found,
            plans,
            cached: 0,
        }
    }

    pub(super) fn add(&mut self, made: Made) -> usize {
        self.by_number.insert(made.number, self.made.len());
        self.made.push(made);
        self.made.len() - 1
    }

    /// What one execution of a statement costs with these indexes.
    pub(super) fn of(&mut self, statement: usize, set: &Set) -> Result<Known, OracleError> {
        self.oracle.go_on()?;
        let mine: Set = self.relevant[statement].intersection(set).copied().collect();
        let answers = |found: &&Found| mine.is_subset(&found.with) && found.known.used.is_subset(&mine);
        if let Some(found) = self.found[statement].iter().find(answers) {
            self.cached += 1;
            return Ok(found.known.clone());
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
                    known = Known {
                        cost: f64::INFINITY,
                        told: f64::INFINITY,
                        used: mine.clone(),
                        ..Known::default()
                    };
                    break;
                }
                Err(gone) => return Err(gone),
            };
            let told = times * number(&plan, "Total Cost");
            known.told += told;
            known.cost += told + times * (doubt(&plan, &self.rows) + self.signatures(&plan));
            self.used(&plan, &mut known);
            if self.lessons[statement]
                .iter()
                .any(|lesson| lesson.is_again(&plan, &|name| self.whose(name).is_some()))
            {
                // Whatever the planner thinks of it, it was slower.
                (known.cost, known.told) = (f64::INFINITY, f64::INFINITY);
                break;
            }
        }
        self.found[statement].push(Found { with: mine, known: known.clone() });
        Ok(known)
    }

    /// The candidate of this name.
    fn whose(&self, name: &str) -> Option<&usize> {
        self.oracle.whose(name).and_then(|number| self.by_number.get(&number))
    }

    /// What searches in trees of signatures cost besides.
    fn signatures(&self, plan: &Value) -> f64 {
        let mut names = Vec::new();
        searched(plan, &mut names);
        let trees = names.into_iter().filter_map(|name| self.whose(name)).map(|at| &self.made[*at]);
        trees.filter(|made| made.has_signatures).map(|made| READ * f64::from(made.size.pages)).sum()
    }

    fn used(&self, node: &Value, known: &mut Known) {
        if let Some(name) = node.get("Index Name").and_then(Value::as_str) {
            match self.whose(name) {
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

    /// Whether a plan reads one of a statement's tables by several indexes at once, one of them among these. What the
    /// first leaves is little as a rule, and that bitmaps of both are as small as their product is a guess.
    pub(super) fn reads_by_several(&self, statement: usize, known: &Known, of: &Set) -> bool {
        let table = |at: &usize| self.made[*at].candidate.table;
        let Some(query) = &self.queries[statement] else { return false };
        known.used.intersection(of).any(|at| {
            query.needs.iter().filter(|need| need.table == table(at)).count() == 1
                && known.used.iter().any(|other| other != at && table(other) == table(at))
        })
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
