//! The size of an index by the text that makes it.

use super::estimate::{Size, estimate};
use super::key::Key;
use super::subject::Subject;
use crate::existing::Parts;
use crate::portrait::{Column, Portrait};
use crate::shape::{Kind, Tokens};

/// Values of an expression that nobody has looked at: one in so many rows is another.
const REPEATED: f64 = 10.0;

/// The size of the index that `definition` (as `pg_get_indexdef` has it) makes on a table, by its place in the portrait
/// that knows its columns; `share` is that of the rows which its predicate leaves. Nothing where the text is none of an
/// index.
pub fn of_definition(portrait: &Portrait, table: u32, definition: &str, share: f64) -> Option<Size> {
    let parts = Parts::of(definition)?;
    let relation = portrait.relations.get(table as usize)?;
    let rows = relation.rows();
    let key = |text: &String| match column(text) {
        Some(name) => Key::of_column(portrait, table, &name, rows),
        None => Key { distinct: (rows / REPEATED).max(1.0), ..Key::unknown(rows) },
    };
    let keys: Vec<Key> = parts.keys.iter().map(key).collect();
    let include: Vec<Key> = parts.include.iter().map(key).collect();
    Some(estimate(&Subject {
        method: &parts.method,
        keys: &keys,
        include: &include,
        class: class(parts.keys.first().map_or("", String::as_str)),
        rows: rows * share,
        table_rows: rows,
        table_pages: relation.bytes as f64 / 8192.0,
        pages_per_range: option(&parts.rest, "pages_per_range").unwrap_or(0),
    }))
}

/// Whether texts are among the keys of an index: columns that have a collation.
pub fn keys_have_texts(portrait: &Portrait, table: u32, definition: &str) -> bool {
    let Some(parts) = Parts::of(definition) else { return false };
    let names: Vec<String> = parts.keys.iter().filter_map(|key| column(key)).collect();
    portrait.statistics.iter().any(|of| {
        of.relation == table
            && matches!(&of.column, Column::Name(name) if names.contains(name))
            && of.figures.slots.iter().any(|slot| !slot.collation.is_empty())
    })
}

/// The column that a key is; none where it is an expression.
fn column(key: &str) -> Option<String> {
    let token = Tokens::of(key).next()?;
    let word = &key[token.range];
    match token.kind {
        Kind::QuotedName => Some(word.trim_matches('"').replace("\"\"", "\"")),
        // A function is called without brackets around it.
        Kind::Word if !key[word.len()..].trim_start().starts_with('(') => Some(word.to_owned()),
        _ => None,
    }
}

/// The class that is written behind a key.
fn class(key: &str) -> &str {
    key.split_whitespace().skip(1).find(|word| word.contains("_ops")).unwrap_or_default()
}

/// A parameter of `WITH (pages_per_range='32')`.
fn option(rest: &str, name: &str) -> Option<u32> {
    let (_, value) = rest.split_once(&format!("{name}="))?;
    let digits: String = value.trim_start_matches('\'').chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_columns_or_expressions() {
        assert_eq!(column("a DESC").as_deref(), Some("a"));
        assert_eq!(column("\"A \"\"b\" text_pattern_ops").as_deref(), Some("A \"b"));
        assert_eq!((column("lower(a)"), column("(a + 1)")), (None, None));
        assert_eq!(class("a COLLATE \"C\" text_pattern_ops DESC"), "text_pattern_ops");
        assert_eq!(class("a DESC"), "");
        assert_eq!(option("WITH (pages_per_range='32')", "pages_per_range"), Some(32));
        assert_eq!(option("WHERE a", "pages_per_range"), None);
    }
}
