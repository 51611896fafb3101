//! `baseline check`: a run against the runs before it.

use std::io::IsTerminal;

use anyhow::Result;
use loadline_history::{Filter, History, Pick};
use loadline_measure::Figure;
use loadline_report::{baseline_json, baseline_table, render};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{Checked, Outcome, check_figures, worst_figure};

use super::arguments::{BaselineArguments, CheckArguments};
use crate::common::{ProjectFile, Unproven, comparable, json_text, open_to_read, print, screen, told};

/// Judges a run by the last runs of its kind.
pub(super) fn check(
    arguments: &BaselineArguments,
    check: &CheckArguments,
    found: &ProjectFile,
) -> Result<Ending, Failure> {
    let (run, checked) = checked(arguments, check, found).ends(Ending::CouldNotRun)?;
    let text = if arguments.json {
        json_text(&baseline_json(run, &checked)).ends(Ending::CouldNotRun)?
    } else {
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        render(&baseline_table(run, &checked), &theme)
    };
    let open = || check.unproven.or(found.project.judge.unproven_fails) == Unproven::Fail;
    let ending = match worst_figure(&checked) {
        Outcome::Fail => Ending::Failed,
        Outcome::Inconclusive if open() => Ending::Failed,
        _ => Ending::Passed,
    };
    Ok(told(print(text.as_bytes()), ending))
}

fn checked(
    arguments: &BaselineArguments,
    check: &CheckArguments,
    found: &ProjectFile,
) -> Result<(i64, Vec<Checked>)> {
    let mut history = open_to_read(&arguments.place, found)?;
    let run = history.resolve(&check.run.parse::<Pick>()?, &Filter::default())?;
    let past = past(&mut history, check, run)?;
    let past: Vec<Vec<Figure>> = past.iter().map(|run| history.figures(*run)).collect::<Result<_, _>>()?;
    Ok((run, check_figures(history.figures(run)?, &past)))
}

/// The runs that the run is held against.
fn past(history: &mut History, check: &CheckArguments, run: i64) -> Result<Vec<i64>> {
    let record = history.record(run)?;
    if record.fingerprint.is_empty() {
        anyhow::bail!(
            "run {run} does not say what it is of, so nothing is comparable to it\nhint: runs of other tools can be shown, not compared"
        );
    }
    if let Some(name) = &check.against {
        let baseline = history.baseline(name)?;
        if baseline.fingerprint != record.fingerprint {
            anyhow::bail!(
                "run {run} cannot be held against `{name}`: its script, plan or machine is another one\n  run:      {}\n  baseline: {}\nhint: save a baseline of this kind with `loadline baseline save NAME --like {run}`",
                record.fingerprint,
                baseline.fingerprint
            );
        }
        return Ok(baseline.runs.into_iter().filter(|other| *other != run).collect());
    }
    let records = comparable(history, &record.fingerprint, Some(run))?;
    let earlier = records.iter().filter(|other| other.started_unix_ms <= record.started_unix_ms);
    let earlier: Vec<i64> = earlier.map(|record| record.id).collect();
    Ok(earlier.into_iter().rev().take(check.runs as usize).rev().collect())
}
