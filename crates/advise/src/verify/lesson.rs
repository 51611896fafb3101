//! What a measurement taught: a statement that reads rows by a condition through an index, and is slower for it.
//!
//! Another index through which the same rows of a table are read in the same way would be withdrawn for the same
//! reason, whatever else it has. One with more conditions reads other rows, and one that has all that the statement
//! reads spares the visits to the table: what is known of the first says nothing of these.

use loadline_pg::plan::Plan;
use loadline_pg::shape::Shape;
use serde_json::Value;

/// How a plan reads rows through an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// The condition that is looked up, without its values.
    pub condition: String,
    /// Whether the table itself is not visited.
    pub is_only: bool,
}

/// That a statement is slower by what it reads through an index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// The statement, as it stands in the workload.
    pub statement: String,
    /// All that its plan read through the index.
    pub reads: Vec<Read>,
}

/// What a node is called that looks up an index and leaves the table alone.
const ONLY: &str = "Index Only Scan";
/// What its condition is called.
const CONDITION: &str = "Index Cond";

impl Read {
    fn of(condition: &str, kind: &str) -> Self {
        Self { condition: Shape::of(condition).text, is_only: kind == ONLY }
    }

    /// Whether this is no better than another one.
    fn is_like(&self, other: &Self) -> bool {
        self.condition == other.condition && (other.is_only || !self.is_only)
    }
}

impl Lesson {
    /// What a plan taught that was slower, as it has an index by one of these names; nothing where it reads it without
    /// a condition, as another index can be read for another reason.
    pub fn of(statement: &str, plans: &[Plan], is_index: impl Fn(&str) -> bool) -> Option<Self> {
        let mut reads: Vec<Read> = plans
            .iter()
            .flat_map(Plan::nodes)
            .filter(|node| is_index(&node.index))
            .filter_map(|node| {
                let condition = node.conditions.iter().find(|(name, _)| name == CONDITION)?;
                Some(Read::of(&condition.1, &node.kind))
            })
            .collect();
        reads.sort();
        reads.dedup();
        (!reads.is_empty()).then(|| Self { statement: statement.to_owned(), reads })
    }

    /// Whether a plan, as `EXPLAIN (FORMAT JSON)` gives it, does the same again through an index that is thought of.
    pub fn is_again(&self, node: &Value, is_thought_of: &impl Fn(&str) -> bool) -> bool {
        let text = |key: &str| node.get(key).and_then(Value::as_str);
        let mine = || {
            let read = Read::of(text(CONDITION)?, text("Node Type").unwrap_or_default());
            self.reads.iter().any(|known| read.is_like(known)).then_some(())
        };
        text("Index Name").is_some_and(|index| is_thought_of(index) && mine().is_some())
            || node
                .get("Plans")
                .and_then(Value::as_array)
                .is_some_and(|below| below.iter().any(|node| self.is_again(node, is_thought_of)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scan(kind: &str, index: &str, condition: &str) -> Value {
        json!({"Node Type": kind, "Index Name": index, "Index Cond": condition, "Total Cost": 1.0})
    }

    fn lesson(kind: &str) -> Lesson {
        let plan = json!([{"Plan": {"Node Type": "Limit", "Plans": [scan(kind, "mine", "(t.a = 7)")]}}]);
        Lesson::of("SELECT 1", &[Plan::of_json(&plan).unwrap()], |name| name == "mine").unwrap()
    }

    #[test]
    fn the_same_rows_in_the_same_way_are_the_same_again() {
        let is_again = |of: &str, plan: Value| {
            lesson(of).is_again(&json!({"Node Type": "Limit", "Plans": [plan]}), &|name| name == "other")
        };
        for (of, kind, condition, again) in [
            ("Index Scan", "Index Scan", "(t.a = 7)", true),
            ("Index Scan", "Bitmap Index Scan", "(t.a = 8)", true),
            ("Index Scan", "Index Scan", "((t.a = 7) AND (t.b = 3))", false),
            ("Index Scan", "Index Only Scan", "(t.a = 7)", false),
            ("Index Only Scan", "Index Only Scan", "(t.a = 7)", true),
            ("Index Only Scan", "Index Scan", "(t.a = 7)", true),
        ] {
            assert_eq!(is_again(of, scan(kind, "other", condition)), again, "{of} {kind} {condition}");
        }
        // What is there already is no advice.
        assert!(!is_again("Index Scan", scan("Index Scan", "there", "(t.a = 7)")));
    }

    #[test]
    fn what_is_read_without_a_condition_teaches_nothing() {
        let plan = json!([{"Plan": {"Node Type": "Index Scan", "Index Name": "mine"}}]);
        assert_eq!(Lesson::of("", &[Plan::of_json(&plan).unwrap()], |_| true), None);
    }
}
