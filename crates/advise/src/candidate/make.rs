//! All candidates of a statement, without those that are there already.

use std::collections::BTreeSet;

use super::{others, part, tree};
use crate::catalogue::{Catalogue, Table};
use crate::index::{Index, Method};
use crate::oracle::{Oracle, OracleError};
use crate::predicate::Need;

/// Candidates of one table in one statement.
pub const MOST_CANDIDATES: usize = 60;

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

/// The candidates of a statement.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Candidates {
    /// What is tried.
    pub tried: Vec<Candidate>,
    /// What is not, because there is so much of it.
    pub cut: Cut,
}

/// What is not tried of a statement, because there is so much of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cut {
    /// Candidates: of each table there are so many already.
    pub candidates: usize,
    /// Keys that are equal to something, and in no candidate: each has so many already.
    pub keys: usize,
}

impl Cut {
    /// Whether everything is tried.
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.candidates += other.candidates;
        self.keys += other.keys;
    }
}

/// The candidates for what is asked.
///
/// # Errors
/// When the oracle is gone.
pub fn candidates(
    needs: &[Need],
    catalogue: &Catalogue,
    oracle: &mut impl Oracle,
) -> Result<Candidates, OracleError> {
    let mut all = Candidates::default();
    for need in needs {
        let table = &catalogue.tables[need.table];
        let whole = |index: Index| (index, 1.0);
        let (trees, keys) = tree::trees(need, table);
        // What there is least of goes first: of trees there are many that are nearly the same.
        let mut found: Vec<(Index, f64)> =
            others::others(need, table, catalogue, oracle)?.into_iter().map(whole).collect();
        let mut trees = trees.into_iter().map(whole);
        for part in part::parts(need, table, oracle)? {
            found.extend(trees.next());
            found.push(part);
        }
        found.extend(trees);
        let mut seen = BTreeSet::new();
        found.retain(|(index, _)| seen.insert(index.clone()) && !is_there(index, table));
        all.cut.add(Cut { candidates: found.len().saturating_sub(MOST_CANDIDATES), keys });
        found.truncate(MOST_CANDIDATES);
        let made = found.into_iter().map(|(index, share)| Candidate { index, table: need.table, share });
        all.tried.extend(made);
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
