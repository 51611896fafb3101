//! GitHub: annotations, which stand in the log and on the pull request, and the summary of a step.

use loadline_measure::Run;
use loadline_units::{self as units, TimeUnit};
use loadline_verdict::{Outcome, Verdict, brief, escape};

use super::SourcePlace;
use super::words::{number, reason, title};
use crate::comparison::{cell, sign};
use crate::shown::shown;
use crate::verdict_text::{limit, observed, outcome_words};

/// GitHub shows ten of a step, and fifty of a job.
const MOST_ANNOTATIONS: usize = 50;

/// Workflow commands, a line each: an error for what fails the run, a warning for what is open or without data. Print
/// them to standard output of the step. `place` says where a verdict's limit is written: there it stands in the diff.
pub fn github_annotations(
    run: &Run,
    verdicts: &[Verdict],
    place: &dyn Fn(&Verdict) -> Option<SourcePlace>,
) -> String {
    let told = verdicts.iter().filter(|verdict| verdict.fails || verdict.outcome != Outcome::Pass);
    let line = |verdict: &Verdict| {
        let level = if verdict.fails { "error" } else { "warning" };
        format!(
            "::{level} {}title={}::{}\n",
            place(verdict).map(|place| located(&place)).unwrap_or_default(),
            property(&brief(&title(verdict))),
            message(&brief(&reason(verdict, run)))
        )
    };
    let mut text: String = told.clone().take(MOST_ANNOTATIONS).map(line).collect();
    let more = told.count().saturating_sub(MOST_ANNOTATIONS);
    if more > 0 {
        text += &format!("::warning title=loadline::{} more did not pass\n", units::count(more as u64));
    }
    text
}

/// The properties that say where.
fn located(place: &SourcePlace) -> String {
    let line = place.line.map(|line| format!("line={line},")).unwrap_or_default();
    format!("file={},{line}", property(&place.path))
}

/// The run as Markdown, for the file that `GITHUB_STEP_SUMMARY` names.
pub fn github_summary(run: &Run, verdicts: &[Verdict]) -> String {
    let fails = verdicts.iter().filter(|verdict| verdict.fails).count();
    let open = number(verdicts, Outcome::Inconclusive);
    let outcome = if fails > 0 {
        Outcome::Fail
    } else if open > 0 {
        Outcome::Inconclusive
    } else {
        Outcome::Pass
    };
    let mut text = format!("### {} {}\n\n", sign(outcome), cell(&run.meta.name));
    if let Some(saturation) = &run.meta.saturation {
        text += &format!("**{}**\n\n", cell(&saturation.to_string()));
    }
    text += "| requirement | limit | observed | samples | |\n|---|--:|--:|--:|---|\n";
    let outcomes: Vec<Outcome> = verdicts.iter().map(|verdict| verdict.outcome).collect();
    let shown = shown(&outcomes);
    let rows = || shown.positions.iter().map(|position| &verdicts[*position]);
    for verdict in rows() {
        text += &format!(
            "| {} {} | {} | {} | {} | {} {} |\n",
            cell(&verdict.selector),
            cell(&verdict.aggregate),
            cell(&limit(verdict, run)),
            cell(&observed(verdict, run, TimeUnit::Auto).unwrap_or_else(|| "–".to_owned())),
            units::count(verdict.values),
            sign(verdict.outcome),
            outcome_words(verdict.outcome),
        );
    }
    if let Some(rest) = &shown.rest {
        text += &format!("\n{rest}\n");
    }
    let told: Vec<&Verdict> = rows().filter(|verdict| verdict.outcome != Outcome::Pass).collect();
    if !told.is_empty() {
        text += "\n<details><summary>Why</summary>\n\n";
        for verdict in told {
            text += &format!("- {}: {}\n", cell(&title(verdict)), cell(&verdict.evidence));
        }
        text += "\n</details>\n";
    }
    text
}

/// Escaped as workflow commands want their message: per cent signs and line breaks, as GitHub's toolkit does it.
/// Control characters of any other kind would reach the terminal of whoever reads the log, and are written out.
fn message(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| escape(line).replace('%', "%25")).collect();
    lines.join("%0A")
}

/// … and their properties.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
