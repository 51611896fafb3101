//! `loadline report history -o FILE.html`: every figure over the runs of a kind, with what changed it, as one page.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Result, bail};
use loadline_history::Filter;
use loadline_measure::RunRecord;
use loadline_page::{TrendsDocument, trends_html};
use loadline_report::{Content, Trend, plain};
use loadline_runner::{Ending, Ends, Failure};
use loadline_units as units;

use super::arguments::ReportArguments;
use crate::common::{
    EndsByHistory as _, HistoryPlace, ProjectFile, check_page, of_what_is_left, open_to_read, print, told,
    write_page,
};
use crate::history::{FigureTrend, FilterArguments, filter, unlike};

/// Figures that a page has; what is beyond is counted.
const MOST_FIGURES: usize = 400;

/// Writes the page.
pub(super) fn write(
    arguments: &ReportArguments,
    output: &Path,
    chosen: &FilterArguments,
    found: &ProjectFile,
) -> Result<Ending, Failure> {
    check_page(output, Content::Page).ends(Ending::OutputNotWritten)?;
    let (document, ending) = trends(&arguments.place, chosen, found).ends_reading()?;
    let made = trends_html(&document).ends(Ending::CouldNotRun)?;
    let written = write_page(output, Content::Page, &made).ends(Ending::OutputNotWritten)?;
    let worse = document.figures.iter().filter(|figure| figure.changes.last().is_some_and(|last| last.worse));
    let text = format!(
        "{written}: {} figures over {} runs, of which {} got worse at the last change\n",
        document.figures.len(),
        document.runs.len(),
        worse.count()
    );
    Ok(told(print(plain(&text).as_bytes()), ending))
}

/// What the history has of runs like the newest one that was asked for.
pub(crate) fn trends(
    place: &HistoryPlace,
    chosen: &FilterArguments,
    found: &ProjectFile,
) -> Result<(TrendsDocument, Ending)> {
    let mut history = open_to_read(place, found)?;
    let chosen = filter(chosen);
    let mut records = history.list(&chosen)?;
    records.reverse();
    let (others, mut notes) = unlike(&records.iter().collect::<Vec<_>>());
    // What `--all` would show is no single course.
    notes.retain(|note| !note.contains("--all"));
    records.retain(|record| !others.contains(&record.id));
    let Some(newest) = records.last() else {
        bail!("the history has no run like that\nhint: `loadline history` lists its runs");
    };
    let name = newest.name.clone();
    let alike = Filter {
        fingerprint: (!newest.fingerprint.is_empty()).then(|| newest.fingerprint.clone()),
        ..chosen
    };
    let names = history.subjects(&alike)?;
    if let Some(more) = names.len().checked_sub(MOST_FIGURES).filter(|more| *more > 0) {
        notes.push(format!("{} figures more are not in this page", units::count(more as u64)));
    }
    let acceptances = history.acceptances()?;
    let by_number: HashMap<i64, RunRecord> =
        records.iter().map(|record| (record.id, record.clone())).collect();
    let mut trends = Vec::new();
    for name in names.iter().take(MOST_FIGURES) {
        let mut points = history.series(&alike, &name.subject, &name.quantity)?;
        points.retain(|point| by_number.contains_key(&point.run));
        trends.push(FigureTrend::of(name, points, &by_number, &acceptances, Vec::new()));
    }
    let told: Vec<Trend<'_>> = trends.iter().map(FigureTrend::told).collect();
    let document = TrendsDocument::of(&name, &records, &told, notes);
    Ok((document, of_what_is_left(&history)))
}
