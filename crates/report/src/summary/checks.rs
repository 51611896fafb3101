//! Checks: the totals, then a line for each, under its group.

use loadline_measure::{Run, Sink};
use loadline_units as units;

use super::blocks::left_out;
use super::grid::{Figures, Layout, Row};
use crate::data::{Check, Group, Measured, per_second};
use crate::text::{Line, Role};

const INDENT: usize = 4;

/// `checks_total`, `checks_succeeded`, `checks_failed`, and what thresholds on tags of checks look at.
pub(super) fn totals(run: &Run, checks: &Measured<'_>, width: usize) -> Vec<Line> {
    let mut rows = Vec::new();
    let mut row = |name: &str, figures| {
        rows.push(Row { indent: INDENT, mark: None, name: name.to_owned(), figures });
    };
    match &checks.sink {
        Some(Sink::Rate(rate)) => {
            row(
                "checks_total",
                Figures::Single {
                    main: units::count(rate.total),
                    rest: vec![units::per_second(per_second(rate.total as f64, run.duration))],
                },
            );
            row("checks_succeeded", share(rate.passes, rate.total));
            row("checks_failed", share(rate.fails(), rate.total));
        }
        _ => row("checks_total", Figures::Missing),
    }
    for submetric in &checks.submetrics {
        let figures = match &submetric.sink {
            Some(Sink::Rate(rate)) => share(rate.passes, rate.total),
            _ => Figures::Missing,
        };
        let name = format!("{{ {} }}", submetric.suffix);
        rows.push(Row { indent: INDENT + 2, mark: None, name, figures });
    }
    rows.extend(left_out(checks, INDENT + 2));
    let layout = Layout::of(rows.iter(), width);
    rows.iter().flat_map(|row| layout.lines(row)).collect()
}

fn share(part: u64, total: u64) -> Figures {
    let share = if total == 0 { 0.0 } else { part as f64 / total as f64 };
    Figures::Single {
        main: units::percent(share),
        rest: vec![format!("{} out of {}", units::count(part), units::count(total))],
    }
}

/// A line for each check of a group and of the groups in it; two for a check that failed at times.
pub(super) fn tree(group: &Group, indent: usize) -> Vec<Line> {
    let mut lines: Vec<Line> = group.checks.iter().flat_map(|check| check_lines(check, indent)).collect();
    for inner in &group.groups {
        let below = tree(inner, indent + 2);
        if below.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        lines.push(Line::indented(indent).with(Role::Dim, "█ ").with(Role::Text, &inner.name));
        lines.extend(below);
    }
    lines
}

/// The lines of one group's own checks.
pub(super) fn own(group: &Group, indent: usize) -> Vec<Line> {
    group.checks.iter().flat_map(|check| check_lines(check, indent)).collect()
}

fn check_lines(check: &Check, indent: usize) -> Vec<Line> {
    let total = check.passes + check.fails;
    if check.fails == 0 {
        return vec![
            Line::indented(indent).with(Role::Good, "✓").with(Role::Text, &format!(" {}", check.name)),
        ];
    }
    let share = check.passes as f64 / total as f64;
    vec![
        Line::indented(indent).with(Role::Bad, "✗").with(Role::Text, &format!(" {}", check.name)),
        Line::indented(indent + 2).with(Role::Dim, "↳ ").with(Role::Bad, &units::percent(share)).with(
            Role::Dim,
            &format!(" — ✓ {} / ✗ {}", units::count(check.passes), units::count(check.fails)),
        ),
    ]
}
