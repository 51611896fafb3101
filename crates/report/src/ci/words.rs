//! What all CI outputs say of a verdict.

use loadline_measure::Run;
use loadline_verdict::{Outcome, Rule, Verdict};

/// What a verdict is of: `search.findPrograms: p95<=500ms`.
pub(super) fn title(verdict: &Verdict) -> String {
    format!("{}: {}", verdict.selector, verdict.expression)
}

/// Why, with doubts about the generator in front.
pub(super) fn reason(verdict: &Verdict, run: &Run) -> String {
    match &run.meta.saturation {
        Some(saturation) if !verdict.trustworthy => format!("{saturation}; {}", verdict.evidence),
        _ => verdict.evidence.clone(),
    }
}

/// `threshold` or `budget`.
pub(super) fn rule(verdict: &Verdict) -> &'static str {
    match verdict.rule {
        Rule::Threshold => "threshold",
        Rule::Budget => "budget",
    }
}

/// How many verdicts came out like this.
pub(super) fn number(verdicts: &[Verdict], outcome: Outcome) -> usize {
    verdicts.iter().filter(|verdict| verdict.outcome == outcome).count()
}
