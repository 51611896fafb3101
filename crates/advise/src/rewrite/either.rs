//! `a = 1 OR b = 2`: a statement for each alternative, and no row twice.
//!
//! Each part leaves out what a part before it has found (`IS NOT TRUE`, so that nulls are in the right one), so that
//! the rows are the same ones as often as before, whatever they are.

use super::found::{Change, Rewrite};
use super::source::Source;

/// Alternatives that are taken apart.
const MOST: usize = 4;
/// What makes more of a statement than rows of tables that conditions hold for.
const MORE: [&str; 15] = [
    "distinct",
    "group",
    "having",
    "union",
    "except",
    "intersect",
    "window",
    "for",
    "with",
    "order",
    "limit",
    "offset",
    "fetch",
    "into",
    "over",
];
/// Functions that make one row of many.
const TOGETHER: [&str; 20] = [
    "count",
    "sum",
    "avg",
    "min",
    "max",
    "array_agg",
    "string_agg",
    "json_agg",
    "jsonb_agg",
    "bool_and",
    "bool_or",
    "every",
    "json_object_agg",
    "jsonb_object_agg",
    "stddev",
    "variance",
    "percentile_cont",
    "percentile_disc",
    "mode",
    "st_union",
];

pub(super) fn rewrite(source: &Source<'_>) -> Option<Rewrite> {
    let length = source.len() - usize::from(source.is_sign(source.len().saturating_sub(1), ';'));
    if !source.is(0, "select") || source.has_outside(0, length, &MORE) {
        return None;
    }
    let place = |word: &str| source.outside(0, length).into_iter().find(|at| source.is(*at, word));
    let (from, at) = (place("from")?, place("where")?);
    if (0..from).any(|at| source.is_any(at, &TOGETHER) || source.is(at, "over")) {
        return None;
    }
    let head = source.between(0, at);
    let is_or = |source: &Source<'_>, at: usize| source.is(at, "or");
    let whole = source.split(at + 1, length, is_or);
    let (rest, alternatives) = if whole.len() > 1 {
        (Vec::new(), whole)
    } else {
        // `BETWEEN 1 AND 2` has an `AND` of its own.
        if source.has_outside(at + 1, length, &["between", "case"]) {
            return None;
        }
        let all = source.split(at + 1, length, |source, at| source.is(at, "and"));
        let inner = all.iter().enumerate().find_map(|(which, (from, to))| {
            let is_group = source.is_sign(*from, '(') && source.close(*from) == Some(to - 1);
            let parts = if is_group { source.split(from + 1, to - 1, is_or) } else { Vec::new() };
            (parts.len() > 1).then_some((which, parts))
        });
        let (which, parts) = inner?;
        let rest = all.iter().enumerate().filter(|(at, _)| *at != which).map(|(_, part)| *part).collect();
        (rest, parts)
    };
    if alternatives.len() > MOST || is_one_column(source, &alternatives) {
        return None;
    }
    let text = |(from, to): &(usize, usize)| source.between(*from, *to);
    let mut parts = Vec::new();
    for (at, alternative) in alternatives.iter().enumerate() {
        let mut conditions: Vec<String> = rest.iter().map(|part| format!("({})", text(part))).collect();
        conditions.push(format!("({})", text(alternative)));
        conditions.extend(alternatives[..at].iter().map(|before| format!("({}) IS NOT TRUE", text(before))));
        parts.push(format!("{head} WHERE {}", conditions.join(" AND ")));
    }
    Some(Rewrite { change: Change::Either, text: parts.join(" UNION ALL "), cautions: Vec::new() })
}

/// Whether all alternatives begin with the same column: those are one search already.
fn is_one_column(source: &Source<'_>, alternatives: &[(usize, usize)]) -> bool {
    let first = |(from, _): &(usize, usize)| {
        source.column(*from).map(|(end, _)| source.between(*from, end).to_lowercase())
    };
    let mut columns = alternatives.iter().map(first);
    let one = columns.next().flatten();
    one.is_some() && columns.all(|other| other == one)
}
