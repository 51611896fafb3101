//! `report baselines`: what is normal, as a page for people.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use loadline_history::{Filter, History};
use loadline_measure::RunRecord;
use loadline_report::{Content, NormalRuns, baselines_page, replace_file};
use loadline_runner::{Ending, Ends, Failure};
use loadline_verdict::{Checked, Earlier, Gate, PastRun, no_baseline, normal_figures};

use super::past::{LOOKED_AT, accepted};
use crate::common::{
    EndsByHistory as _, HistoryPlace, ProjectFile, of_what_is_left, open_to_read, print, told,
    without_secrets,
};

/// Writes the page.
pub(crate) fn write(
    place: &HistoryPlace,
    output: &Path,
    runs: u64,
    found: &ProjectFile,
) -> Result<Ending, Failure> {
    let made = || -> Result<(String, usize, Ending)> {
        let mut history = open_to_read(place, found)?;
        let kinds = kinds(&mut history, runs as usize)?;
        if kinds.is_empty() {
            anyhow::bail!("the history has no finished run to document\nhint: `loadline run` keeps each run");
        }
        let normal: Vec<NormalRuns<'_>> =
            kinds.iter().map(|(records, figures)| NormalRuns { records, figures }).collect();
        Ok((baselines_page(&normal), kinds.len(), of_what_is_left(&history)))
    };
    let (page, number, ending) = made().ends_reading()?;
    let written = || -> Result<()> {
        replace_file(output, Content::Markdown, &without_secrets(page.as_bytes()))
            .with_context(|| format!("cannot write `{}`", output.display()))
    };
    written().ends(Ending::OutputNotWritten)?;
    let words = if number == 1 { "1 kind of runs".to_owned() } else { format!("{number} kinds of runs") };
    let text = loadline_report::plain(&format!("{} written: {words}\n", output.display()));
    Ok(told(print(text.as_bytes()), ending))
}

/// The newest runs of each kind, and what is normal of them.
fn kinds(history: &mut History, runs: usize) -> Result<Vec<(Vec<RunRecord>, Vec<Checked>)>> {
    let mut kinds: BTreeMap<(String, String), Vec<RunRecord>> = BTreeMap::new();
    for record in history.list(&Filter::default())? {
        let known = !record.fingerprint.is_empty() && record.state.is_whole() && !record.saturated;
        if known {
            kinds.entry((record.name.clone(), record.fingerprint.clone())).or_default().push(record);
        }
    }
    let normal = |mut records: Vec<RunRecord>| -> Result<(Vec<RunRecord>, Vec<Checked>)> {
        let mut of_kind = Vec::new();
        for record in records.iter().take(LOOKED_AT) {
            let figures = history.figures(record.id)?;
            if no_baseline(record, record, &figures).is_none() {
                of_kind.push(PastRun { run: record.id, started_unix_ms: record.started_unix_ms, figures });
            }
        }
        of_kind.reverse();
        let fingerprint = records.first().map_or("", |record| record.fingerprint.as_str());
        let accepted = accepted(history, fingerprint)?;
        let earlier = Earlier { runs: &of_kind, accepted: &accepted, most: runs, gate: Gate::default() };
        let normal = normal_figures(&earlier);
        records.truncate(runs);
        Ok((records, normal))
    };
    kinds.into_values().map(normal).collect()
}
