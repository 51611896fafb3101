//! A plan as PostgreSQL writes it in JSON, read into nodes.
//!
//! Keys that are not known are left out: each version of PostgreSQL has more of them. The depth and the size of what is
//! read are bounded, because plans also come from logs.

use serde_json::Value;

/// Nodes below one another that are read; PostgreSQL's own limit is its stack.
const DEEPEST: usize = 500;
/// Nodes of one plan.
const MOST: usize = 50_000;

/// A statement's plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Its topmost node.
    pub root: Node,
}

/// A node of a plan, and those below it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// `Index Scan`, `Hash Join`.
    pub kind: String,
    /// What it is to the node above: `Outer`, `InitPlan`.
    pub relationship: String,
    /// How it joins: `Inner`, `Left`, `Anti`.
    pub join: String,
    /// How it sorts or groups, where there is more than one way: `Sorted`, `Hashed`, `Partial`.
    pub strategy: String,
    /// The table it reads or writes, without its schema unless the plan says it.
    pub relation: String,
    /// The table's schema, where the plan says it.
    pub schema: String,
    /// What the table is called in the statement.
    pub alias: String,
    /// The index it uses.
    pub index: String,
    /// `Forward`, `Backward`; empty where there is no direction.
    pub direction: String,
    /// The function, CTE or subplan that it reads, by name.
    pub source: String,
    /// The conditions that it puts, each by its name in the plan: `Index Cond`, `Filter`, `Sort Key`.
    pub conditions: Vec<(String, String)>,
    /// What it is thought to cost before its first row.
    pub startup_cost: f64,
    /// What it is thought to cost in all.
    pub total_cost: f64,
    /// Rows that are expected.
    pub rows: f64,
    /// Bytes of a row that are expected.
    pub width: f64,
    /// The nodes below.
    pub below: Vec<Self>,
}

/// Why a text is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It is no JSON.
    #[error("is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// It is JSON of something else.
    #[error("is no plan of `EXPLAIN (FORMAT JSON)`: {0}")]
    Shape(&'static str),
}

impl Plan {
    /// Reads what `EXPLAIN (FORMAT JSON)` returned, or an `auto_explain` entry.
    ///
    /// ```
    /// use loadline_pg::plan::Plan;
    ///
    /// let text = r#"[{"Plan": {"Node Type": "Seq Scan", "Relation Name": "shows", "Total Cost": 12.5}}]"#;
    /// let plan = Plan::parse(text)?;
    /// assert_eq!((plan.root.relation.as_str(), plan.root.total_cost), ("shows", 12.5));
    /// assert!(Plan::parse("{}").is_err());
    /// # Ok::<(), loadline_pg::plan::PlanError>(())
    /// ```
    ///
    /// # Errors
    /// When it is something else, or larger than plans are.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        Self::of_json(&serde_json::from_str(text)?)
    }

    /// The same of JSON that was read already.
    ///
    /// # Errors
    /// As [`Plan::parse`].
    pub fn of_json(value: &Value) -> Result<Self, PlanError> {
        let first = value.as_array().map_or(Some(value), |plans| plans.first());
        let root = first.and_then(|first| first.get("Plan")).ok_or(PlanError::Shape("it has no `Plan`"))?;
        let mut left = MOST;
        Ok(Self { root: Node::read(root, DEEPEST, &mut left)? })
    }

    /// All nodes, from the top down.
    pub fn nodes(&self) -> Vec<&Node> {
        let (mut all, mut next) = (Vec::new(), vec![&self.root]);
        while let Some(node) = next.pop() {
            all.push(node);
            next.extend(node.below.iter().rev());
        }
        all
    }
}

impl Node {
    fn read(value: &Value, deepest: usize, left: &mut usize) -> Result<Self, PlanError> {
        if deepest == 0 || *left == 0 {
            return Err(PlanError::Shape("it is too large"));
        }
        *left -= 1;
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |key: &str| value.get(key).and_then(Value::as_f64).unwrap_or_default();
        let kind = text("Node Type");
        if kind.is_empty() {
            return Err(PlanError::Shape("a node has no `Node Type`"));
        }
        let mut strategy = text("Strategy");
        for more in ["Partial Mode", "Operation", "Command"] {
            let more = text(more);
            if !more.is_empty() && more != "Simple" {
                strategy = [strategy.as_str(), &more].join(" ").trim_start().into();
            }
        }
        let source = ["Function Name", "CTE Name", "Subplan Name", "Tuplestore Name"].map(text);
        let mut node = Self {
            kind,
            strategy,
            relationship: text("Parent Relationship"),
            join: text("Join Type"),
            relation: text("Relation Name"),
            schema: text("Schema"),
            alias: text("Alias"),
            index: text("Index Name"),
            direction: text("Scan Direction"),
            source: source.into_iter().find(|source| !source.is_empty()).unwrap_or_default(),
            conditions: conditions(value),
            startup_cost: number("Startup Cost"),
            total_cost: number("Total Cost"),
            rows: number("Plan Rows"),
            width: number("Plan Width"),
            below: Vec::new(),
        };
        for child in value.get("Plans").and_then(Value::as_array).into_iter().flatten() {
            node.below.push(Self::read(child, deepest - 1, left)?);
        }
        Ok(node)
    }
}

fn conditions(value: &Value) -> Vec<(String, String)> {
    let is_one = |key: &str| key.ends_with("Cond") || key.ends_with("Filter") || key.ends_with("Key");
    let of = |value: &Value| match value {
        Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter(|(key, _)| is_one(key)).map(|(key, value)| (key.clone(), of(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_is_refused() {
        let mut text = r#"{"Node Type": "Result"}"#.to_owned();
        for _ in 0..DEEPEST {
            text = format!(r#"{{"Node Type": "Limit", "Plans": [{text}]}}"#);
        }
        // Too deep for the reader of JSON, or for this one.
        assert!(Plan::parse(&format!(r#"{{"Plan": {text}}}"#)).is_err());
    }
}
