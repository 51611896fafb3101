//! The report for people: counts, percentiles, the histogram, phases, budgets; on a page.

use loadline_ledger::Reading;
use loadline_units as units;
use loadline_verdict::Outcome;

use std::collections::BTreeMap;

use super::figures::{HitFigures, PERCENTILES};
use super::histogram::latency_histogram;
use crate::caches::cache_lines;
use crate::ledger::ledger_lines;
use crate::table::{Requirement, verdict_table};
use crate::text::{Line, Role, wrap};
use crate::trust::{steered_lines, trust_lines};

/// Rows of the histogram.
const ROWS: usize = 14;
/// Kinds of errors that are listed before the rest is summed up.
const MOST_ERRORS: usize = 8;
const LABEL: usize = 12;

/// The report of a run on one target, for a terminal of `width` columns. `latency_words` says what the latency is
/// measured from; `requirements` are the budgets as they were judged.
pub fn hit_report(
    figures: &HitFigures,
    latency_words: &str,
    requirements: &[Requirement],
    width: usize,
) -> Vec<Line> {
    let mut lines = vec![Line::indented(2).with(Role::Heading, &figures.name).truncated(width), Line::new()];
    counts(&mut lines, figures, width);
    if figures.latency.count() > 0 {
        lines.push(Line::new());
        for (number, words) in wrap(latency_words, width.saturating_sub(2 + LABEL)).iter().enumerate() {
            lines.push(labelled(if number == 0 { "latency" } else { "" }).with(Role::Dim, words));
        }
        lines.push(Line::new());
        lines.extend(percentiles(figures, width));
        lines.push(Line::new());
        lines.extend(latency_histogram(&figures.latency, width, ROWS));
    }
    if let (0, Some(waited)) = (figures.latency.count(), figures.given_up.quantile(0.5)) {
        lines.push(Line::new());
        let words = format!(
            "none: nothing was answered, and half were given up after {} or more",
            units::time(waited)
        );
        lines.push(labelled("latency").with(Role::Bad, &words).truncated(width));
    }
    if !figures.phases.is_empty() {
        lines.push(Line::new());
        lines.extend(phases(figures));
    }
    let is_red = |_: &Reading| requirements.iter().any(|one| one.outcome == Outcome::Fail);
    let went = ledger_lines(&figures.ledger, &is_red, 4, width);
    if !went.is_empty() {
        lines.push(Line::new());
        lines.push(Line::indented(2).with(Role::Heading, "where the time went"));
        lines.extend(went);
    }
    if let Some(caches) = &figures.caches {
        lines.push(Line::new());
        lines.push(Line::indented(2).with(Role::Heading, "caches"));
        lines.extend(cache_lines(caches, 4, width));
    }
    if !requirements.is_empty() {
        lines.push(Line::new());
        lines.extend(verdict_table(requirements, figures.saturation.as_ref(), width));
    } else if let Some(saturation) = &figures.saturation {
        lines.push(Line::new());
        lines.extend(trust_lines(saturation, 2, width));
    }
    let steered = steered_lines(figures.steered.as_ref(), 2, width);
    if !steered.is_empty() {
        lines.push(Line::new());
        lines.extend(steered);
    }
    lines
}

fn labelled(label: &str) -> Line {
    let mut line = Line::indented(2).with(Role::Text, label);
    line.pad_to(2 + LABEL);
    line
}

