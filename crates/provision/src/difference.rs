//! What is different between two states of a file, by what things are called and not by lines: an alert that is new, a
//! limit that is another one, a panel that is gone.

use std::collections::BTreeMap;

use loadline_yaml::{Node, documents};

/// Something that is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where: `groups › loadline budgets › BudgetBurns page 1h 5m › expr`.
    pub place: String,
    /// How.
    pub kind: DifferenceKind,
}

/// How something is different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DifferenceKind {
    /// It was not there.
    Added,
    /// It is there no more.
    Removed,
    /// It was something else.
    Changed {
        /// What it was.
        from: String,
        /// What it is.
        to: String,
    },
}

/// What is different between two files of YAML, or of JSON, which is YAML; `None` where one of them is neither.
pub fn differences(old: &str, new: &str) -> Option<Vec<Difference>> {
    let (old, new) = (read(old)?, read(new)?);
    let mut found = Vec::new();
    compare("", Some(&old), Some(&new), &mut found);
    Some(found)
}

/// A document, or all of several.
fn read(text: &str) -> Option<Node> {
    let all: Option<Vec<Node>> =
        documents(text).iter().map(|(_, document)| serde_saphyr::from_str(document).ok()).collect();
    let mut all = all?;
    if all.len() == 1 { all.pop() } else { Some(Node::List(all)) }
}

fn compare(place: &str, old: Option<&Node>, new: Option<&Node>, found: &mut Vec<Difference>) {
    let mut push = |kind| found.push(Difference { place: place.to_owned(), kind });
    match (old, new) {
        (Some(old), Some(new)) if old == new => {}
        (Some(Node::Map(_)), Some(Node::Map(_))) | (Some(Node::List(_)), Some(Node::List(_))) => {
            let (old, new) = (parts(old), parts(new));
            let mut order: Vec<&String> = Vec::new();
            for (name, _) in old.iter().chain(&new) {
                if !order.contains(&name) {
                    order.push(name);
                }
            }
            let [old, new] =
                [&old, &new].map(|parts| parts.iter().cloned().collect::<BTreeMap<String, &Node>>());
            for name in order {
                let place = if place.is_empty() { name.clone() } else { format!("{place} › {name}") };
                compare(&place, old.get(name).copied(), new.get(name).copied(), found);
            }
        }
        (Some(old), Some(new)) => push(DifferenceKind::Changed { from: short(old), to: short(new) }),
        (None, Some(_)) => push(DifferenceKind::Added),
        (Some(_), None) => push(DifferenceKind::Removed),
        (None, None) => {}
    }
}

/// The parts of a document, by name. Where a panel is, and its number, follow from the panels before it.
fn parts(node: Option<&Node>) -> Vec<(String, &Node)> {
    match node {
        Some(Node::Map(fields)) => {
            let is_panel = fields.iter().any(|field| field.name == "gridPos");
            let tells = |name: &str| !is_panel || (name != "id" && name != "gridPos");
            let fields = fields.iter().filter(|field| tells(&field.name));
            fields.map(|field| (field.name.clone(), &field.value)).collect()
        }
        Some(Node::List(items)) => {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            items
                .iter()
                .map(|item| {
                    let name = called(item);
                    let number = seen.entry(name.clone()).or_default();
                    *number += 1;
                    (if *number > 1 { format!("{name} ({number})") } else { name }, item)
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// What an item of a list is called.
fn called(item: &Node) -> String {
    let text = |name: &str| item.get(name).map(short);
    let labels = || {
        let Some(Node::Map(labels)) = item.get("labels") else { return String::new() };
        labels.iter().fold(String::new(), |text, label| text + " " + &short(&label.value))
    };
    let rule = text("alert").or_else(|| text("record")).map(|name| name + &labels());
    let names = ["name", "title", "receiver", "uid", "refId", "expr"];
    let of_metadata = || item.get("metadata")?.get("name").map(short);
    let named = || names.into_iter().find_map(text).or_else(of_metadata);
    match item {
        Node::Map(_) | Node::List(_) => rule.or_else(named).unwrap_or_else(|| "entry".to_owned()),
        plain => short(plain),
    }
}

/// A value in a few words.
fn short(node: &Node) -> String {
    const WIDTH: usize = 160;
    let text = match node {
        Node::Nothing => "nothing".to_owned(),
        Node::Plain(text) | Node::Text(text) => text.clone(),
        Node::List(items) => format!("{} entries", items.len()),
        Node::Map(fields) => format!("{} fields", fields.len()),
    };
    if text.chars().count() <= WIDTH { text } else { text.chars().take(WIDTH - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str) -> Vec<String> {
        let line = |difference: Difference| match difference.kind {
            DifferenceKind::Added => format!("+ {}", difference.place),
            DifferenceKind::Removed => format!("- {}", difference.place),
            DifferenceKind::Changed { from, to } => format!("{}: {from} → {to}", difference.place),
        };
        differences(old, new).unwrap().into_iter().map(line).collect()
    }

    #[test]
    fn things_are_found_by_what_they_are_called() {
        let old = "rules:\n- alert: A\n  expr: x > 1\n  labels: {severity: page}\n- alert: A\n  expr: x > 2\n  labels: {severity: ticket}\n";
        let new = "rules:\n- record: b\n  expr: y\n- alert: A\n  expr: x > 3\n  labels: {severity: ticket}\n";
        assert_eq!(
            told(old, new),
            ["- rules › A page", "rules › A ticket › expr: x > 2 → x > 3", "+ rules › b"]
        );
    }

    #[test]
    fn documents_of_one_file_are_found_by_their_names_too() {
        let of = |name: &str, target: &str| format!("metadata: {{name: {name}}}\ntarget: {target}\n");
        let old = format!("{}---\n{}", of("search", "0.95"), of("pay", "0.99"));
        let new = format!("{}---\n{}", of("pay", "0.995"), of("search", "0.95"));
        assert_eq!(told(&old, &new), ["pay › target: 0.99 → 0.995"]);
    }

    #[test]
    fn a_panel_that_is_new_moves_the_others_without_a_word() {
        let old =
            r#"{"panels":[{"title":"a","id":1,"gridPos":{"x":0}},{"title":"a","id":2,"gridPos":{"x":1}}]}"#;
        let new = r#"{"panels":[{"title":"b","id":1,"gridPos":{"x":0}},{"title":"a","id":2,"gridPos":{"x":1}},{"title":"a","id":3,"gridPos":{"x":2}}]}"#;
        assert_eq!(told(old, new), ["+ panels › b"]);
        assert_eq!(told(old, old), Vec::<String>::new());
        assert_eq!(differences("a: [", "a: 1"), None);
    }
}
