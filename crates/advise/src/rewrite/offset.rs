//! `OFFSET 10000`: reading on from the last row.

use super::found::{Change, Rewrite};
use super::source::Source;
use crate::catalogue::Table;
use loadline_pg::shape::Kind;

/// Rows that may be skipped without anybody noticing.
const FEW: f64 = 1_000.0;
/// What makes more of a statement than rows in order.
const MORE: [&str; 9] =
    ["distinct", "group", "having", "union", "except", "intersect", "window", "for", "with"];

pub(super) fn rewrite(source: &Source<'_>, tables: &[&Table]) -> Option<Rewrite> {
    let length = source.len() - usize::from(source.is_sign(source.len().saturating_sub(1), ';'));
    if !source.is(0, "select") || source.has_outside(0, length, &MORE) {
        return None;
    }
    let outside = source.outside(0, length);
    let place = |word: &str| outside.iter().copied().find(|at| source.is(*at, word));
    let (offset, order) = (place("offset")?, place("order")?);
    let skipped: f64 = source.word(offset + 1).parse().ok()?;
    if skipped < FEW || !source.is(order + 1, "by") {
        return None;
    }
    let order_end = [place("limit"), Some(offset), place("fetch")]
        .into_iter()
        .flatten()
        .filter(|at| *at > order)
        .min()?;
    let mut keys = Vec::new();
    let mut descending = None;
    for (from, to) in source.listed(order + 2, order_end) {
        let (end, _) = source.column(from)?;
        let is_down = source.is(end, "desc");
        let rest = end + usize::from(is_down || source.is(end, "asc"));
        // Keys that go different ways, or nulls somewhere else, are no one comparison.
        if rest != to || descending.is_some_and(|known| known != is_down) {
            return None;
        }
        descending = Some(is_down);
        keys.push(source.between(from, end));
    }
    let number = source.parameters();
    let values: Vec<String> = (1..=keys.len() as u32).map(|at| format!("${}", number + at)).collect();
    let sign = if descending? { "<" } else { ">" };
    let after = format!("({}) {sign} ({})", keys.join(", "), values.join(", "));
    let skips_rows = source.is_any(offset + 2, &["row", "rows"]);
    let offset_end = offset + 2 + usize::from(skips_rows);
    let head = match place("where") {
        Some(at) => format!("{} ({}) AND {after}", source.between(0, at + 1), source.between(at + 1, order)),
        None => format!("{} WHERE {after}", source.between(0, order)),
    };
    let middle = source.between(order, offset);
    let tail = source.between(offset_end, length);
    let text = format!("{head} {middle} {tail}");
    let mut cautions = vec![
        format!(
            "{} the last row of the page before: it gives the next page, and not any page by its number",
            if keys.len() == 1 { "the new parameter is of".to_owned() } else { format!("the {} new parameters are of", keys.len()) }
        ),
        "the order has to be unique, by the primary key at its end, or rows with equal keys are lost between pages".to_owned(),
    ];
    if keys.iter().any(|key| may_be_null(key, tables)) {
        cautions.push("rows whose keys are null are on no page".to_owned());
    }
    Some(Rewrite { change: Change::Offset, text: text.trim_end().to_owned(), cautions })
}

fn may_be_null(key: &str, tables: &[&Table]) -> bool {
    let source = Source::of(key);
    let last = source.len().saturating_sub(1);
    debug_assert!(matches!(source.kind(last), Some(Kind::Word | Kind::QuotedName) | None));
    let name = super::source::name(source.word(last));
    !tables.iter().any(|table| table.column(&name).is_some_and(|column| column.not_null))
}
