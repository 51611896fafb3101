//! GitHub: annotations, which stand in the log and on the pull request, and the summary of a step.

use loadline_measure::Run;
use loadline_verdict::{Outcome, Verdict};

use super::words::{number, reason, title};
use crate::comparison::{cell, sign};
use crate::format::TimeUnit;
use crate::verdict_text::{limit, observed, outcome_words};

/// Workflow commands, a line each: an error for what fails the run, a warning for what is open or without data. Print them to
/// standard output of the step.
pub fn github_annotations(run: &Run, verdicts: &[Verdict]) -> String {
    let told = verdicts.iter().filter(|verdict| verdict.fails || verdict.outcome != Outcome::Pass);
    told.fold(String::new(), |text, verdict| {
        let level = if verdict.fails { "error" } else { "warning" };
        text + &format!("::{level} title={}::{}\n", property(&title(verdict)), message(&reason(verdict, run)))
    })
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
    for verdict in verdicts {
        text += &format!(
            "| {} {} | {} | {} | {} | {} {} |\n",
            cell(&verdict.selector),
            cell(&verdict.aggregate),
            cell(&limit(verdict, run)),
            cell(&observed(verdict, run, TimeUnit::Auto).unwrap_or_else(|| "–".to_owned())),
            crate::format::count(verdict.values),
            sign(verdict.outcome),
            outcome_words(verdict.outcome),
        );
    }
    let told: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.outcome != Outcome::Pass).collect();
    if !told.is_empty() {
        text += "\n<details><summary>Why</summary>\n\n";
        for verdict in told {
            text += &format!("- {}: {}\n", cell(&title(verdict)), cell(&verdict.evidence));
        }
        text += "\n</details>\n";
    }
    text
}

/// Escaped as workflow commands want their message.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// … and their properties.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
