//! Indexes of some rows only: of those that a condition with written-out values leaves.

use super::tree::{in_order, key};
use crate::catalogue::Table;
use crate::index::{Index, Key};
use crate::oracle::{Oracle, OracleError};
use crate::predicate::{Clause, Need, Test};

/// The share of rows above which an index may as well have them all.
const LARGEST: f64 = 0.25;

/// Different values of a column of which one is a kind of rows, and not a row among many.
const FEW: f64 = 16.0;

/// The partial candidates for one need, each with the share of rows that it has.
pub(super) fn parts(
    need: &Need,
    table: &Table,
    oracle: &mut impl Oracle,
) -> Result<Vec<(Index, f64)>, OracleError> {
    let mut found = Vec::new();
    let fixed: Vec<&Clause> = need
        .clauses
        .iter()
        .filter(|clause| clause.literal.is_some() && !clause.is_alternative && is_steady(clause, table))
        .collect();
    for clause in &fixed {
        let Some(share) = share(clause, table, oracle)?.filter(|share| *share <= LARGEST) else { continue };
        let mut keys: Vec<Vec<Key>> = Vec::new();
        for order in &need.orders {
            keys.push(in_order(order));
        }
        for other in &need.clauses {
            let is_key =
                matches!(other.test, Test::Equal | Test::Listed | Test::Range) && other.key != clause.key;
            if is_key {
                keys.push(vec![key(other)]);
                for order in &need.orders {
                    let mut both = vec![key(other)];
                    both.extend(in_order(order).into_iter().filter(|one| one.text != other.key));
                    keys.push(both);
                }
            }
        }
        if keys.is_empty() {
            let primary = table
                .indexes
                .iter()
                .find(|index| index.is_primary)
                .map(|index| index.keys.iter().map(|key| Key::column(key.trim_matches('"'))).collect());
            keys.push(primary.unwrap_or_else(|| vec![key(clause)]));
        }
        for keys in keys {
            let mut index = Index::tree(&table.schema, &table.name, keys);
            index.predicate.clone_from(&clause.literal);
            found.push((index, share));
        }
    }
    Ok(found)
}

/// Whether the condition is of the kind that statements have in their text, not of one value among very many.
fn is_steady(clause: &Clause, table: &Table) -> bool {
    let Some(column) = table.column(&clause.key).filter(|_| !clause.is_expression) else { return false };
    match clause.test {
        Test::Null(_) | Test::Truth(_) => true,
        Test::Equal | Test::Listed => column.distinct <= FEW,
        _ => false,
    }
}

/// The share of rows that a condition leaves, as the planner expects.
fn share(clause: &Clause, table: &Table, oracle: &mut impl Oracle) -> Result<Option<f64>, OracleError> {
    let Some(literal) = &clause.literal else { return Ok(None) };
    let name = Index::tree(&table.schema, &table.name, Vec::new()).quoted_table();
    match oracle.plan(&format!("SELECT FROM {name} WHERE {literal}")) {
        Ok(plan) => {
            let rows = plan.get("Plan Rows").and_then(serde_json::Value::as_f64);
            Ok(rows.filter(|_| table.rows > 0.0).map(|rows| (rows / table.rows).min(1.0)))
        }
        Err(OracleError::Refused(_)) => Ok(None),
        Err(gone) => Err(gone),
    }
}
