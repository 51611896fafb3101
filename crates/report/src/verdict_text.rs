//! A verdict in a few characters: its mark, its limit and the value that was observed, for the summary and the table.

use loadline_measure::{MetricKind, Run};
use loadline_verdict::{Outcome, Verdict};

use crate::format::{self, TimeUnit};
use crate::text::Role;

/// The sign of an outcome and the role it is shown in. The signs differ in shape, not in colour alone.
pub(crate) fn mark(outcome: Outcome) -> (&'static str, Role) {
    match outcome {
        Outcome::Pass => ("✓", Role::Good),
        Outcome::Fail => ("✗", Role::Bad),
        Outcome::NoData => ("–", Role::Warning),
        Outcome::Inconclusive => ("?", Role::Warning),
    }
}

/// An outcome in words.
pub(crate) fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::NoData => "no data",
        Outcome::Inconclusive => "inconclusive",
    }
}

/// The observed value with its unit; nothing when there was none.
pub(crate) fn observed(verdict: &Verdict, run: &Run, time_unit: TimeUnit) -> Option<String> {
    let value = verdict.observed?;
    Some(match kind(verdict, run) {
        Some(MetricKind::Rate) => format::percent(value),
        _ => with_unit(verdict, run, value, time_unit),
    })
}

/// The limit with its unit: `< 500ms`, `> 99.5%`.
pub(crate) fn limit(verdict: &Verdict, run: &Run) -> String {
    let sign = |character: char| matches!(character, '<' | '>' | '=' | '!');
    let written = verdict.expression.trim_start_matches(|character| !sign(character));
    let operator = &written[..written.len() - written.trim_start_matches(sign).len()];
    let limit = match kind(verdict, run) {
        Some(MetricKind::Rate) => format!("{}%", format::plain(verdict.limit * 100.0)),
        _ => with_unit(verdict, run, verdict.limit, TimeUnit::Auto),
    };
    format!("{operator} {limit}").trim_start().to_owned()
}

fn kind(verdict: &Verdict, run: &Run) -> Option<MetricKind> {
    run.schema().find(&verdict.metric).map(|id| run.schema().metric(id).kind)
}

/// A value of a metric that is no rate.
fn with_unit(verdict: &Verdict, run: &Run, value: f64, time_unit: TimeUnit) -> String {
    if kind(verdict, run) == Some(MetricKind::Counter) && verdict.aggregate == "rate" {
        return format::per_second(value);
    }
    let text = format::value(value, MetricKind::Trend, verdict.unit, time_unit);
    // Slopes are judged per hour, in whatever unit the limit was written.
    if verdict.aggregate == "slope" { format!("{text}/h") } else { text }
}
