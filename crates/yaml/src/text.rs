//! A document as text: block style, two spaces, comments above what they are about.

use std::fmt::Write as _;

use crate::node::Node;

/// How wide comments are.
const WIDTH: usize = 100;
/// Words that YAML takes for something else than a text, in one of its versions.
const NOT_TEXT: [&str; 10] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"];

/// A document with a comment at its top, one line an entry.
pub fn text(top: &[String], document: &Node) -> String {
    let mut out = String::new();
    for line in top {
        comment(&mut out, line, 0);
    }
    block(&mut out, document, 0);
    out
}

/// A value that begins on a line of its own, so deep.
fn block(out: &mut String, node: &Node, depth: usize) {
    match node {
        Node::Map(fields) if !fields.is_empty() => {
            for field in fields {
                comment(out, &field.why, depth);
                indent(out, depth);
                scalar(out, &field.name);
                out.push(':');
                value(out, &field.value, depth);
            }
        }
        Node::List(items) if !items.is_empty() => {
            for item in items {
                indent(out, depth);
                let mut inner = String::new();
                block(&mut inner, item, depth + 1);
                // The first field stands behind the dash; where a comment is before it, everything goes below.
                let inner = inner.trim_start_matches('\n');
                if inner.trim_start().starts_with('#') {
                    out.push_str("-\n");
                    out.push_str(inner);
                } else {
                    out.push_str("- ");
                    out.push_str(inner.trim_start());
                }
            }
        }
        other => {
            indent(out, depth);
            inline(out, other);
            out.push('\n');
        }
    }
}

/// A value behind the name of its field.
fn value(out: &mut String, node: &Node, depth: usize) {
    match node {
        Node::Map(fields) if !fields.is_empty() => {
            out.push('\n');
            block(out, node, depth + 1);
        }
        Node::List(items) if !items.is_empty() => {
            out.push('\n');
            block(out, node, depth + 1);
        }
        other => {
            out.push(' ');
            inline(out, other);
            out.push('\n');
        }
    }
}

fn inline(out: &mut String, node: &Node) {
    match node {
        Node::Nothing => out.push_str("null"),
        Node::Plain(text) => out.push_str(text),
        Node::Text(text) => scalar(out, text),
        Node::List(_) => out.push_str("[]"),
        Node::Map(_) => out.push_str("{}"),
    }
}

/// A text, with quotes where it would be taken for something else.
fn scalar(out: &mut String, text: &str) {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "/._-".contains(letter))
        && !NOT_TEXT.contains(&text.to_ascii_lowercase().as_str());
    if plain {
        out.push_str(text);
        return;
    }
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            letter if is_unprintable(letter) && letter <= '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", letter as u32);
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}

/// What YAML does not print, or takes for the end of a line.
fn is_unprintable(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Lines of a comment, broken between words.
fn comment(out: &mut String, text: &str, depth: usize) {
    for line in text.lines() {
        let mut width = usize::MAX;
        for word in line.split(' ') {
            let long = word.chars().count();
            if width.saturating_add(long + 1) > WIDTH {
                if width != usize::MAX {
                    out.push('\n');
                }
                indent(out, depth);
                out.push('#');
                width = 2 * depth + 1;
            }
            out.push(' ');
            // What would end the line would end the comment.
            out.extend(word.chars().map(|letter| if is_unprintable(letter) { '?' } else { letter }));
            width += long + 1;
        }
        out.push('\n');
    }
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::node::Field;

    fn back(text: &str) -> Node {
        serde_saphyr::from_str(text).unwrap()
    }

    fn without_whys(node: &Node) -> Node {
        match node {
            Node::Map(fields) => Node::Map(
                fields
                    .iter()
                    .map(|field| Field {
                        why: String::new(),
                        name: field.name.clone(),
                        value: without_whys(&field.value),
                    })
                    .collect(),
            ),
            Node::List(items) => Node::List(items.iter().map(without_whys).collect()),
            other => other.clone(),
        }
    }

    fn any_node() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![
            Just(Node::Nothing),
            any::<bool>().prop_map(|value| Node::Plain(value.to_string())),
            any::<i64>().prop_map(Node::from),
            any::<String>().prop_map(Node::Text),
            "[-a-z0-9:# .{}\\[\\]&*!|>%@`'\"~]{0,9}".prop_map(Node::Text),
            prop::sample::select(vec![
                "yes",
                "1",
                "1e3",
                "0x1f",
                "~",
                "-",
                "?",
                "a: b",
                "a #b",
                " a",
                "",
                "<<",
                "=",
                "12:30:45",
                "2026-01-01"
            ])
            .prop_map(Node::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let map =
                prop::collection::btree_map("[a-zA-Z0-9./ ~-]{1,12}", (any::<String>(), inner.clone()), 0..5);
            prop_oneof![
                prop::collection::vec(inner, 0..5).prop_map(Node::List),
                map.prop_map(|fields| Node::Map(
                    fields.into_iter().map(|(name, (why, value))| Field { why, name, value }).collect()
                )),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(node in any_node(), top in any::<String>()) {
            let written = text(&[top], &node);
            prop_assert_eq!(back(&written), without_whys(&node), "{}", written);
        }
    }

    #[test]
    fn comments_stand_above_what_they_are_about() {
        let mut node = Node::default();
        node.at(&["spec"]).set_why("minReplicas", 2, "at least two");
        node.at(&["spec"])
            .set("metrics", Node::List(vec![Node::map([("type", "Resource".into()), ("on", "yes".into())])]));
        assert_eq!(
            text(&["why it is there".to_owned()], &node),
            "# why it is there\nspec:\n  # at least two\n  minReplicas: 2\n  metrics:\n    - type: Resource\n      \"on\": \"yes\"\n"
        );
    }
}
