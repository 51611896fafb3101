//! A statement as it is explained: with what its triggers look up.

use loadline_pg::shape::{Kind, Token, Tokens};
use serde_json::Value;

use crate::catalogue::Catalogue;
use crate::index::Index;
use crate::predicate::{Need, needs};

/// Rows of a page where nobody knows how many are asked for.
const PAGE: f64 = 20.0;
/// Rows that a write may be thought to change.
const MOST_ROWS: f64 = 1e6;

/// What is explained of one statement, and how often each.
#[derive(Clone, Debug, Default)]
pub(super) struct Query {
    /// Texts and how often each runs in one execution.
    pub(super) parts: Vec<(String, f64)>,
    /// What it asks of tables.
    pub(super) needs: Vec<Need>,
    /// Executions.
    pub(super) calls: f64,
    /// What it writes: the table, the operation, the rows of one execution.
    pub(super) writes: Option<(usize, String, f64)>,
}

impl Query {
    /// From its text and plan.
    pub(super) fn of(text: &str, calls: f64, plan: &Value, catalogue: &Catalogue) -> Self {
        let mut query =
            Self { parts: vec![(text.to_owned(), 1.0)], needs: needs(plan, catalogue), calls, writes: None };
        query.writes = written(plan, catalogue);
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

/// The statement with numbers where it limits rows by parameters: a planner that does not know how many takes a tenth
/// of all.
pub(super) fn limited(text: &str, rows: Option<f64>) -> String {
    let tokens: Vec<Token> = Tokens::of(text).collect();
    let mut limited = String::with_capacity(text.len());
    let mut before = "";
    for token in tokens {
        let word = &text[token.range];
        match token.kind {
            Kind::Parameter if before.eq_ignore_ascii_case("limit") => {
                limited += &format!("{:.0}", rows.filter(|rows| *rows >= 1.0).unwrap_or(PAGE).ceil());
            }
            Kind::Parameter if before.eq_ignore_ascii_case("offset") => limited.push('0'),
            _ => limited += word,
        }
        if !matches!(token.kind, Kind::Space | Kind::Comment) {
            before = word;
        }
    }
    limited
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_numbers() {
        let text = "SELECT $1 FROM t WHERE a = $2 LIMIT $3 OFFSET $4";
        assert_eq!(limited(text, None), "SELECT $1 FROM t WHERE a = $2 LIMIT 20 OFFSET 0");
        assert_eq!(limited("SELECT 1 LIMIT /* few */ $1", Some(2.5)), "SELECT 1 LIMIT /* few */ 3");
        assert_eq!(limited("SELECT 'limit $1', $1", None), "SELECT 'limit $1', $1");
    }
}
