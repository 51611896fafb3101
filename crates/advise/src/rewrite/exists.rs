//! Subqueries that are asked for more than whether they have a row.

use super::found::{Change, Rewrite, all};
use super::source::Source;
use crate::catalogue::Table;

const MORE: [&str; 9] =
    ["group", "having", "union", "except", "intersect", "limit", "offset", "fetch", "window"];

/// `(SELECT count(*) FROM …) > 0`: `EXISTS (SELECT FROM …)`.
pub(super) fn count(source: &Source<'_>) -> Option<Rewrite> {
    all(source, Change::Count, |source| {
        (0..source.len()).find_map(|at| Some((counted(source, at)?, Vec::new())))
    })
}

fn counted(source: &Source<'_>, at: usize) -> Option<String> {
    let is_count = source.is_sign(at, '(')
        && source.is(at + 1, "select")
        && source.is(at + 2, "count")
        && source.is_sign(at + 3, '(')
        && matches!(source.word(at + 4), "*" | "1")
        && source.is_sign(at + 5, ')')
        && source.is(at + 6, "from");
    if !is_count {
        return None;
    }
    let close = source.close(at)?;
    if source.has_outside(at + 6, close, &MORE) {
        return None;
    }
    let not = match (source.word(close + 1), source.word(close + 2)) {
        (">" | "<>" | "!=", "0") | (">=", "1") => "",
        ("=", "0") | ("<", "1") => "NOT ",
        _ => return None,
    };
    // `0 + x` and `0::bigint` are none of ours.
    if source.expression(close + 2) != close + 3 {
        return None;
    }
    let by = format!("{not}EXISTS (SELECT {})", source.between(at + 6, close));
    Some(source.replaced(at, close + 3, &by))
}

/// `x NOT IN (SELECT y FROM …)`: `NOT EXISTS (…)`.
pub(super) fn not_in(source: &Source<'_>, tables: &[&Table]) -> Option<Rewrite> {
    all(source, Change::NotIn, |source| (0..source.len()).find_map(|at| absent(source, at, tables)))
}

fn absent(source: &Source<'_>, at: usize, tables: &[&Table]) -> Option<(String, Vec<String>)> {
    let is_begin = at == 0
        || source.is_sign(at - 1, '(')
        || source.is_any(at - 1, &["where", "and", "or", "on", "having", "when"]);
    let (end, name) = source.column(at).filter(|_| is_begin)?;
    let open = end + 2;
    if !source.is(end, "not")
        || !source.is(end + 1, "in")
        || !source.is_sign(open, '(')
        || !source.is(open + 1, "select")
    {
        return None;
    }
    let close = source.close(open)?;
    let (column, query) = (source.between(at, end), source.between(open + 1, close));
    let by = format!(
        "NOT EXISTS (SELECT FROM ({query}) AS loadline_rows (loadline_value) WHERE loadline_rows.loadline_value = {column})"
    );
    let mut cautions = Vec::new();
    let inner = source.column(open + 2).filter(|(end, _)| source.is(*end, "from")).map(|(_, name)| name);
    let is_never_null = |name: &str| {
        let mut known = tables.iter().filter_map(|table| table.column(name)).peekable();
        known.peek().is_some() && known.all(|column| column.not_null)
    };
    if !(is_never_null(&name) && inner.is_some_and(|inner| is_never_null(&inner))) {
        cautions.push(
            "a null differs: `NOT IN` finds nothing at all once the list has one, and never a row whose own value is null; this finds them"
                .to_owned(),
        );
    }
    Some((source.replaced(at, close + 1, &by), cautions))
}
