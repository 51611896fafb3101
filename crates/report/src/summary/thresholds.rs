//! Thresholds: each metric with its conditions, what was observed, and the evidence for failures and estimates.

use std::collections::HashMap;

use loadline_measure::Run;
use loadline_verdict::{Outcome, Verdict, brief};

use super::options::SummaryOptions;
use crate::shown::shown;
use crate::text::{Line, Role, wrap};
use crate::verdict_text::{mark, observed, outcome_words};

/// The lines of the section, without its title.
pub(super) fn thresholds(run: &Run, verdicts: &[Verdict], options: &SummaryOptions) -> Vec<Line> {
    let outcomes: Vec<Outcome> = verdicts.iter().map(|verdict| verdict.outcome).collect();
    let shown = shown(&outcomes);
    let mut known: HashMap<&str, usize> = HashMap::new();
    let mut selectors: Vec<(&str, Vec<&Verdict>)> = Vec::new();
    for verdict in shown.positions.into_iter().map(|position| &verdicts[position]) {
        let position = *known.entry(&verdict.selector).or_insert_with(|| {
            selectors.push((&verdict.selector, Vec::new()));
            selectors.len() - 1
        });
        selectors[position].1.push(verdict);
    }
    let mut lines = Vec::new();
    for (selector, verdicts) in selectors {
        if !lines.is_empty() {
            lines.push(Line::new());
        }
        lines.push(Line::indented(4).with(Role::Text, selector).truncated(options.width));
        for verdict in verdicts {
            lines.extend(verdict_lines(run, verdict, options));
        }
    }
    if let Some(rest) = shown.rest {
        lines.push(Line::new());
        lines.push(Line::indented(4).with(Role::Dim, &rest));
    }
    lines
}

fn verdict_lines(run: &Run, verdict: &Verdict, options: &SummaryOptions) -> Vec<Line> {
    let (sign, role) = mark(verdict.outcome);
    let mut line = Line::indented(4).with(role, sign);
    line.push(Role::Text, &brief(&format!(" '{}' ", verdict.expression)));
    match observed(verdict, run, options.time_unit) {
        Some(value) => {
            line.push(Role::Dim, &format!("{}=", verdict.aggregate));
            line.push(if verdict.outcome == Outcome::Pass { Role::Value } else { role }, &value);
            if verdict.outcome == Outcome::Inconclusive {
                line.push(role, " inconclusive");
            }
        }
        None => line.push(Role::Warning, outcome_words(verdict.outcome)),
    }
    if !verdict.trustworthy {
        line.push(Role::Warning, " (not trustworthy)");
    }
    let mut lines = vec![line];
    // An estimate is worth what its interval is, also when it passes.
    if verdict.outcome != Outcome::Pass || verdict.interval.is_some() {
        for (index, text) in
            wrap(&brief(&verdict.evidence), options.width.saturating_sub(8)).iter().enumerate()
        {
            let lead = if index == 0 { "↳ " } else { "  " };
            lines.push(Line::indented(6).with(Role::Dim, lead).with(Role::Dim, text));
        }
    }
    lines
}
