//! `baseline check`: a run against the runs before it.

use std::io::IsTerminal;

use anyhow::Result;
use loadline_history::{History, Pick};
use loadline_measure::Figure;
use loadline_report::{Past, baseline_json, baseline_table, render};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{
    Checked, Earlier, Endpoints, Outcome, check_figures, figures, figures_missed, worst_figure,
};

use super::arguments::{BaselineArguments, CheckArguments};
use super::past::Before;
use crate::common::{
    EndsByHistory as _, ProjectFile, Unproven, json_text, open_to_read, picked, print, screen, told,
};

/// Judges a run by the last runs of its kind.
pub(super) fn check(
    arguments: &BaselineArguments,
    check: &CheckArguments,
    found: &ProjectFile,
) -> Result<Ending, Failure> {
    let Check { run, checked, past } = checked(arguments, check, found).ends_reading()?;
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
    let mut before = match &check.against {
        Some(name) => Before::of_baseline(&mut history, &record, name)?,
        None => Before::of(&mut history, &record, check.runs as usize)?,
    };
    let mut own = history.figures(run)?;
    if let Some(what) = history.incomplete(run)? {
        if !check.incomplete.allow_incomplete {
            before.past.incomplete = Some(what);
            return Ok(Check { run, checked: Vec::new(), past: before.past });
        }
        screen::caution(&format!("run {run} is not a whole run: it {what}"));
        let part = history.load(run)?.0;
        own = figures(&part, &Endpoints::of_texts(&part.meta.endpoints));
    }
    tell_missed(&mut history, run, &own, &before.earlier())?;
    let checked = check_figures(own, &before.earlier());
    for left in checked.iter().filter_map(|one| one.left) {
        for run in left.before_run.into_iter().chain([left.run]) {
            if let Ok(record) = history.record(run) {
                before.past.commits.insert(run, record.commit);
            }
        }
    }
    Ok(Check { run, checked, past: before.past })
}

/// Says which figures of the runs before it a run has not, because it was not seen all of the time: they are not
/// checked.
fn tell_missed(history: &mut History, run: i64, own: &[Figure], earlier: &Earlier<'_>) -> Result<()> {
    let has = |other: &Figure| {
        own.iter().any(|one| (&one.subject, &one.quantity) == (&other.subject, &other.quantity))
    };
    if earlier.runs.iter().flat_map(|past| &past.figures).all(has) {
        return Ok(());
    }
    for missed in figures_missed(&history.load(run)?.0) {
        screen::caution(&format!("run {run} has no {missed}"));
    }
    Ok(())
}
