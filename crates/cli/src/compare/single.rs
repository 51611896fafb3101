//! One run against one run: which two, whether they may be compared, and what the history knows of their kind.

use anyhow::Result;
use loadline_measure::{Figure, Run};
use loadline_report::ComparisonReport;
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{Endpoints, FEWEST_RUNS, Gate, compare_runs, incomparable};

use super::arguments::CompareArguments;
use super::words::show;
use crate::common::{ProjectFile, comparable, not_whole, open_to_read, pick, screen};

/// Compares two Runs.
pub(super) fn compare(
    base: &str,
    head: &str,
    arguments: &CompareArguments,
    found: &ProjectFile,
    gate: &Gate,
) -> std::result::Result<Ending, Failure> {
    let picked = |name| pick(name, &arguments.place, found).ends(Ending::CouldNotRun);
    let (base_run, head_run) = (picked(base)?, picked(head)?);
    let unended = not_whole(base, &base_run).or_else(|| not_whole(head, &head_run));
    if let Some(why) = unended.or_else(|| incomparable(&base_run.meta, &head_run.meta)) {
        if arguments.force {
            screen::caution(&format!("compared all the same: {why}"));
        } else {
            return Err(Failure::new(
                Ending::Configuration,
                format!(
                    "`{base}` and `{head}` cannot be compared: {why}\nhint: `--force` compares them all the same"
                ),
            ));
        }
    }
    let endpoints = if found.path.is_some() {
        found.project.endpoints.clone()
    } else {
        Endpoints::of_texts(&head_run.meta.endpoints)
    };
    // A history that is not there, or knows too few runs, is no error: the comparison is advice then.
    let past = earlier(arguments, found, &head_run).unwrap_or_default();
    let comparisons = compare_runs(&base_run, &head_run, &endpoints, &past, gate);
    if comparisons.is_empty() {
        let why = format!("there is nothing to compare: `{base}` and `{head}` have no request in common");
        return Err(Failure::new(Ending::CouldNotRun, why));
    }
    let report = ComparisonReport {
        name: "runs",
        base,
        head,
        comparisons: &comparisons,
        delta: gate.delta,
        rounds: 1,
        advisory: (past.len() < FEWEST_RUNS).then_some(
            "one run cannot tell how much runs of the same build differ, and the history has fewer than ten of this kind; interleave rounds with `--a` and `--b` for a verdict",
        ),
        deciles: &[],
    };
    show(&report, &arguments.output, arguments.unproven.or(found.project.judge.unproven_fails))
}

/// The figures of the earlier runs of the same kind, a list for each run.
fn earlier(arguments: &CompareArguments, found: &ProjectFile, run: &Run) -> Result<Vec<Vec<Figure>>> {
    let mut history = open_to_read(&arguments.place, found)?;
    let records = comparable(&mut history, &run.meta.fingerprint(), None)?;
    Ok(records.iter().map(|record| history.figures(record.id)).collect::<Result<_, _>>()?)
}
