//! What the indexes changed, on one screen: before and after, the statement to build each, and how it was proven.

use loadline_advise::replay::{Fate, Piece, Replayed};
use loadline_advise::verify::Change;
use loadline_report::{Line, Requirement, Role, wrap};
use loadline_runner::Finished;
use loadline_units as units;
use loadline_verdict::Outcome;
use serde_json::{Value, json};

use super::optimize::Optimized;
use super::words::requirements;
use crate::db::verify::{course, json as proven_json, short};

const INDENT: usize = 2;
const MORE: usize = 4;
/// Columns between two.
const GAP: usize = 3;
/// The title of the last column.
const LESS: &str = "times less";
/// Requirements that are about the database's own time.
const OF_SEARCHES: &str = "search:";

/// A row: what it is of, before, after, and how many times less that is.
struct Row {
    words: String,
    before: (String, Role),
    after: (String, Role),
    ratio: Option<f64>,
}

/// The screen.
pub(super) fn optimized_lines(optimized: &Optimized, finished: &Finished, columns: usize) -> Vec<Line> {
    let confirmed = optimized.confirmed();
    let heading = if confirmed.is_empty() { "NO INDEX WAS PROVEN" } else { "DATABASE QUERIES OPTIMIZED" };
    let mut lines = vec![Line::new(), Line::indented(INDENT).with(Role::Heading, heading)];
    let forgotten = format!("forgotten on purpose: {}", optimized.forgotten.join(", "));
    push(&mut lines, INDENT, Role::Dim, &forgotten, columns);
    lines.push(Line::new());
    if let Some(before) = &optimized.before {
        let rows = rows(&before.finished, finished);
        lines.extend(table(&rows, columns));
        lines.push(Line::new());
    }
    for piece in &confirmed {
        lines.extend(index(piece, optimized, columns));
        lines.push(Line::new());
    }
    push(&mut lines, INDENT, Role::Text, &answer(optimized), columns);
    lines
}

fn push(lines: &mut Vec<Line>, indent: usize, role: Role, text: &str, columns: usize) {
    for (position, part) in wrap(text, columns.saturating_sub(MORE)).iter().enumerate() {
        let indent = if position == 0 { indent } else { MORE };
        lines.push(Line::indented(indent).with(role, part));
    }
}

fn rows(before: &Finished, after: &Finished) -> Vec<Row> {
    let (old, new) = (requirements(before), requirements(after));
    let observed = |finished: &Finished, at: usize| finished.verdicts[at].observed;
    let cell = |one: &Requirement| {
        let (sign, role) = match one.outcome {
            Outcome::Pass => ("✓", Role::Good),
            Outcome::Fail => ("✗", Role::Bad),
            _ => ("–", Role::Warning),
        };
        (format!("{} {sign}", one.observed.clone().unwrap_or_else(|| "none".to_owned())), role)
    };
    let mut rows: Vec<Row> = new
        .iter()
        .enumerate()
        .filter(|(_, one)| one.words.starts_with(OF_SEARCHES))
        .filter_map(|(at, one)| {
            let place =
                old.iter().position(|other| (&other.words, &other.limit) == (&one.words, &one.limit))?;
            Some(Row {
                words: format!("{}, {}", one.words, one.limit),
                before: cell(&old[place]),
                after: cell(one),
                ratio: observed(before, place).zip(observed(after, at)).map(|(old, new)| old / new),
            })
        })
        .collect();
    let cores = |seconds: Option<f64>, finished: &Finished| {
        Some(seconds? / finished.run.duration.as_secs_f64()).filter(|cores| cores.is_finite())
    };
    let database =
        |finished: &Finished| cores(finished.database.as_ref().map(|cost| cost.time_ms / 1000.0), finished);
    if let Some((old, new)) = database(before).zip(database(after)) {
        let text = |cores: f64| (format!("{}  ", units::decimals(cores, 3)), Role::Text);
        rows.push(Row {
            words: "cores that the database takes".to_owned(),
            before: text(old),
            after: text(new),
            ratio: Some(old / new),
        });
    }
    rows
}

