//! The table: figures to the right, a statement in what is left of the line. Columns give way one after the other when
//! it gets narrow; figures are never cut.

use loadline_pg::shape::abridge;
use loadline_pg::slow::Statement;
use loadline_units as units;

use super::report::SlowReport;
use crate::figure_text::rounded;
use crate::text::{Line, Role, wrap};

const GAP: usize = 2;
/// Columns that a statement has at the least, before figures give way.
const STATEMENT: usize = 32;

/// A column: its title, how early it gives way (0 never does), and a statement's figure in it.
struct Column {
    title: &'static str,
    gives_way: u8,
    figure: fn(&SlowReport, &Statement) -> Option<String>,
}

const fn column(
    title: &'static str,
    gives_way: u8,
    figure: fn(&SlowReport, &Statement) -> Option<String>,
) -> Column {
    Column { title, gives_way, figure }
}

const COLUMNS: [Column; 11] = [
    column("share", 0, |report, statement| report.share(statement).map(units::percent)),
    column("time", 5, |_, statement| (statement.timed > 0).then(|| units::time(statement.time_ms))),
    column("calls", 0, |_, statement| Some(units::count(statement.calls))),
    column("mean", 0, |_, statement| statement.mean_ms().map(units::time)),
    column("±", 2, |_, statement| match statement.percentiles {
        Some(_) => None,
        None => statement.deviation_ms.map(units::time),
    }),
    column("p95", 1, |_, statement| statement.percentiles.map(|percentiles| units::time(percentiles.p95))),
    column("p99", 4, |_, statement| statement.percentiles.map(|percentiles| units::time(percentiles.p99))),
    column("rows", 3, |_, statement| statement.rows_per_call.map(|rows| units::plain(rounded(rows)))),
    column("cache", 6, |_, statement| statement.hit_ratio.map(units::percent)),
    column("temp", 7, |_, statement| statement.temp_bytes.filter(|bytes| *bytes > 0.0).map(units::bytes)),
    column("in", 8, |report, statement| {
        let mut all = report.listing.statements.iter();
        let many = all.any(|other| (&other.user, &other.database) != (&statement.user, &statement.database));
        let place = || format!("{}@{}", statement.user.as_deref()?, statement.database.as_deref()?).into();
        many.then(place).flatten()
    }),
];

/// These statements as a table of `width` columns.
pub(super) fn grid(report: &SlowReport, statements: &[&Statement], width: usize) -> Vec<Line> {
    // What no statement has is no column.
    let mut columns: Vec<(&Column, Vec<String>, usize)> = Vec::new();
    for column in &COLUMNS {
        let figures: Vec<Option<String>> =
            statements.iter().map(|statement| (column.figure)(report, statement)).collect();
        if figures.iter().any(Option::is_some) {
            let figures: Vec<String> =
                figures.into_iter().map(|figure| figure.unwrap_or_else(|| "–".to_owned())).collect();
            let widest = figures.iter().map(|figure| Line::new().with(Role::Text, figure).width());
            let widest = widest.chain([column.title.chars().count()]).max().unwrap_or_default();
            columns.push((column, figures, widest));
        }
    }
    let taken = |columns: &[(&Column, Vec<String>, usize)]| -> usize {
        2 + columns.iter().map(|(_, _, widest)| widest + GAP).sum::<usize>()
    };
    while taken(&columns) + STATEMENT > width {
        let next = columns.iter().map(|(column, ..)| column.gives_way).max().unwrap_or_default();
        if next == 0 {
            break;
        }
        columns.retain(|(column, ..)| column.gives_way < next);
    }
    let left = width.saturating_sub(taken(&columns)).max(1);

    let mut lines = Vec::new();
    let mut titles = Line::indented(2);
    for (column, _, widest) in &columns {
        let gap = widest - column.title.chars().count();
        titles.push(Role::Dim, &format!("{}{}{}", " ".repeat(gap), column.title, " ".repeat(GAP)));
    }
    titles.push(Role::Dim, "statement");
    lines.push(titles.truncated(width));
    lines.push(Line::indented(2).with(Role::Dim, &"─".repeat(width.saturating_sub(2))));
    for (row, statement) in statements.iter().enumerate() {
        let mut line = Line::indented(2);
        for (at, (_, figures, widest)) in columns.iter().enumerate() {
            let figure = &figures[row];
            let gap = widest.saturating_sub(Line::new().with(Role::Text, figure).width());
            line.push(Role::Text, &" ".repeat(gap));
            line.push(if at == 0 { Role::Value } else { Role::Text }, figure);
            line.push(Role::Text, &" ".repeat(GAP));
        }
        if report.full {
            lines.push(line.truncated(width));
            let text = shown(statement, usize::MAX);
            lines.extend(
                wrap(&text, width.saturating_sub(6))
                    .iter()
                    .map(|text| Line::indented(6).with(Role::Text, text)),
            );
        } else {
            lines.push(line.with(Role::Text, &shown(statement, left)).truncated(width));
        }
    }
    lines
}

/// A statement's text in so many columns; `…` at the end of one whose end is missing.
pub(super) fn shown(statement: &Statement, columns: usize) -> String {
    let text = if statement.text.is_empty() { "(no text)" } else { &statement.text };
    let cut = if statement.is_cut && !text.ends_with('…') { "…" } else { "" };
    format!("{}{cut}", abridge(text, columns))
}
