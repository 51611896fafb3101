//! Other access methods, by the operators that their classes answer.

use super::tree::key;
use crate::catalogue::{Answer, Catalogue, Table};
use crate::index::{Index, Key, Method};
use crate::oracle::{Oracle, OracleError};
use crate::predicate::{Need, Test};

/// How well values have to follow the place of rows for a summary of pages to be worth its while.
const FOLLOWS: f64 = 0.9;
/// The share of rows with one value from which on that says nothing of the others: equal values are in any order.
const ONE_VALUE: f64 = 0.3;
/// Bytes of a table from which on it is.
const SUMMARISED: f64 = 8.0 * 1024.0 * 1024.0;

/// Bytes of a value from which on its hash is smaller than itself in a tree, with what a hash index leaves free.
const WIDE: f64 = 16.0;
/// Rows that may have the same value, on average: a tree keeps those together, a hash index does not.
const ALIKE: f64 = 2.0;

/// The candidates of one need that are no B-trees.
pub(super) fn others(
    need: &Need,
    table: &Table,
    catalogue: &Catalogue,
    oracle: &mut impl Oracle,
) -> Result<Vec<Index>, OracleError> {
    let mut found = Vec::new();
    let mut boxes: Vec<(Method, Key)> = Vec::new();
    let mut wanted: Vec<(Key, String, bool)> = Vec::new();
    for clause in &need.clauses {
        match &clause.test {
            Test::Equal if !clause.is_expression && table.leaves <= 1 => {
                let column = table.column(&clause.key);
                if column.is_some_and(|one| one.width >= WIDE && one.distinct * ALIKE >= table.rows) {
                    found.push(Index::of(&table.schema, &table.name, Method::Hash, vec![key(clause)]));
                }
            }
            Test::Other(operator) => wanted.push((key(clause), operator.clone(), false)),
            Test::Prefix => wanted.push((key(clause), "~~".to_owned(), false)),
            Test::Range if !clause.is_expression => {
                let follows = table
                    .column(&clause.key)
                    .is_some_and(|column| column.correlation.abs() >= FOLLOWS && column.common < ONE_VALUE);
                if follows && table.bytes / table.leaves.max(1) as f64 >= SUMMARISED {
                    found.push(Index::of(&table.schema, &table.name, Method::Brin, vec![key(clause)]));
                }
            }
            _ => {}
        }
    }
    for (text, is_expression, operator) in &need.nearest {
        let key = if *is_expression { Key::expression(text) } else { Key::column(text) };
        wanted.push((key, operator.clone(), true));
    }
    for (key, operator, orders) in wanted {
        let Some((of, kind)) = type_of(&key, table, oracle)? else { continue };
        let answers: Vec<_> =
            catalogue.answers(&operator, &of, kind).filter(|answer| answer.orders == orders).collect();
        let has = |method| answers.iter().any(|answer| answer.method == method);
        // What planners do not know: a GiST tree of texts, words or elements has signatures of them, which many rows
        // share, and one of addresses has networks that overlap. Where there is a class that has each on its own, it
        // is several times as fast, measured (bench/advise, among the answers called `less`).
        let is_lossy = |answer: &Answer| {
            answer.method == Method::Gist
                && !orders
                && (has(Method::Gin) || has(Method::Spgist) && matches!(answer.of.as_str(), "inet" | "cidr"))
        };
        for answer in &answers {
            if answer.method == Method::Brin || is_lossy(answer) {
                continue;
            }
            let class =
                (!answer.is_default || answer.of != of && answer.of == "inet").then(|| answer.class.clone());
            let key = key.clone().with_class(class);
            let index = Index::of(&table.schema, &table.name, answer.method, vec![key.clone()]);
            if !found.contains(&index) {
                found.push(index);
                boxes.push((answer.method, key));
            }
        }
    }
    found.extend(together(need, table, &boxes));
    Ok(found)
}

/// Trees of boxes over several columns: with what is equal, where classes for plain types are installed.
fn together(need: &Need, table: &Table, boxes: &[(Method, Key)]) -> Vec<Index> {
    let mut found = Vec::new();
    for (method, main) in boxes {
        if !matches!(method, Method::Gist | Method::Gin) {
            continue;
        }
        for (other, second) in boxes {
            if method == other && main < second && main.text != second.text {
                found.push(Index::of(
                    &table.schema,
                    &table.name,
                    *method,
                    vec![main.clone(), second.clone()],
                ));
            }
        }
        for clause in need.clauses.iter().filter(|clause| clause.test == Test::Equal) {
            for keys in [vec![key(clause), main.clone()], vec![main.clone(), key(clause)]] {
                found.push(Index::of(&table.schema, &table.name, *method, keys));
            }
        }
    }
    found
}

fn type_of(
    key: &Key,
    table: &Table,
    oracle: &mut impl Oracle,
) -> Result<Option<(String, char)>, OracleError> {
    if !key.is_expression {
        return Ok(table.column(&key.text).map(|column| (column.of.clone(), column.kind)));
    }
    let name = Index::tree(&table.schema, &table.name, Vec::new()).quoted_table();
    match oracle.types(&name, std::slice::from_ref(&key.text)) {
        Ok(types) => Ok(types.into_iter().next().map(|of| {
            let kind = if of.ends_with("[]") {
                'a'
            } else if of.ends_with("range") {
                'r'
            } else {
                'b'
            };
            (of, kind)
        })),
        Err(OracleError::Refused(_)) => Ok(None),
        Err(gone) => Err(gone),
    }
}
