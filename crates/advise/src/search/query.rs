//! A statement as it is explained: with what its triggers look up.

use serde_json::Value;

use crate::binding::Bound;
use crate::catalogue::Catalogue;
use crate::index::Index;
use crate::predicate::{Need, needs};

/// Rows that a write may be thought to change.
const MOST_ROWS: f64 = 1e6;

/// What is explained of one statement, and how often each.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    /// Texts and how often each runs in one execution: the statement with its values, and what its triggers ask.
    pub(super) parts: Vec<(String, f64)>,
    /// How many of them are the statement itself.
    pub(super) bindings: usize,
    /// What it asks of tables.
    pub(super) needs: Vec<Need>,
    /// Executions.
    pub(super) calls: f64,
    /// What it writes: the table, the operation, the rows of one execution.
    pub(super) writes: Option<(usize, String, f64)>,
}

impl Query {
    /// From its values and its plan. What it asks is read from the plan of any value: a value that was chosen is no
    /// reason for an index of some rows.
    pub(super) fn of(bound: &Bound, calls: f64, catalogue: &Catalogue) -> Self {
        let parts: Vec<(String, f64)> =
            bound.bindings.iter().map(|one| (one.text.clone(), one.share)).collect();
        let mut query = Self {
            bindings: parts.len(),
            parts,
            needs: needs(&bound.plan, catalogue),
            calls,
            writes: written(&bound.plan, catalogue),
        };
        if let Some((table, operation, rows)) = &query.writes
            && operation == "Delete"
        {
            for reference in catalogue.references.iter().filter(|reference| reference.to == *table) {
                let from = &catalogue.tables[reference.from];
                let name = Index::tree(&from.schema, &from.name, Vec::new()).quoted_table();
                let keys: Vec<String> = reference
                    .columns
                    .iter()
                    .enumerate()
                    .map(|(at, column)| format!("{} = ${}", loadline_pg::ghost::quoted(column), at + 1))
                    .collect();
                query.parts.push((
                    format!("SELECT 1 FROM {name} x WHERE {}", keys.join(" AND ")),
                    rows.clamp(1.0, MOST_ROWS),
                ));
            }
        }
        query
    }

    /// Tables that it reads or writes.
    pub(super) fn reads(&self, table: usize) -> bool {
        self.needs.iter().any(|need| need.table == table)
    }
}

/// What a plan writes.
fn written(node: &Value, catalogue: &Catalogue) -> Option<(usize, String, f64)> {
    let text = |key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default();
    if text("Node Type") == "ModifyTable" {
        let table = catalogue.table(text("Schema"), text("Relation Name"))?;
        let rows = node
            .get("Plans")
            .and_then(Value::as_array)
            .and_then(|plans| plans.first()?.get("Plan Rows")?.as_f64());
        return Some((catalogue.root(table), text("Operation").to_owned(), rows.unwrap_or(1.0)));
    }
    node.get("Plans")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find_map(|node| written(node, catalogue))
}
