//! One run against one run: which two, whether they may be compared, and what the history knows of their kind.

use anyhow::Result;
use loadline_history::{Filter, HistoryError, Pick};
use loadline_ledger::Differences;
use loadline_measure::{Figure, Run};
use loadline_page::Document;
use loadline_report::ComparisonReport;
use loadline_runner::{Ending, Ends as _, Failure};
use loadline_verdict::{
    Budgets, Endpoints, Gate, Incomplete, Pair, StandsOn, compare_figures, compare_runs, figures_missed,
    incomparable, judge_whole,
};

use super::floors;
use crate::common::{
    EndsByHistory as _, HistoryPlace, ProjectFile, comparable, not_whole, open_to_read, pick, screen,
};

/// What one run against one can tell without a past.
const ASSUMED: &str = "one run cannot tell how much runs of the same build differ, and the history has fewer than ten of this kind: they are taken to differ by 10 % and more, so only what is gross is called worse; interleave rounds with `--a` and `--b` for more";
/// … and with the noise that `aa` has measured.
const FLOOR: &str = "how much runs of the same build differ is taken from rounds of `loadline aa` on this machine, and half of what is assumed without them for having run at other times";
/// … and of summaries.
const SUMMARIES: &str = "there are only summaries of these runs, so how much varied within them is assumed";

/// Two runs to be compared.
#[derive(Clone, Copy)]
pub(crate) struct Two<'a> {
    pub(crate) base: &'a str,
    pub(crate) head: &'a str,
    /// The history that they, or what is known of their kind, are in.
    pub(crate) place: &'a HistoryPlace,
    /// Whether they are compared even if they are of different things.
    pub(crate) force: bool,
    pub(crate) found: &'a ProjectFile,
}

/// Compares two Runs, and tells what came out, with the Runs.
pub(crate) fn compare_two(
    two: &Two<'_>,
    gate: &Gate,
    tell: impl FnOnce(&ComparisonReport<'_>, [&Run; 2]) -> std::result::Result<Ending, Failure>,
) -> std::result::Result<Ending, Failure> {
    let Two { base, head, place, force, found } = *two;
    let picked = |name| pick(name, place, found).ends_reading();
    let (base_run, head_run) = (picked(base)?, picked(head)?);
    let unended = not_whole(base, &base_run).or_else(|| not_whole(head, &head_run));
    if let Some(why) = unended.or_else(|| incomparable(&base_run.meta, &head_run.meta)) {
        if force {
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
    for (name, run) in [(base, &base_run), (head, &head_run)] {
        if let Some(steered) = &run.meta.steered {
            screen::caution(&format!("`{name}` was {steered}: its plan is not what ran"));
        }
        for missed in figures_missed(run) {
            screen::caution(&format!("`{name}` has no {missed}"));
        }
    }
    let endpoints = if found.path.is_some() {
        found.project.endpoints.clone()
    } else {
        Endpoints::of_texts(&head_run.meta.endpoints)
    };
    // A history that is not there, or knows too few runs, is no error: the comparison is advice then.
    let past = earlier(two, &head_run).unwrap_or_else(|error| {
        // That it is damaged changes what is said here.
        if let Some(HistoryError::Altered { .. }) = error.downcast_ref() {
            screen::caution(&format!("{error}; the history tells nothing here"));
        }
        Vec::new()
    });
    let noise = floors::known(&head_run.meta, place, found);
    let mut pair = compare_runs(&base_run, &head_run, &endpoints, &past, &noise, gate);
    let summaries = pair.comparisons.is_empty();
    if summaries {
        // Of other tools' summaries the history has figures, and nothing that could be measured again.
        let figures = |name| kept_figures(name, two).unwrap_or_default();
        pair = compare_figures(&figures(base), &figures(head), &past, &[], gate);
    }
    let Pair { comparisons, deciles, stands_on } = pair;
    if comparisons.is_empty() {
        let why = format!("there is nothing to compare: `{base}` and `{head}` have no figure in common");
        return Err(Failure::new(Ending::CouldNotRun, why));
    }
    let advisory = match (stands_on, summaries) {
        (StandsOn::Assumption, _) => Some(ASSUMED),
        (StandsOn::Floor, _) => Some(FLOOR),
        (_, true) => Some(SUMMARIES),
        _ => None,
    };
    let mut ledger = Differences::new();
    ledger.add(&base_run, &head_run, &endpoints);
    let report = ComparisonReport {
        name: "runs",
        base,
        head,
        comparisons: &comparisons,
        delta: gate.delta,
        rounds: 1,
        advisory,
        deciles: &deciles,
        course: None,
        ledger: &ledger.found(),
    };
    tell(&report, [&base_run, &head_run])
}

/// What there is to see of both runs, judged by what each was recorded with.
pub(crate) fn documents(
    runs: [&Run; 2],
    incomplete: Incomplete,
) -> std::result::Result<[Document; 2], Failure> {
    let judged = |run: &Run| -> std::result::Result<_, Failure> {
        Ok(judge_whole(run, &Budgets::of_run(run).ends(Ending::CouldNotRun)?, incomplete))
    };
    let [base, head] = runs;
    let (of_base, of_head) = (judged(base)?, judged(head)?);
    Ok(Document::pair([(base, &of_base), (head, &of_head)]))
}

/// The figures of the runs of the same kind before the head, a list for each run: the head itself would make its own
/// change look usual.
fn earlier(two: &Two<'_>, run: &Run) -> Result<Vec<Vec<Figure>>> {
    let mut history = open_to_read(two.place, two.found)?;
    let mut records = comparable(&mut history, &run.meta.fingerprint(), None)?;
    records.retain(|record| record.started_unix_ms < run.meta.started_unix_ms);
    Ok(records.iter().map(|record| history.figures(record.id)).collect::<Result<_, _>>()?)
}

/// The figures that the history has of a run.
fn kept_figures(name: &str, two: &Two<'_>) -> Result<Vec<Figure>> {
    let mut history = open_to_read(two.place, two.found)?;
    let id = history.resolve(&name.parse::<Pick>()?, &Filter::default())?;
    Ok(history.figures(id)?)
}