/// Figures to the right, words give way.
fn table(rows: &[Row], columns: usize) -> Vec<Line> {
    let ratios: Vec<String> = rows.iter().map(|row| row.ratio.map_or_else(String::new, times)).collect();
    let figures = [
        ("without", rows.iter().map(|row| &row.before).collect::<Vec<_>>()),
        ("with", rows.iter().map(|row| &row.after).collect()),
    ];
    let width = |text: &str| Line::new().with(Role::Text, text).width();
    let widths: Vec<usize> = figures
        .iter()
        .map(|(title, cells)| cells.iter().map(|(text, _)| width(text)).fold(title.len(), usize::max))
        .collect();
    let last = ratios.iter().map(|text| width(text)).fold(LESS.len(), usize::max);
    let others = INDENT + widths.iter().map(|width| width + GAP).sum::<usize>() + GAP + last;
    let most = rows.iter().map(|row| width(&row.words)).max().unwrap_or(0);
    let words = most.min(columns.saturating_sub(others).max(16));
    let right = |line: &mut Line, role: Role, text: &str, columns: usize| {
        let from = line.width() + GAP + columns - width(text);
        line.pad_to(from);
        line.push(role, text);
    };
    let mut head = Line::indented(INDENT);
    head.pad_to(INDENT + words);
    for ((title, _), width) in figures.iter().zip(&widths) {
        right(&mut head, Role::Dim, title, *width);
    }
    right(&mut head, Role::Dim, LESS, last);
    let mut lines = vec![head];
    for (at, row) in rows.iter().enumerate() {
        let parts = wrap(&row.words, words);
        for (position, part) in parts.iter().enumerate() {
            let mut line = Line::indented(INDENT).with(Role::Text, part);
            if position == 0 {
                line.pad_to(INDENT + words);
                for ((_, cells), width) in figures.iter().zip(&widths) {
                    right(&mut line, cells[at].1, &cells[at].0, *width);
                }
                right(&mut line, Role::Text, &ratios[at], last);
            }
            lines.push(line);
        }
    }
    lines
}

fn times(ratio: f64) -> String {
    if !ratio.is_finite() || ratio <= 0.0 {
        return String::new();
    }
    units::decimals(ratio, usize::from(ratio < 10.0))
}

/// An index: what builds it, what it costs, what it is for, what takes it away again.
fn index(piece: &Piece, optimized: &Optimized, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    push(&mut lines, INDENT, Role::Heading, &piece.definition.given, columns);
    let served = match &piece.fate {
        Fate::Confirmed(served) => served.as_slice(),
        _ => &[],
    };
    let statements = optimized.verified().map_or(&[][..], |verified| &verified.statements);
    let share: f64 = served.iter().filter_map(|place| share(optimized, &statements.get(*place)?.text)).sum();
    let facts = format!(
        "{}, built in {}; for statements that took {} of the database's time",
        units::bytes(piece.bytes as f64),
        units::time_of(piece.built),
        units::percent(share)
    );
    push(&mut lines, MORE, Role::Text, &facts, columns);
    for statement in served.iter().filter_map(|place| statements.get(*place)) {
        let Replayed::Measured { change, .. } = &statement.replayed else { continue };
        push(&mut lines, MORE, Role::Dim, &short(&statement.text), columns);
        push(&mut lines, MORE, Role::Text, &measured(change), columns);
    }
    if let Some(rollback) = piece.definition.rollback() {
        push(&mut lines, MORE, Role::Dim, &format!("undo: {rollback}"), columns);
    }
    lines
}

fn measured(change: &Change) -> String {
    let one = &change.comparison;
    format!("{} → {}, {}", units::time(one.base), units::time(one.head), course(change))
}

/// The share of the database's time that a statement took.
fn share(optimized: &Optimized, text: &str) -> Option<f64> {
    let all: f64 = optimized.weights.iter().map(|(_, ms)| ms).sum();
    let own = optimized.weights.iter().find(|(other, _)| other == text)?.1;
    (all > 0.0).then_some(own / all)
}

fn answer(optimized: &Optimized) -> String {
    let Some(verified) = optimized.verified() else {
        return "no index pays for what ran".to_owned();
    };
    let count = |is: &dyn Fn(&Fate) -> bool| verified.pieces.iter().filter(|piece| is(&piece.fate)).count();
    let withdrawn = count(&|fate| matches!(fate, Fate::Withdrawn(_)))
        + optimized
            .proven
            .earlier
            .iter()
            .flat_map(|one| &one.pieces)
            .filter(|piece| matches!(piece.fate, Fate::Withdrawn(_)))
            .count();
    let mut others = Vec::new();
    for (count, words) in [
        (count(&|fate| matches!(fate, Fate::Idle)), "of no certain use"),
        (withdrawn, "withdrawn, because it made a statement slower"),
        (count(&|fate| matches!(fate, Fate::NotBuilt(_))), "not built"),
    ] {
        if count > 0 {
            others.push(format!("{count} {words}"));
        }
    }
    let not = verified.statements.iter().filter(|one| matches!(one.replayed, Replayed::Not(_))).count();
    if not > 0 {
        others.push(format!("{not} statements could not be measured, `--json` says why"));
    }
    let others = if others.is_empty() { String::new() } else { format!("; {}", others.join(", ")) };
    format!(
        "found from the {} statements of the run, proven by building {}: each measured in {} rounds with and without, \
         with values that the run had{others}",
        optimized.ran,
        if verified.pieces.len() == 1 { "it" } else { "them" },
        verified.rounds,
    )
}

/// The same for programs.
pub(super) fn optimized_json(optimized: &Optimized) -> Value {
    let before = optimized
        .before
        .as_ref()
        .map(|ran| loadline_report::verdicts_json(&ran.finished.run, &ran.finished.verdicts));
    let verified = optimized.verified().map(|verified| proven_json(&optimized.proven, verified));
    json!({"forgotten": optimized.forgotten, "before": before, "verified": verified})
}
