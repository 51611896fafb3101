//! Which changes pay: asked of the planner, each with the indexes that serve it best.

use loadline_pg::portrait::Portrait;
use serde_json::Value;

use super::find::rewrites;
use super::found::Rewrite;
use crate::advice::{Advice, Piece};
use crate::catalogue::Catalogue;
use crate::oracle::{Oracle, OracleError};
use crate::search::{Goal, advise};
use crate::workload::{Asked, Workload};

/// Changes that are tried, those of the heaviest statements.
const MOST: usize = 60;
/// The share of a statement's cost that is left, at the most, for a change to pay: somebody has to make it.
const PAYS: f64 = 0.6;
/// A cost is as good as another up to this.
const AS_GOOD: f64 = 1.1;
/// What has to be saved in an execution.
const FELT: f64 = 10.0;

/// A change that pays.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The statement, by its place in the workload.
    pub statement: usize,
    /// How it could be written.
    pub rewrite: Rewrite,
    /// The cost of one execution as it is: with all of the advice, or without it if the change needs no index.
    pub before: f64,
    /// As it could be, without another index than there are.
    pub bare: f64,
    /// With those that pay for it.
    pub after: f64,
    /// Those.
    pub indexes: Vec<Piece>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposals {
    /// Changes that pay, those that save most first.
    pub proposals: Vec<Proposal>,
    /// Changes that were tried and do not.
    pub in_vain: usize,
    /// Changes that were not tried because there were too many.
    pub untried: usize,
    /// Plans that were asked for.
    pub plans: usize,
}

fn pays(before: f64, after: f64) -> bool {
    after <= PAYS * before && before - after >= FELT
}

/// Looks for statements that could be written better, and tries each.
///
/// # Errors
/// When the oracle is gone.
pub fn propose(
    portrait: &Portrait,
    workload: &Workload,
    advice: &Advice,
    goal: Goal,
    oracle: &mut impl Oracle,
) -> Result<Proposals, OracleError> {
    let catalogue = oracle.catalogue()?;
    let mut found = Proposals::default();
    let mut order: Vec<usize> = (0..workload.statements.len()).collect();
    let weight = |at: usize| workload.statements[at].ms.unwrap_or(workload.statements[at].calls);
    order.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)).then(a.cmp(b)));
    let mut tried = 0;
    for statement in order {
        let Some(before) = advice.after.get(statement).copied().flatten() else { continue };
        let asked = &workload.statements[statement];
        // What has none of it without its tables has none with them.
        let tables = tables(asked, advice.bindings.get(statement), &catalogue, oracle, &mut found.plans)?;
        let tables: Vec<&crate::catalogue::Table> = tables.iter().map(|at| &catalogue.tables[*at]).collect();
        for rewrite in rewrites(&asked.text, &tables) {
            if tried == MOST {
                found.untried += 1;
                continue;
            }
            tried += 1;
            oracle.show(&[])?;
            let alone =
                Workload::of([Asked { text: rewrite.text.clone(), ms: None, calls: 1.0, ..asked.clone() }]);
            let answer = advise(portrait, &alone, goal, oracle)?;
            found.plans += answer.plans;
            let (Some(Some(bare)), Some(Some(after))) = (answer.before.first(), answer.after.first()) else {
                found.in_vain += 1;
                continue;
            };
            let (bare, after) = (*bare, *after);
            let first = advice.before.get(statement).copied().flatten().unwrap_or(before);
            if pays(first, bare) && bare <= AS_GOOD * before.max(after) {
                // What is there does as well as what would have to be built.
                let indexes = Vec::new();
                found.proposals.push(Proposal {
                    statement,
                    rewrite,
                    before: first,
                    bare,
                    after: bare,
                    indexes,
                });
            } else if pays(before, after) {
                let indexes = answer.pieces;
                found.proposals.push(Proposal { statement, rewrite, before, bare, after, indexes });
            } else {
                found.in_vain += 1;
            }
        }
    }
    oracle.show(&[])?;
    let saved = |one: &Proposal| workload.statements[one.statement].calls * (one.before - one.after);
    found.proposals.sort_by(|a, b| saved(b).total_cmp(&saved(a)).then(a.statement.cmp(&b.statement)));
    Ok(found)
}

/// The tables that a statement reads.
fn tables(
    asked: &Asked,
    bindings: Option<&Vec<crate::binding::Binding>>,
    catalogue: &Catalogue,
    oracle: &mut impl Oracle,
    plans: &mut usize,
) -> Result<Vec<usize>, OracleError> {
    let text =
        bindings.and_then(|bindings| bindings.first()).map_or(asked.text.as_str(), |one| one.text.as_str());
    *plans += 1;
    let plan = match oracle.plan(text) {
        Ok(plan) => plan,
        Err(OracleError::Refused(_)) => return Ok(Vec::new()),
        Err(gone) => return Err(gone),
    };
    let mut found = Vec::new();
    read(&plan, catalogue, &mut found);
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

fn read(node: &Value, catalogue: &Catalogue, found: &mut Vec<usize>) {
    let text = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default();
    if let Some(table) = catalogue.table(text("Schema"), text("Relation Name")) {
        found.push(catalogue.root(table));
    }
    node.get("Plans")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .for_each(|node| read(node, catalogue, found));
}
