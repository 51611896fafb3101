//! A verdict in a few characters: its mark, its limit and the value that was observed, for the summary and the table.

use loadline_measure::{MetricKind, Run};
use loadline_units::{self as units, TimeUnit};
use loadline_verdict::{Outcome, Verdict};

use crate::figure::{figure, scale};
use crate::figure_text::rounded;
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
    let kind = kind(verdict, run).unwrap_or(MetricKind::Trend);
    if time_unit == TimeUnit::Auto && is_per_second(verdict, kind) {
        let text = units::per_second(rounded(value));
        let alike = value != verdict.limit && text == units::per_second(verdict.limit);
        return Some(if alike { units::per_second(value) } else { text });
    }
    if time_unit == TimeUnit::Auto {
        // A figure beyond its limit must not look like the limit.
        let (text, _) = units::apart(value, verdict.limit, scale(kind, verdict.unit));
        return Some(per_hour(verdict, text));
    }
    Some(with_unit(verdict, kind, value, time_unit))
}

/// The limit with its unit: `< 500ms`, `> 99.5%`.
pub(crate) fn limit(verdict: &Verdict, run: &Run) -> String {
    let sign = |character: char| matches!(character, '<' | '>' | '=' | '!');
    let written = verdict.expression.trim_start_matches(|character| !sign(character));
    let operator = &written[..written.len() - written.trim_start_matches(sign).len()];
    let kind = kind(verdict, run).unwrap_or(MetricKind::Trend);
    let limit = if is_per_second(verdict, kind) {
        units::per_second(verdict.limit)
    } else {
        per_hour(verdict, scale(kind, verdict.unit).exact(verdict.limit))
    };
    format!("{operator} {limit}").trim_start().to_owned()
}

fn kind(verdict: &Verdict, run: &Run) -> Option<MetricKind> {
    run.schema().find(&verdict.metric).map(|id| run.schema().metric(id).kind)
}

fn with_unit(verdict: &Verdict, kind: MetricKind, value: f64, time_unit: TimeUnit) -> String {
    if is_per_second(verdict, kind) {
        units::per_second(value)
    } else {
        per_hour(verdict, figure(value, kind, verdict.unit, time_unit))
    }
}

/// Of a counter how much it rises, of response times how many there are.
fn is_per_second(verdict: &Verdict, kind: MetricKind) -> bool {
    matches!(kind, MetricKind::Counter | MetricKind::Trend) && verdict.aggregate == "rate"
}

/// Slopes are judged per hour, in whatever unit the limit was written.
fn per_hour(verdict: &Verdict, text: String) -> String {
    if verdict.aggregate == "slope" { format!("{text}/h") } else { text }
}
