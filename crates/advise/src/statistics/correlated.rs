//! Columns whose values go together: a planner multiplies their shares, and expects far too few rows or too many.

use std::collections::BTreeSet;

use loadline_pg::portrait::Portrait;
use loadline_pg::shape::{Kind, Tokens};
use serde_json::Value;

use crate::advice::Advice;
use crate::catalogue::Table;
use crate::index::{Index, name};
use crate::oracle::{Oracle, OracleError};
use crate::predicate::{Need, Test, needs};
use crate::workload::Workload;

/// From so many times too few or too many on an estimate is wrong.
const WRONG: f64 = 10.0;
/// Combinations that a list of common ones has by default (`default_statistics_target`).
const COMMON: f64 = 100.0;
/// Columns of one statistics object (the server takes eight).
const MOST: usize = 8;

/// Statistics that are likely to be missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlated {
    /// The statements whose rows are expected wrongly, by their places in the workload.
    pub statements: Vec<usize>,
    /// The table, quoted where it must be, with its schema.
    pub table: String,
    /// The columns.
    pub columns: Vec<String>,
    /// The rows that the plan of the first statement expects.
    pub expected: f64,
    /// The rows that its executions had.
    pub counted: f64,
    /// The statement that makes them; they are gathered by the next `ANALYZE`.
    pub create: String,
    /// The statement that takes them away.
    pub rollback: String,
}

/// Statements over several columns of a table whose rows are not what the planner expects, although it knows the
/// values.
///
/// # Errors
/// When the oracle is gone.
pub fn correlated(
    portrait: &Portrait,
    workload: &Workload,
    advice: &Advice,
    oracle: &mut impl Oracle,
) -> Result<Vec<Correlated>, OracleError> {
    let catalogue = oracle.catalogue()?;
    let mut found: Vec<Correlated> = Vec::new();
    for (statement, asked) in workload.statements.iter().enumerate() {
        let Some(binding) = advice.bindings.get(statement).and_then(|bindings| bindings.first()) else {
            continue;
        };
        let Some(counted) = asked.rows.filter(|_| !is_limited(&asked.text)) else { continue };
        let wrong = counted.max(1.0) / binding.rows.max(1.0);
        if (1.0 / WRONG..WRONG).contains(&wrong) {
            continue;
        }
        let plan = match oracle.plan(&binding.text) {
            Ok(plan) => plan,
            Err(OracleError::Refused(_)) => continue,
            Err(gone) => return Err(gone),
        };
        let groups = grouped(&plan);
        // One row of many is one row, however many there were.
        if groups == Some(0) {
            continue;
        }
        for need in needs(&plan, &catalogue) {
            let table = &catalogue.tables[need.table];
            let columns = columns(&need, groups.is_some());
            if columns.len() < 2 || columns.len() > MOST || is_known(portrait, &columns) {
                continue;
            }
            let columns: Vec<String> =
                columns.into_iter().filter(|column| table.column(column).is_some()).collect();
            let quoted = Index::tree(&table.schema, &table.name, Vec::new()).quoted_table();
            if let Some(known) = found.iter_mut().find(|one| one.table == quoted && one.columns == columns) {
                known.statements.push(statement);
                continue;
            }
            let kinds = if groups.is_some() { "ndistinct" } else { kinds(&need, table, wrong > 1.0) };
            let own = object(&table.name, &columns, groups.is_some());
            let own = format!("{}.{}", name(&table.schema), name(&own));
            let list: Vec<String> = columns.iter().map(|column| name(column)).collect();
            found.push(Correlated {
                statements: vec![statement],
                expected: binding.rows,
                counted,
                create: format!(
                    "CREATE STATISTICS IF NOT EXISTS {own} ({kinds}) ON {} FROM {quoted}",
                    list.join(", ")
                ),
                rollback: format!("DROP STATISTICS IF EXISTS {own}"),
                table: quoted,
                columns,
            });
        }
    }
    Ok(found)
}

/// Kinds of statistics that can help. Dependencies are for values that are equal, and only ever expect more; a list of
/// common combinations is for few of them: of many it has some, and takes all others for rare ones, whatever the
/// dependencies say.
fn kinds(need: &Need, table: &Table, too_few: bool) -> &'static str {
    let own = need.clauses.iter().filter(|clause| !clause.is_join && !clause.is_expression);
    let are_equal = own.clone().all(|clause| matches!(clause.test, Test::Equal | Test::Listed));
    let distinct = own.filter_map(|clause| table.column(&clause.key)).map(|column| column.distinct);
    let are_few = distinct.fold(0.0, f64::max) <= COMMON;
    match (are_equal && too_few, are_few) {
        (true, true) => "dependencies, mcv",
        (true, false) => "dependencies",
        (false, _) => "mcv",
    }
}

fn is_limited(text: &str) -> bool {
    let mut words = Tokens::of(text).filter(|token| token.kind == Kind::Word);
    words.any(|token| {
        let word = &text[token.range];
        word.eq_ignore_ascii_case("limit") || word.eq_ignore_ascii_case("fetch")
    })
}

/// By how many keys rows are put together at the top of a plan, if they are.
fn grouped(node: &Value) -> Option<usize> {
    match node.get("Node Type").and_then(Value::as_str)? {
        "Aggregate" | "Group" => Some(node.get("Group Key").and_then(Value::as_array).map_or(0, Vec::len)),
        "Sort" | "Incremental Sort" | "Gather" | "Gather Merge" | "Unique" => {
            grouped(node.get("Plans")?.get(0)?)
        }
        _ => None,
    }
}

/// Columns that are asked for together: those that conditions hold for, or those of a group.
fn columns(need: &Need, of_group: bool) -> Vec<String> {
    let columns: BTreeSet<String> = if of_group {
        let longest = need.orders.iter().max_by_key(|order| order.len());
        longest.into_iter().flatten().filter(|key| !key.is_expression).map(|key| key.key.clone()).collect()
    } else {
        let own = need.clauses.iter().filter(|clause| {
            let is_test = matches!(
                clause.test,
                Test::Equal | Test::Listed | Test::Range | Test::Null(_) | Test::Truth(_)
            );
            is_test && !clause.is_join && !clause.is_alternative && !clause.is_expression
        });
        own.map(|clause| clause.key.clone()).collect()
    };
    columns.into_iter().collect()
}

/// Whether there are statistics over these columns already.
fn is_known(portrait: &Portrait, columns: &[String]) -> bool {
    portrait.extended.iter().any(|extended| {
        columns.iter().all(|column| extended.columns.iter().any(|(_, known)| known == column))
    })
}

fn object(table: &str, columns: &[String], of_group: bool) -> String {
    let whole =
        format!("{table}_{}_{}", columns.join("_"), if of_group { "groups" } else { "stats" }).to_lowercase();
    whole
        .chars()
        .scan(0, |length, letter| {
            *length += letter.len_utf8();
            (*length <= 63).then_some(letter)
        })
        .collect()
}
