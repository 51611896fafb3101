//! All candidates of a statement, without those that are there already.

use std::collections::BTreeSet;

use super::{others, part, tree};
use crate::catalogue::{Catalogue, Table};
use crate::index::{Index, Method};
use crate::oracle::{Oracle, OracleError};
use crate::predicate::Need;

/// Candidates of one table in one statement.
const MOST: usize = 60;

/// An index that could serve.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The index.
    pub index: Index,
    /// The table, by its place in the catalogue.
    pub table: usize,
    /// The share of rows that it has.
    pub share: f64,
}

/// The candidates for what is asked.
///
/// # Errors
/// When the oracle is gone.
pub fn candidates(
    needs: &[Need],
    catalogue: &Catalogue,
    oracle: &mut impl Oracle,
) -> Result<Vec<Candidate>, OracleError> {
    let mut all = Vec::new();
    for need in needs {
        let table = &catalogue.tables[need.table];
        let mut found: Vec<(Index, f64)> =
            tree::trees(need, table).into_iter().map(|index| (index, 1.0)).collect();
        found.extend(others::others(need, table, catalogue, oracle)?.into_iter().map(|index| (index, 1.0)));
        found.extend(part::parts(need, table, oracle)?);
        let mut seen = BTreeSet::new();
        found.retain(|(index, _)| seen.insert(index.clone()) && !is_there(index, table));
        found.truncate(MOST);
        let made = found.into_iter().map(|(index, share)| Candidate { index, table: need.table, share });
        all.extend(made);
    }
    Ok(all)
}

/// Whether a table has this index, or one that begins with all that it has.
fn is_there(index: &Index, table: &Table) -> bool {
    index.predicate.is_none()
        && index.include.is_empty()
        && table.indexes.iter().any(|there| {
            let begins = || {
                index.keys.iter().zip(&there.keys).all(|(key, there)| {
                    key.class.is_none()
                        && !key.is_expression
                        && crate::index::name(&key.text).trim_matches('"') == there.trim_matches('"')
                })
            };
            there.is_valid
                && there.predicate.is_none()
                && there.is_plain
                && there.method == index.method.name()
                && index.keys.len() <= there.keys.len()
                && (index.method == Method::Btree || index.keys.len() == there.keys.len())
                && begins()
                && !index.keys.iter().any(|key| key.nulls_first.is_some() || key.descending)
        })
}
