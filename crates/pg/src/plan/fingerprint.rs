//! What makes two plans the same: node types, relations, indexes and the order of joins; not costs, which change with
//! every row.

use sha2::{Digest, Sha256};

use super::node::{Node, Plan};

/// What tells plans apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 8]);

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl Plan {
    /// Its fingerprint.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hash = Sha256::new();
        feed(&self.root, &mut hash);
        let mut first = [0; 8];
        first.copy_from_slice(&hash.finalize()[..8]);
        Fingerprint(first)
    }
}

fn feed(node: &Node, hash: &mut Sha256) {
    let parts = [
        &node.kind,
        &node.join,
        &node.strategy,
        &node.schema,
        &node.relation,
        &node.index,
        &node.direction,
        &node.source,
    ];
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.update((node.below.len() as u64).to_le_bytes());
    for below in &node.below {
        feed(below, hash);
    }
}

/// What is another in `after` than in `before`, in words: the accesses that are gone, and those that are there instead.
///
/// ```
/// use loadline_pg::plan::{Plan, difference};
///
/// let scan = |kind: &str| Plan::parse(&format!(r#"{{"Plan": {{"Node Type": "{kind}", "Relation Name": "shows"}}}}"#));
/// let (before, after) = (scan("Index Scan")?, scan("Seq Scan")?);
/// assert_eq!(difference(&before, &after), "`Index Scan` of `shows` became `Seq Scan` of `shows`");
/// # Ok::<(), loadline_pg::plan::PlanError>(())
/// ```
pub fn difference(before: &Plan, after: &Plan) -> String {
    let told = |plan: &Plan| plan.nodes().into_iter().map(words).collect::<Vec<_>>();
    let (mut gone, mut new) = (told(before), told(after));
    gone.retain(|node| match new.iter().position(|other| other == node) {
        Some(same) => {
            new.remove(same);
            false
        }
        None => true,
    });
    match (gone.as_slice(), new.as_slice()) {
        ([], []) => "the order of its parts".to_owned(),
        ([], new) => format!("it has {} now", new.join(", ")),
        (gone, []) => format!("it has {} no more", gone.join(", ")),
        (gone, new) => format!("{} became {}", gone.join(", "), new.join(", ")),
    }
}

fn words(node: &Node) -> String {
    let kind = [&node.strategy, &node.join].into_iter().filter(|part| !part.is_empty() && *part != "Inner");
    let kind = kind.fold(node.kind.clone(), |all, part| format!("{all} ({part})"));
    match (node.relation.as_str(), node.index.as_str()) {
        ("", "") => format!("`{kind}`"),
        (relation, "") => format!("`{kind}` of `{relation}`"),
        ("", index) => format!("`{kind}` by `{index}`"),
        (relation, index) => format!("`{kind}` of `{relation}` by `{index}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> Plan {
        Plan::parse(text).unwrap()
    }

    const JOIN: &str = r#"[{"Plan": {"Node Type": "Nested Loop", "Join Type": "Inner", "Total Cost": 9.5, "Plans": [
        {"Node Type": "Seq Scan", "Relation Name": "a", "Plan Rows": 10},
        {"Node Type": "Index Scan", "Relation Name": "b", "Index Name": "b_key", "Index Cond": "(id = a.id)"}]}}]"#;

    #[test]
    fn costs_and_rows_are_no_other_plan() {
        let costlier = JOIN.replace("9.5", "1000").replace("10", "100000");
        assert_eq!(plan(JOIN).fingerprint(), plan(&costlier).fingerprint());
    }

    #[test]
    fn types_indexes_relations_and_order_are() {
        let first = plan(JOIN);
        let mut turned = first.clone();
        turned.root.below.swap(0, 1);
        assert_ne!(turned.fingerprint(), first.fingerprint());
        assert_eq!(difference(&first, &turned), "the order of its parts");
        for (from, to) in
            [("Nested Loop", "Hash Join"), ("b_key", "b_other"), ("\"a\"", "\"c\""), ("Inner", "Left")]
        {
            let other = plan(&JOIN.replace(from, to));
            assert_ne!(other.fingerprint(), first.fingerprint(), "{from}");
            assert!(difference(&first, &other).contains("became"), "{from}");
        }
    }
}
