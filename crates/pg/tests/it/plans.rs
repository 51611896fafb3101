//! Plans of two databases side by side.

use loadline_pg::live::{Session, explain_statement};
use serde_json::Value;

const COSTS: [&str; 4] = ["Startup Cost", "Total Cost", "Plan Rows", "Plan Width"];

pub(crate) async fn plan(session: &Session, statement: &str) -> Value {
    explain_statement(session, statement).await.unwrap_or_else(|error| panic!("{statement} {error}")).plan
}

/// What is different: anything but costs, and costs more than one percent apart.
pub(crate) fn difference(right: &Value, found: &Value) -> Option<String> {
    match (right, found) {
        (Value::Object(of_right), Value::Object(of_found)) if of_right.len() == of_found.len() => {
            of_right.iter().find_map(|(key, right)| {
                let found = &of_found.get(key).cloned().unwrap_or_default();
                if COSTS.contains(&key.as_str()) {
                    let (right, found) = (right.as_f64()?, found.as_f64().unwrap_or(f64::NAN));
                    let is_near = (right - found).abs() <= 0.01 * right.max(1.0);
                    return (!is_near).then(|| format!("{key} {found} in place of {right}"));
                }
                difference(right, found).map(|difference| format!("{key}: {difference}"))
            })
        }
        (Value::Array(right), Value::Array(found)) if right.len() == found.len() => {
            right.iter().zip(found).find_map(|(right, found)| difference(right, found))
        }
        _ => (right != found).then(|| format!("{found} in place of {right}")),
    }
}

/// A plan without its figures.
pub(crate) fn shape(plan: &Value) -> Value {
    match plan {
        Value::Object(node) => {
            let kept = node.iter().filter(|(key, _)| !COSTS.contains(&key.as_str()));
            Value::Object(kept.map(|(key, value)| (key.clone(), shape(value))).collect())
        }
        Value::Array(all) => Value::Array(all.iter().map(shape).collect()),
        other => other.clone(),
    }
}
