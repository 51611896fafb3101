//! `baseline check`: a run against the runs before it.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use anyhow::Result;
use loadline_history::{Filter, History, Pick};
use loadline_measure::{Figure, RunRecord};
use loadline_report::{Past, baseline_json, baseline_table, render};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{Checked, Endpoints, Outcome, check_figures, figures, not_comparable, worst_figure};

use super::arguments::{BaselineArguments, CheckArguments};
use crate::common::{ProjectFile, Unproven, json_text, open_to_read, picked, print, screen, told};

/// Judges a run by the last runs of its kind.
pub(super) fn check(
    arguments: &BaselineArguments,
    check: &CheckArguments,
    found: &ProjectFile,
) -> Result<Ending, Failure> {
    let Check { run, checked, past } = checked(arguments, check, found).ends(Ending::CouldNotRun)?;
    let text = if arguments.json {
        json_text(&baseline_json(run, &checked, &past)).ends(Ending::CouldNotRun)?
    } else {
        let theme = screen::theme(arguments.no_color, std::io::stdout().is_terminal());
        render(&baseline_table(run, &checked, &past), &theme)
    };
    let open = || check.unproven.or(found.project.judge.unproven_fails) == Unproven::Fail;
    let ending = match worst_figure(&checked) {
        Outcome::Fail | Outcome::NoData => Ending::Failed,
        Outcome::Inconclusive if open() => Ending::Failed,
        Outcome::Inconclusive | Outcome::Pass => Ending::Passed,
    };
    Ok(told(print(text.as_bytes()), ending))
}

/// What came of a check.
struct Check {
    run: i64,
    checked: Vec<Checked>,
    past: Past,
}

fn checked(arguments: &BaselineArguments, check: &CheckArguments, found: &ProjectFile) -> Result<Check> {
    let mut history = open_to_read(&arguments.place, found)?;
    let run = picked(&mut history, &check.run.parse::<Pick>()?)?;
    let record = history.record(run)?;
    let (runs, mut past) = past(&mut history, check, &record)?;
    let mut own = history.figures(run)?;
    if let Some(what) = history.incomplete(run)? {
        if !check.incomplete.allow_incomplete {
            past.incomplete = Some(what);
            return Ok(Check { run, checked: Vec::new(), past });
        }
        screen::caution(&format!("run {run} is not a whole run: it {what}"));
        let part = history.load(run)?.0;
        own = figures(&part, &Endpoints::of_texts(&part.meta.endpoints));
    }
    let of_past: Vec<Vec<Figure>> = runs.iter().map(|run| history.figures(*run)).collect::<Result<_, _>>()?;
    Ok(Check { run, checked: check_figures(own, &of_past), past })
}

/// The runs that the run is held against.
fn past(history: &mut History, check: &CheckArguments, record: &RunRecord) -> Result<(Vec<i64>, Past)> {
    let run = record.id;
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
        let runs: Vec<i64> = baseline.runs.into_iter().filter(|other| *other != run).collect();
        let past = Past { comparable: runs.len(), ..Past::default() };
        return Ok((runs, past));
    }
    let mut all = history.list(&Filter::default())?;
    all.reverse();
    let (mut runs, mut others) = (Vec::new(), BTreeMap::<&str, Vec<i64>>::new());
    for other in all.iter().filter(|other| other.id != run) {
        match not_comparable(record, other) {
            None => runs.push(other.id),
            Some(why) => others.entry(why).or_default().push(other.id),
        }
    }
    let runs = runs.split_off(runs.len().saturating_sub(check.runs as usize));
    let others = others.into_iter().map(|(why, runs)| (why.to_owned(), runs)).collect();
    let past = Past { comparable: runs.len(), others, incomplete: None };
    Ok((runs, past))
}
