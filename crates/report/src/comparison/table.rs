//! The comparison as a table for a terminal.

use loadline_units::Scale;
use loadline_verdict::{Comparison, Outcome};

use super::picture::picture;
use super::report::{ComparisonReport, change, interval};
use crate::figure_text::figure_text;
use crate::text::{Line, Role, wrap};
use crate::verdict_text::{mark, outcome_words};

const GAP: usize = 2;
/// Names are not cut to less.
const SHORTEST_NAME: usize = 12;
/// Columns that are not there when it gets narrow.
const INTERVAL: usize = 4;
const PICTURE: usize = 5;
/// The change of an error share that does not matter, as the picture scales it.
const SHARE_DELTA: f64 = 0.005;

/// The table for a terminal of `width` columns: one row a figure, then the verdict.
pub fn comparison_table(report: &ComparisonReport<'_>, width: usize) -> Vec<Line> {
    let mut lines = vec![
        label("base", report.base),
        label("head", report.head),
        label(
            "rounds",
            &format!("{}, what does not matter: {}", report.rounds, Scale::Share.exact(report.delta)),
        ),
        Line::new(),
    ];
    lines.extend(rows(report.comparisons, report.delta, width));
    if let Some(first) = report.deciles.first() {
        lines.push(Line::new());
        let title = format!("how the distribution has shifted, {}", first.subject);
        lines.push(Line::indented(2).with(Role::Heading, &title));
        lines.extend(rows(report.deciles, report.delta, width));
    }
    let sources = report.sources();
    if !sources.is_empty() {
        lines.push(Line::new());
        lines.push(Line::indented(2).with(Role::Heading, "where the difference comes from"));
    }
    for (name, words) in &sources {
        for (place, text) in wrap(&format!("{name}: {words}"), width.saturating_sub(4)).iter().enumerate() {
            lines.push(Line::indented(if place == 0 { 2 } else { 4 }).with(Role::Text, text));
        }
    }
    lines.push(Line::new());
    let (sign, role) = mark(report.outcome());
    for text in wrap(&format!("{sign} {}", report.sentence()), width.saturating_sub(2)) {
        lines.push(Line::indented(2).with(role, &text));
    }
    if let Some(why) = report.why() {
        for text in wrap(&why, width.saturating_sub(4)) {
            lines.push(Line::indented(4).with(Role::Text, &text));
        }
    }
    if let Some(why) = report.advisory {
        for text in wrap(&format!("advice only: {why}"), width.saturating_sub(4)) {
            lines.push(Line::indented(4).with(Role::Dim, &text));
        }
    }
    lines
}

fn label(name: &str, text: &str) -> Line {
    Line::indented(2).with(Role::Dim, &format!("{name:8}")).with(Role::Text, text)
}

fn rows(comparisons: &[Comparison], delta: f64, width: usize) -> Vec<Line> {
    let cells: Vec<[(Role, String); 7]> =
        comparisons.iter().map(|comparison| cells(comparison, delta)).collect();
    let titles = ["", "base", "head", "change", "interval", "", "outcome"];
    let mut columns: [usize; 7] = titles.map(|title| title.chars().count());
    for row in &cells {
        for (column, (_, text)) in columns.iter_mut().zip(row) {
            *column = (*column).max(Line::new().with(Role::Text, text).width());
        }
    }
    let total = |columns: &[usize; 7]| {
        let gaps = columns.iter().skip(1).filter(|column| **column > 0).count() * GAP;
        2 + columns.iter().sum::<usize>() + gaps
    };
    // The picture goes first when it gets narrow, then the intervals get lines of their own, and names are cut at last.
    if total(&columns) > width {
        columns[PICTURE] = 0;
    }
    let shortest = columns[0].min(SHORTEST_NAME);
    let is_folded = total(&columns) - columns[0] + shortest > width;
    if is_folded {
        columns[INTERVAL] = 0;
    }
    let over = total(&columns).saturating_sub(width);
    columns[0] = columns[0].saturating_sub(over).max(shortest);
    let mut lines = vec![row(&titles.map(|title| (Role::Dim, title.to_owned())), &columns)];
    for cells in &cells {
        lines.push(row(cells, &columns));
        if is_folded {
            let (role, interval) = &cells[INTERVAL];
            lines.push(Line::indented(4).with(*role, &format!("interval {interval}")));
        }
    }
    lines
}

fn cells(comparison: &Comparison, delta: f64) -> [(Role, String); 7] {
    let (sign, role) = mark(comparison.outcome);
    let figure = |value| figure_text(value, &comparison.scale);
    let change_role = if comparison.outcome == Outcome::Fail { Role::Bad } else { Role::Value };
    [
        (Role::Text, format!("{} {}", comparison.subject, comparison.quantity)),
        (Role::Text, figure(comparison.base)),
        (Role::Text, figure(comparison.head)),
        (change_role, change(&comparison.scale, comparison.change)),
        (Role::Dim, interval(comparison)),
        (role, picture(comparison, delta, SHARE_DELTA)),
        (role, format!("{sign} {}", outcome_words(comparison.outcome))),
    ]
}

fn row(cells: &[(Role, String); 7], columns: &[usize; 7]) -> Line {
    let mut line = Line::indented(2);
    for (index, ((role, text), &column)) in cells.iter().zip(columns).enumerate() {
        if column == 0 {
            continue;
        }
        if index > 0 {
            line.push(Role::Text, &" ".repeat(GAP));
        }
        let whole = Line::new().with(*role, text);
        // Of a name, the end tells more: the figure, and what the endpoint is besides its prefix.
        let cell = if index == 0 && whole.width() > column {
            let kept: Vec<char> = text.chars().rev().take(column.saturating_sub(1)).collect();
            Line::new().with(*role, &format!("…{}", kept.into_iter().rev().collect::<String>()))
        } else {
            whole.truncated(column)
        };
        let space = " ".repeat(column.saturating_sub(cell.width()));
        let to_the_right = (1..=4).contains(&index);
        if to_the_right {
            line.push(Role::Text, &space);
        }
        line.append(&cell);
        if !to_the_right && index < 6 {
            line.push(Role::Text, &space);
        }
    }
    line
}
