//! A column that is cast to be compared, said or unsaid: the value is cast instead.

use loadline_pg::shape::Kind;

use super::found::{Change, Rewrite, all};
use super::source::{Source, is_comparison};
use crate::catalogue::Table;

const WHOLE: [&str; 3] = ["integer", "bigint", "smallint"];
const BROKEN: [&str; 6] = ["numeric", "decimal", "float", "float8", "real", "double"];

pub(super) fn rewrite(source: &Source<'_>, tables: &[&Table]) -> Option<Rewrite> {
    all(source, Change::Cast, |source| {
        (0..source.len()).find_map(|at| as_text(source, at, tables).or_else(|| as_number(source, at, tables)))
    })
}

/// The type of a column, if all of that name have the same; and where it ends.
fn typed(source: &Source<'_>, from: usize, tables: &[&Table]) -> Option<(usize, String)> {
    if from > 0 && (source.is_sign(from - 1, '.') || source.word(from - 1) == "::") {
        return None;
    }
    let (end, name) = source.column(from)?;
    let mut types = tables.iter().filter_map(|table| table.column(&name)).map(|column| column.of.clone());
    let first = types.next()?;
    types.all(|other| other == first).then_some((end, first))
}

/// `id::text = '7'`: `id = '7'::bigint`.
fn as_text(source: &Source<'_>, at: usize, tables: &[&Table]) -> Option<(String, Vec<String>)> {
    let (column, of, end) = if source.is(at, "cast") && source.is_sign(at + 1, '(') {
        let (end, of) = typed(source, at + 2, tables)?;
        let is_text = source.is(end, "as")
            && source.is_any(end + 1, &["text", "varchar"])
            && source.is_sign(end + 2, ')');
        (is_text.then(|| source.between(at + 2, end))?, of, end + 3)
    } else {
        let (end, of) = typed(source, at, tables)?;
        let is_text = source.word(end) == "::" && source.is_any(end + 1, &["text", "varchar"]);
        (is_text.then(|| source.between(at, end))?, of, end + 2)
    };
    let to = end + 2;
    let is_value = matches!(source.kind(end + 1), Some(Kind::Text | Kind::Parameter));
    if source.word(end) != "=" || !is_value || source.expression(end + 1) != to {
        return None;
    }
    if !WHOLE.contains(&of.as_str()) && of != "uuid" {
        return None;
    }
    let by = format!("{column} = {}::{of}", source.word(end + 1));
    let caution = format!(
        "a text that is no {of} is an error, where it found nothing before; and one that is written otherwise, such as with zeros in front, is found"
    );
    Some((source.replaced(at, to, &by), vec![caution]))
}

/// `id = 7.0`: `id = 7`, because a whole number compared with a broken one is cast.
fn as_number(source: &Source<'_>, at: usize, tables: &[&Table]) -> Option<(String, Vec<String>)> {
    let (end, of) = typed(source, at, tables)?;
    if !WHOLE.contains(&of.as_str())
        || !is_comparison(source.word(end))
        || source.kind(end + 1) != Some(Kind::Number)
    {
        return None;
    }
    let to = source.expression(end + 1);
    let number = source.word(end + 1);
    let is_cast = source.word(end + 2) == "::" && source.is_any(end + 3, &BROKEN);
    let is_broken = number.contains(['.', 'e', 'E']) && to == end + 2;
    let value: f64 = number.parse().ok()?;
    if !(is_cast || is_broken) || value.fract() != 0.0 || value.abs() > 2e9 {
        return None;
    }
    Some((source.replaced(end + 1, to, &format!("{value:.0}")), Vec::new()))
}
