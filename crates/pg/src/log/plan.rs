//! What `auto_explain` says: the statement, and how many rows it gave.

use serde::Deserialize;

/// A statement with its plan.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Explained {
    pub(super) text: String,
    /// Rows that it gave; nothing when they were not counted, or it gives none.
    pub(super) rows: Option<f64>,
}

impl Explained {
    /// Reads a plan as text or JSON; the other forms are not read.
    pub(super) fn of(plan: &str) -> Option<Self> {
        if let Some(rest) = plan.strip_prefix("Query Text: ") {
            return Some(of_text(rest));
        }
        if plan.starts_with('{') {
            return of_json(plan);
        }
        None
    }
}

/// The statement goes on to the first line of its plan, or of its parameters.
fn of_text(rest: &str) -> Explained {
    let mut end = rest.len();
    let mut rows = None;
    let mut start = 0;
    for line in rest.split_inclusive('\n') {
        let is_first = start == 0;
        if !is_first && line.starts_with("Query Parameters: ") {
            end = end.min(start);
        } else if !is_first && is_node(line) {
            end = end.min(start);
            rows = actual_rows(line);
            break;
        }
        start += line.len();
    }
    Explained { text: rest[..end].trim_end().to_owned(), rows }
}

fn is_node(line: &str) -> bool {
    !line.starts_with([' ', '\t']) && line.contains("  (cost=") && line.contains(" rows=")
}

fn actual_rows(line: &str) -> Option<f64> {
    if ["Insert on ", "Update on ", "Delete on ", "Merge on "].iter().any(|writes| line.starts_with(writes)) {
        return None;
    }
    let (_, actual) = line.split_once("(actual ")?;
    let (_, rows) = actual.split_once("rows=")?;
    rows.split([' ', ')']).next()?.parse().ok()
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "Query Text")]
    text: String,
    #[serde(rename = "Plan")]
    plan: Option<Node>,
}

#[derive(Deserialize)]
struct Node {
    #[serde(rename = "Node Type")]
    kind: String,
    #[serde(rename = "Actual Rows")]
    rows: Option<f64>,
}

fn of_json(plan: &str) -> Option<Explained> {
    let document: Document = serde_json::from_str(plan).ok()?;
    let rows = document.plan.filter(|node| node.kind != "ModifyTable").and_then(|node| node.rows);
    Some(Explained { text: document.text, rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(plan: &str, text: &str, rows: Option<f64>) {
        assert_eq!(Explained::of(plan), Some(Explained { text: text.to_owned(), rows }));
    }

    #[test]
    fn texts_end_where_plans_begin() {
        check(
            "Query Text: select * from t where a < 5\n  order by a;\nSort  (cost=41.17..42.23 rows=423 width=36) (actual time=0.020..0.021 rows=4 loops=1)\n  Sort Key: a",
            "select * from t where a < 5\n  order by a;",
            Some(4.0),
        );
        check(
            "Query Text: select $1\nQuery Parameters: $1 = '7'\nResult  (cost=0.00..0.01 rows=1 width=4)",
            "select $1",
            None,
        );
        check(
            "Query Text: insert\nInsert on t  (cost=0.00..1.75 rows=0 width=0) (actual time=0.2..0.2 rows=0 loops=1)",
            "insert",
            None,
        );
        check(
            "Query Text: select 1\nResult  (cost=0.00..0.01 rows=1 width=4) (actual time=0.1..0.1 rows=1.00 loops=1)",
            "select 1",
            Some(1.0),
        );
        // Cut before its plan.
        check("Query Text: select 1 +\n 2", "select 1 +\n 2", None);
    }

    #[test]
    fn json_tells_the_same() {
        check(
            r#"{"Query Text": "select 1", "Plan": {"Node Type": "Result", "Actual Rows": 3, "Plans": []}}"#,
            "select 1",
            Some(3.0),
        );
        check(
            r#"{"Query Text": "insert", "Plan": {"Node Type": "ModifyTable", "Actual Rows": 0}}"#,
            "insert",
            None,
        );
        assert_eq!(Explained::of(r#"{"Query Text": "sel"#), None);
        assert_eq!(Explained::of("<explain>"), None);
    }
}
