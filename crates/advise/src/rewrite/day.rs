//! `date(t) = …`, `t::date = …`, `CAST(t AS date) = …`, `extract(year from t) = …`: a range of moments.
//!
//! The day of a moment with a time zone goes by the session's, and so does the moment at which a day begins: the range
//! is the same set of moments, on days of 23 hours too.

use loadline_pg::shape::Kind;

use super::found::{Change, Rewrite, all};
use super::source::{Source, is_comparison};
use crate::catalogue::Table;

pub(super) fn rewrite(source: &Source<'_>, tables: &[&Table]) -> Option<Rewrite> {
    all(source, Change::Day, |source| {
        (0..source.len()).find_map(|at| {
            let text = one(source, at, tables).or_else(|| year(source, at, tables))?;
            Some((text, Vec::new()))
        })
    })
}

/// A column that is a moment: its end.
fn moment(source: &Source<'_>, from: usize, tables: &[&Table]) -> Option<usize> {
    let (end, name) = source.column(from)?;
    let mut known = tables.iter().filter_map(|table| table.column(&name)).peekable();
    known.peek()?;
    known.all(|column| column.of.starts_with("timestamp")).then_some(end)
}

/// The day of a column: the column, and where it ends.
fn day<'t>(source: &Source<'t>, at: usize, tables: &[&Table]) -> Option<(&'t str, usize)> {
    if source.is(at, "date") && source.is_sign(at + 1, '(') {
        let end = moment(source, at + 2, tables)?;
        return source.is_sign(end, ')').then(|| (source.between(at + 2, end), end + 1));
    }
    if source.is(at, "cast") && source.is_sign(at + 1, '(') {
        let end = moment(source, at + 2, tables)?;
        let is_date = source.is(end, "as") && source.is(end + 1, "date") && source.is_sign(end + 2, ')');
        return is_date.then(|| (source.between(at + 2, end), end + 3));
    }
    // Not the end of a longer name.
    if at > 0 && (source.is_sign(at - 1, '.') || source.word(at - 1) == "::") {
        return None;
    }
    let end = moment(source, at, tables)?;
    (source.word(end) == "::" && source.is(end + 1, "date")).then(|| (source.between(at, end), end + 2))
}

fn one(source: &Source<'_>, at: usize, tables: &[&Table]) -> Option<String> {
    let (column, end) = day(source, at, tables)?;
    if source.is(end, "between") {
        let (first, middle) = value(source, end + 1)?;
        if !source.is(middle, "and") {
            return None;
        }
        let (last, after) = value(source, middle + 1)?;
        let by = format!("({column} >= {first} AND {column} < {last} + 1)");
        return Some(source.replaced(at, after, &by));
    }
    let operator = source.word(end);
    if !is_comparison(operator) {
        return None;
    }
    let (value, after) = value(source, end + 1)?;
    let by = match operator {
        "=" => format!("({column} >= {value} AND {column} < {value} + 1)"),
        ">=" => format!("{column} >= {value}"),
        ">" => format!("{column} >= {value} + 1"),
        "<" => format!("{column} < {value}"),
        "<=" => format!("{column} < {value} + 1"),
        _ => return None,
    };
    Some(source.replaced(at, after, &by))
}

/// A day that is written out, a parameter, or today; and where it ends. What else a day is compared with could be a
/// moment itself.
fn value(source: &Source<'_>, from: usize) -> Option<(String, usize)> {
    let (from, is_date) = if source.is(from, "date") { (from + 1, true) } else { (from, false) };
    let end = source.expression(from);
    if source.is(from, "current_date") && end == from + 1 && !is_date {
        return Some(("current_date".to_owned(), end));
    }
    if !matches!(source.kind(from), Some(Kind::Text | Kind::Parameter)) {
        return None;
    }
    let is_cast = source.word(from + 1) == "::" && source.is(from + 2, "date") && end == from + 3;
    (end == from + 1 || is_cast).then(|| (format!("{}::date", source.word(from)), end))
}

/// `extract(year from t) = 2025`.
fn year(source: &Source<'_>, at: usize, tables: &[&Table]) -> Option<String> {
    if !source.is(at, "extract")
        || !source.is_sign(at + 1, '(')
        || !source.is(at + 2, "year")
        || !source.is(at + 3, "from")
    {
        return None;
    }
    let end = moment(source, at + 4, tables)?;
    let number: i32 = source.word(end + 2).parse().ok().filter(|year| (1..9999).contains(year))?;
    let after = end + 3;
    if !source.is_sign(end, ')') || source.word(end + 1) != "=" || source.expression(end + 2) != after {
        return None;
    }
    let column = source.between(at + 4, end);
    let by =
        format!("({column} >= make_date({number}, 1, 1) AND {column} < make_date({}, 1, 1))", number + 1);
    Some(source.replaced(at, after, &by))
}
