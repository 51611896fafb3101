//! A plan in a line.

use super::node::{Node, Plan};

/// What says nothing beside the node above it.
const SILENT: [&str; 1] = ["Hash"];

impl Plan {
    /// The plan in a line: each node with what it reads, those below it in parentheses.
    ///
    /// ```
    /// use loadline_pg::plan::Plan;
    ///
    /// let text = r#"{"Plan": {"Node Type": "Limit", "Plans": [
    ///     {"Node Type": "Index Scan", "Relation Name": "shows", "Index Name": "shows_date"}]}}"#;
    /// assert_eq!(Plan::parse(text)?.short(), "Limit (Index Scan shows by shows_date)");
    /// # Ok::<(), loadline_pg::plan::PlanError>(())
    /// ```
    pub fn short(&self) -> String {
        let mut text = String::new();
        write(&self.root, &mut text);
        text
    }
}

fn write(node: &Node, text: &mut String) {
    if let ([below], true) = (node.below.as_slice(), SILENT.contains(&node.kind.as_str())) {
        return write(below, text);
    }
    *text += &node.kind;
    for part in [&node.strategy, &node.join] {
        if !part.is_empty() && part != "Inner" {
            *text += &format!(" {}", part.to_lowercase());
        }
    }
    for part in [&node.relation, &node.source] {
        if !part.is_empty() {
            *text += &format!(" {part}");
        }
    }
    if !node.index.is_empty() {
        let backward = if node.direction == "Backward" { " backward" } else { "" };
        *text += &format!("{} by {}", backward, node.index);
    }
    for (at, below) in node.below.iter().enumerate() {
        *text += if at == 0 { " (" } else { ", " };
        write(below, text);
    }
    if !node.below.is_empty() {
        text.push(')');
    }
}
