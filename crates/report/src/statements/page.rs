//! The whole page.

use loadline_pg::slow::{RowByRow, STORY_MEAN_MS};
use loadline_units as units;

use super::grid::{grid, shown};
use super::report::SlowReport;
use super::words::{heading, number};
use crate::text::{Line, Role, wrap};

/// Statements that run row by row, told one by one.
const PAIRS: usize = 10;

/// The page for a terminal of `width` columns.
pub fn slow_text(report: &SlowReport, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    say(&mut lines, 2, Role::Text, &heading(report), width);
    lines.push(Line::new());
    let expensive = report.expensive();
    if !expensive.is_empty() {
        let title = if report.listing.is_untimed() { "by executions" } else { "by share of the time" };
        lines.push(Line::indented(2).with(Role::Heading, title));
        lines.extend(grid(report, &expensive, width));
        lines.extend(rest(report, expensive.len()));
        lines.push(Line::new());
    }
    let slow = report.slow();
    if !slow.is_empty() {
        let title = format!("slower than {} on average", units::time(STORY_MEAN_MS));
        lines.push(Line::indented(2).with(Role::Heading, &title));
        lines.extend(grid(report, &slow, width));
        lines.push(Line::new());
    }
    lines.extend(row_by_row(report, width));
    for note in &report.notes {
        say(&mut lines, 2, Role::Warning, &format!("! {note}"), width);
    }
    if !report.notes.is_empty() {
        lines.push(Line::new());
    }
    lines
}

/// What is not in the table.
fn rest(report: &SlowReport, shown: usize) -> Option<Line> {
    let listing = &report.listing;
    let hidden = listing.statements.len().saturating_sub(shown);
    let mut parts = Vec::new();
    if hidden > 0 {
        parts.push(format!("… {} more", units::count(hidden as u64)));
    }
    if listing.others.calls > 0 {
        let calls = number(listing.others.calls, "execution");
        parts.push(format!("{calls} of statements that are too many to be told apart"));
    }
    (!parts.is_empty()).then(|| Line::indented(2).with(Role::Dim, &parts.join(", and ")))
}

/// Statements that seem to run once for each row of another.
fn row_by_row(report: &SlowReport, width: usize) -> Vec<Line> {
    let pairs = &report.listing.row_by_row;
    if pairs.is_empty() {
        return Vec::new();
    }
    let title = "once for each row of another (N+1), inferred";
    let mut lines = vec![Line::indented(2).with(Role::Heading, title)];
    for pair in pairs.iter().take(PAIRS) {
        lines.extend(pair_lines(report, pair, width));
    }
    if let Some(more) = pairs.len().checked_sub(PAIRS).filter(|more| *more > 0) {
        lines.push(Line::indented(2).with(Role::Dim, &format!("… {more} more")));
    }
    lines.push(Line::new());
    lines
}

fn pair_lines(report: &SlowReport, pair: &RowByRow, width: usize) -> Vec<Line> {
    let statements = &report.listing.statements;
    let (Some(parent), Some(child)) = (statements.get(pair.parent), statements.get(pair.child)) else {
        return Vec::new();
    };
    let each = match pair.range {
        Some((fewest, most)) if fewest != most => {
            format!("{} times ({fewest} to {most})", units::decimals(pair.per_parent(), 1))
        }
        _ => format!("{} times", units::plain((pair.per_parent() * 10.0).round() / 10.0)),
    };
    let executions = number(pair.times, "execution");
    let words = format!("{each} after each of {executions} of the first; {}", pair.evidence);
    let mut lines = vec![
        Line::indented(2).with(Role::Text, &shown(parent, width.saturating_sub(2))).truncated(width),
        Line::indented(4)
            .with(Role::Dim, "↳ ")
            .with(Role::Text, &shown(child, width.saturating_sub(6)))
            .truncated(width),
    ];
    say(&mut lines, 6, Role::Dim, &words, width);
    lines
}

/// A text in as many lines as it takes.
fn say(lines: &mut Vec<Line>, indent: usize, role: Role, text: &str, width: usize) {
    let wrapped = wrap(text, width.saturating_sub(indent).max(20));
    lines.extend(wrapped.iter().map(|text| Line::indented(indent).with(role, text)));
}
