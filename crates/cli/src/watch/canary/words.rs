//! What two versions come to, in words and for machines.

use loadline_report::{ComparisonReport, Line, Role, comparison_json, comparison_table, wrap};
use loadline_units::count;
use loadline_verdict::{Outcome, escape};
use loadline_watch::canary::{FEWEST_ROUNDS, TooShort};
use serde_json::{Value, json};

use super::compared::Compared;
use crate::watch::lengths::{at_text, length_text};
use crate::watch::marked::marked;

/// Prose is no wider than this.
const WIDEST: usize = 110;

/// What came of it.
pub(super) fn outcome(compared: &Compared, report: &ComparisonReport<'_>) -> Outcome {
    match &compared.rounds {
        Ok(_) => report.outcome(),
        Err(TooShort { base: true, head: true, .. }) => Outcome::Inconclusive,
        Err(_) => Outcome::NoData,
    }
}

/// The answer in a sentence.
fn answer(compared: &Compared, report: &ComparisonReport<'_>) -> String {
    let (base, head) = (&compared.base, &compared.head);
    match &compared.rounds {
        Ok(_) => match report.outcome() {
            Outcome::Pass => format!("{head} may go on: {}", report.sentence()),
            Outcome::Fail => format!("{head} is worse: {}", report.sentence()),
            Outcome::Inconclusive => format!("it is open: {}", report.sentence()),
            Outcome::NoData => format!("it is open: no endpoint has requests of both {base} and {head}"),
        },
        Err(TooShort { both, base: true, head: true }) => format!(
            "it is open: both answered in {} of `--over`, and {FEWEST_ROUNDS} are needed; wait, or make `step` of [watch] shorter",
            if *both == 1 { "1 step".to_owned() } else { format!("{} steps", count(*both as u64)) }
        ),
        Err(short) => {
            let missing = if short.head { base } else { head };
            let known = match compared.versions.as_slice() {
                [] => format!("no series of these endpoints has a label `{}`", head.label),
                versions => format!("`{}` is one of {}", head.label, versions.join(", ")),
            };
            format!("it is open: no requests of {missing} are counted; {known}")
        }
    }
}

/// All of it for a terminal.
pub(super) fn lines(
    compared: &Compared,
    report: &ComparisonReport<'_>,
    server: &str,
    width: usize,
) -> Vec<Line> {
    let prose = width.min(WIDEST);
    let title = format!("{} at {}", server, at_text(compared.at_s));
    let mut lines = vec![Line::new(), Line::new().with(Role::Heading, &title).truncated(width)];
    if let Ok((pace, canary)) = &compared.rounds {
        let (base, head) = canary.requests;
        let requests = |number: f64| count(number.round() as u64);
        let words = format!(
            "{} rounds of {} until {}: {} requests of {}, {} of {}",
            pace.rounds,
            length_text(pace.round_s),
            at_text(pace.to_s()),
            requests(head),
            compared.head,
            requests(base),
            compared.base
        );
        lines.extend(wrap(&words, prose).iter().map(|line| Line::new().with(Role::Dim, line)));
    }
    lines.push(Line::new());
    let remarks: Vec<String> = remarks(compared);
    for remark in &remarks {
        lines.extend(marked("!", Role::Warning, remark, prose));
    }
    if !remarks.is_empty() {
        lines.push(Line::new());
    }
    if !report.comparisons.is_empty() {
        // The sentence at its end is in ours.
        let mut table = comparison_table(report, width);
        while table.last().is_some_and(|line| line.width() > 0) {
            table.pop();
        }
        lines.extend(table);
    }
    let role = match outcome(compared, report) {
        Outcome::Pass => Role::Good,
        Outcome::Fail => Role::Bad,
        Outcome::Inconclusive | Outcome::NoData => Role::Warning,
    };
    let answer = escape(&answer(compared, report)).into_owned();
    lines.extend(wrap(&answer, prose).iter().map(|line| Line::new().with(role, line)));
    lines
}

fn remarks(compared: &Compared) -> Vec<String> {
    let warnings = compared.warnings.iter().map(|warning| format!("Prometheus warns: {warning}"));
    let canary = compared.rounds.iter().flat_map(|(_, canary)| canary.remarks.iter().cloned());
    warnings.chain(canary).collect()
}

/// A comparison as `compare --json` has it, and what belongs to a canary.
pub(super) fn document(compared: &Compared, report: &ComparisonReport<'_>, server: &str) -> Value {
    let mut whole = comparison_json(report);
    let outcome = outcome(compared, report);
    let word = match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        Outcome::Inconclusive => "inconclusive",
        Outcome::NoData => "no_data",
    };
    whole["outcome"] = json!(word);
    whole["passed"] = json!(outcome == Outcome::Pass);
    whole["answer"] = json!(answer(compared, report));
    whole["at"] = json!(at_text(compared.at_s));
    whole["prometheus"] = json!(server);
    whole["remarks"] = json!(remarks(compared));
    if let Ok((pace, canary)) = &compared.rounds {
        whole["round_s"] = json!(pace.round_s);
        whole["from"] = json!(at_text(pace.from_s));
        whole["to"] = json!(at_text(pace.to_s()));
        whole["requests"] = json!({ "base": canary.requests.0.round(), "head": canary.requests.1.round() });
    }
    whole
}
