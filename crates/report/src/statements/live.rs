//! The page while one looks on: as much of it as the screen has room for.

use loadline_pg::slow::Statement;
use loadline_units as units;

use super::grid::grid;
use super::report::SlowReport;
use super::words::{number, slow_amount};
use crate::text::{Line, Role};

/// Lines of the view that are no statement.
const AROUND: usize = 6;

/// What is seen now, in so many columns and rows; `now` are executions per second and seconds of the database's time
/// per second, since the last look.
pub fn slow_live(report: &SlowReport, now: Option<(f64, f64)>, columns: usize, rows: usize) -> Vec<Line> {
    let seconds = report.listing.seconds.unwrap_or_default();
    let mut heading = Line::indented(2)
        .with(Role::Value, &units::clock(std::time::Duration::from_secs_f64(seconds.max(0.0))))
        .with(Role::Text, &format!("  {}", slow_amount(report)));
    if let Some((calls, time)) = now {
        let words = format!("  now {}, {} busy", units::per_second(calls.round()), units::decimals(time, 2));
        heading.push(Role::Dim, &words);
    }
    let mut lines = vec![Line::new(), heading.truncated(columns), Line::new()];
    let statements: Vec<&Statement> = report
        .expensive()
        .into_iter()
        .take(rows.saturating_sub(AROUND + report.notes.len()).max(1))
        .collect();
    if statements.is_empty() {
        lines.push(Line::indented(2).with(Role::Dim, "no statement has ended yet").truncated(columns));
    } else {
        lines.extend(grid(report, &statements, columns));
    }
    let pairs = report.listing.row_by_row.len() as u64;
    if pairs > 0 {
        let words = format!("{} to run once for each row of another", seems(pairs));
        lines.push(Line::indented(2).with(Role::Warning, &words).truncated(columns));
    }
    for note in &report.notes {
        lines.push(Line::indented(2).with(Role::Warning, &format!("! {note}")).truncated(columns));
    }
    lines
}

fn seems(pairs: u64) -> String {
    format!("{} seem{}", number(pairs, "statement"), if pairs == 1 { "s" } else { "" })
}