fn counts(lines: &mut Vec<Line>, figures: &HitFigures, width: usize) {
    let duration = units::time_of(figures.duration);
    let mut requests = labelled("requests").with(Role::Value, &units::count(figures.requests));
    requests.push(Role::Text, &format!(" in {duration}   "));
    requests.push(Role::Value, &format!("{}/s", one_decimal(figures.rate())));
    let role = if figures.failed > 0 { Role::Bad } else { Role::Dim };
    requests.push(Role::Text, "   ");
    requests.push(role, &format!("{} failed", units::percent(figures.failed_share())));
    lines.push(requests);

    let seconds = figures.duration.as_secs_f64().max(1e-9);
    let transfer = labelled("transfer")
        .with(Role::Value, &units::bytes(figures.received_bytes))
        .with(Role::Text, &format!(" received   {}/s   ", units::bytes(figures.received_bytes / seconds)))
        .with(Role::Value, &units::bytes(figures.sent_bytes))
        .with(Role::Text, " sent");
    lines.push(transfer.truncated(width));

    let mut status = labelled("status");
    for (code, count) in &figures.statuses {
        let role = if code.starts_with(['2', '3']) { Role::Good } else { Role::Bad };
        status.push(role, code);
        status.push(Role::Text, &format!(" × {count}   "));
    }
    if !figures.statuses.is_empty() {
        lines.push(status.truncated(width));
    }
    errors(lines, &figures.errors, width);
    if figures.repeated > 0 {
        let words = format!(
            "{} times a request was sent again, unseen: the server had closed its connection, or not begun with it",
            figures.repeated
        );
        for (number, text) in wrap(&words, width.saturating_sub(2 + LABEL)).iter().enumerate() {
            lines.push(labelled(if number == 0 { "repeated" } else { "" }).with(Role::Bad, text));
        }
    }
    if figures.dropped > 0 {
        let words = format!(
            "{} requests that were due were not sent, because too many waited already: the target does not keep up with this rate, and the latency is without them",
            figures.dropped
        );
        for (number, text) in wrap(&words, width.saturating_sub(2 + LABEL)).iter().enumerate() {
            lines.push(labelled(if number == 0 { "dropped" } else { "" }).with(Role::Bad, text));
        }
    }
}

fn errors(lines: &mut Vec<Line>, errors: &BTreeMap<String, u64>, width: usize) {
    let mut sorted: Vec<(&String, &u64)> = errors.iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(a.1).then_with(|| a.0.cmp(b.0)));
    for (number, (words, count)) in sorted.iter().take(MOST_ERRORS).enumerate() {
        let mut line = labelled(if number == 0 { "errors" } else { "" });
        line.push(Role::Bad, words);
        line.push(Role::Text, &format!(" × {count}"));
        lines.push(line.truncated(width));
    }
    let rest: u64 = sorted.iter().skip(MOST_ERRORS).map(|(_, count)| **count).sum();
    if rest > 0 {
        let kinds = sorted.len() - MOST_ERRORS;
        lines.push(labelled("").with(Role::Bad, &format!("{kinds} other kinds × {rest}")));
    }
}

/// One column each, the name above the figure; what does not fit goes into another pair of lines.
fn percentiles(figures: &HitFigures, width: usize) -> Vec<Line> {
    let trend = &figures.latency;
    let mut cells: Vec<(String, f64)> = vec![("mean".to_owned(), trend.avg().unwrap_or_default())];
    cells.extend(
        PERCENTILES
            .map(|percent| (format!("p{percent}"), trend.quantile(percent / 100.0).unwrap_or_default())),
    );
    cells.push(("max".to_owned(), trend.max().unwrap_or_default()));
    let columns = (width.saturating_sub(2) / 9).clamp(1, cells.len());
    let mut lines = Vec::new();
    for part in cells.chunks(columns) {
        let (mut names, mut values) = (Line::indented(2), Line::indented(2));
        for (name, value) in part {
            names.push(Role::Dim, &format!("{name:<9}"));
            values.push(Role::Value, &format!("{:<9}", units::time(*value)));
        }
        lines.extend([names, values]);
    }
    lines
}

fn phases(figures: &HitFigures) -> Vec<Line> {
    let title = format!("  {:<16}{:>10}{:>10}{:>10}   {}", "phase", "mean", "p99", "max", "requests");
    let mut lines = vec![Line::new().with(Role::Dim, &title)];
    for phase in &figures.phases {
        let mut line = Line::indented(2).with(Role::Text, &format!("{:<16}", phase.name));
        for value in [phase.mean, phase.p99, phase.max] {
            line.push(Role::Value, &format!("{:>10}", units::time(value)));
        }
        line.push(Role::Dim, &format!("   {}", phase.count));
        lines.push(line);
    }
    lines
}

fn one_decimal(rate: f64) -> String {
    format!("{rate:.1}")
}
