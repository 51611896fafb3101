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
    let mut shares = Vec::new();
    for clause in &fixed {
        let literal = clause.literal.as_deref().unwrap_or_default();
        let Some(share) = share(literal, table, oracle)? else { continue };
        shares.push((*clause, share));
        if share <= LARGEST {
            let of = keys(&[clause], need, table);
            found.extend(of.into_iter().map(|keys| (limited(table, keys, literal), share)));
        }
    }
    // What two conditions leave together is seldom their product: rows that are paid and not sent are far fewer.
    for (at, (one, alone)) in shares.iter().enumerate() {
        // Of two values one is a key: an index of one pair of values among many serves nothing else.
        let is_state = |clause: &Clause| matches!(clause.test, Test::Null(_) | Test::Truth(_));
        let fits = |other: &Clause| other.key != one.key && (is_state(one) || is_state(other));
        for (other, beside) in shares[at + 1..].iter().filter(|(other, _)| fits(other)) {
            let (Some(first), Some(second)) = (&one.literal, &other.literal) else { continue };
            let both = format!("({first} AND {second})");
            let Some(share) = share(&both, table, oracle)? else { continue };
            if share <= LARGEST && share < alone.min(*beside) {
                let of = keys(&[one, other], need, table);
                found.extend(of.into_iter().map(|keys| (limited(table, keys, &both), share)));
            }
        }
    }
    Ok(found)
}

fn limited(table: &Table, keys: Vec<Key>, condition: &str) -> Index {
    let mut index = Index::tree(&table.schema, &table.name, keys);
    index.predicate = Some(condition.to_owned());
    index
}

/// The keys of an index that these conditions limit: what else is asked, in each order that is wanted.
fn keys(limits: &[&Clause], need: &Need, table: &Table) -> Vec<Vec<Key>> {
    let mut keys: Vec<Vec<Key>> = need.orders.iter().map(|order| in_order(order)).collect();
    for other in &need.clauses {
        let is_key = matches!(other.test, Test::Equal | Test::Listed | Test::Range)
            && limits.iter().all(|limit| limit.key != other.key);
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
        let primary = table.indexes.iter().find(|index| index.is_primary);
        let primary =
            primary.map(|index| index.keys.iter().map(|key| Key::column(key.trim_matches('"'))).collect());
        keys.push(primary.unwrap_or_else(|| limits.iter().map(|limit| key(limit)).collect()));
    }
    keys
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
fn share(literal: &str, table: &Table, oracle: &mut impl Oracle) -> Result<Option<f64>, OracleError> {
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
