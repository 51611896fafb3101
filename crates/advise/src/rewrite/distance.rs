//! `ST_Distance(a, b) < r`: who is within `r`.

use super::found::{Change, Rewrite, all};
use super::source::Source;

pub(super) fn rewrite(source: &Source<'_>) -> Option<Rewrite> {
    all(source, Change::Distance, |source| (0..source.len()).find_map(|at| one(source, at)))
}

fn one(source: &Source<'_>, at: usize) -> Option<(String, Vec<String>)> {
    if !source.is(at, "st_distance") || !source.is_sign(at + 1, '(') {
        return None;
    }
    // The schema goes with the function.
    let from = if at >= 2 && source.is_sign(at - 1, '.') { at - 2 } else { at };
    // A comparison that was left beside what has been found already.
    if from >= 2 && source.is(from - 1, "and") && source.is_sign(from - 2, ')') && is_done(source, from) {
        return None;
    }
    let close = source.close(at + 1)?;
    let operator = source.word(close + 1);
    if !matches!(operator, "<" | "<=") {
        return None;
    }
    let end = source.expression(close + 2);
    let radius = source.between(close + 2, end);
    let arguments = source.listed(at + 2, close);
    if radius.is_empty() || !(2..=3).contains(&arguments.len()) {
        return None;
    }
    let schema = source.between(from, at);
    let part = |at: usize| arguments.get(at).map_or("", |(from, to)| source.between(*from, *to));
    let spheroid = if arguments.len() == 3 { format!(", {}", part(2)) } else { String::new() };
    let within = format!("{schema}ST_DWithin({}, {}, {radius}{spheroid})", part(0), part(1));
    let by = if operator == "<=" {
        within
    } else {
        // What is exactly as far away is within, but not nearer.
        format!("({within} AND {})", source.between(from, end))
    };
    let caution =
        "a distance below zero is an error to `ST_DWithin`, where nothing was found before".to_owned();
    Some((source.replaced(from, end, &by), vec![caution]))
}

/// Whether `ST_DWithin` of the same stands right before.
fn is_done(source: &Source<'_>, at: usize) -> bool {
    let before = source.tokens[..at - 1]
        .iter()
        .rposition(|token| source.text[token.range.clone()].eq_ignore_ascii_case("st_dwithin"));
    before.is_some_and(|within| source.is_sign(within + 1, '(') && source.close(within + 1) == Some(at - 2))
}
