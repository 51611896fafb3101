//! What is in doubt of a plan that stops early.
//!
//! Of rows in an order, a limit takes the first that pass a filter. How soon those come is the planner's guess that
//! they are spread evenly; where few rows pass, and none of them is among the first, the whole index is read. An index
//! that has the filter's columns before the order is never far off. So a part of what could be read is added.

use std::collections::HashMap;

use serde_json::Value;

/// The part of what is not read by the planner's guess that is thought to be read.
const PART: f64 = 0.05;
/// Where more than this share of a table's rows pass, they come soon.
const MANY: f64 = 0.5;

/// A figure of a node.
pub(super) fn number(node: &Value, key: &str) -> f64 {
    node.get(key).and_then(Value::as_f64).unwrap_or_default()
}

/// What is to be added to the cost of a plan; `rows`: those of tables by schema and name.
pub(super) fn doubt(node: &Value, rows: &HashMap<(String, String), f64>) -> f64 {
    let text = |node: &Value, key: &str| node.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let below = || node.get("Plans").and_then(Value::as_array).into_iter().flatten();
    let mut sum: f64 = below().map(|node| doubt(node, rows)).sum();
    if text(node, "Node Type") != "Limit" {
        return sum;
    }
    // What hands rows on one by one.
    let mut node = node;
    let mut limited = number(node, "Total Cost");
    while let Some(next) = node.get("Plans").and_then(Value::as_array).and_then(|plans| plans.first()) {
        match text(next, "Node Type").as_str() {
            "Subquery Scan" | "LockRows" | "Result" | "Append" | "Merge Append" | "Nested Loop" | "Limit" => {
                node = next;
            }
            "Index Scan" | "Index Only Scan" => {
                let all = rows
                    .get(&(text(next, "Schema"), text(next, "Relation Name")))
                    .copied()
                    .unwrap_or_default();
                let full = number(next, "Total Cost");
                limited = limited.min(full);
                if next.get("Filter").is_some() && number(next, "Plan Rows") < MANY * all {
                    sum += PART * (full - limited);
                }
                break;
            }
            _ => break,
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_filter_below_a_limit_is_in_doubt_where_few_rows_pass() {
        let rows = HashMap::from([(("public".to_owned(), "t".to_owned()), 1000.0)]);
        let plan = |passing: u32, filter: bool| {
            let mut scan = json!({"Node Type": "Index Scan", "Schema": "public", "Relation Name": "t", "Plan Rows": passing,
                "Total Cost": 500.0});
            if filter {
                scan["Filter"] = json!("(a = 1)");
            }
            json!({"Node Type": "Limit", "Total Cost": 20.0, "Plans": [scan]})
        };
        assert!((doubt(&plan(50, true), &rows) - 24.0).abs() < 1e-9);
        assert!(doubt(&plan(600, true), &rows).abs() < 1e-9 && doubt(&plan(50, false), &rows).abs() < 1e-9);
    }
}
