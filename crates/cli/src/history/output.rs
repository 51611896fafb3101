//! Keeping a run in the history while it goes on, and concluding it when it is over.

use std::sync::Arc;

use anyhow::Result;
use loadline_history::{Conclusion, Figure, History, Outcome, RunEntry};
use loadline_measure::{Run, RunMeta, Schema};
use loadline_report::{Event, Output, OutputError, RunOutput};
use loadline_runner::SendOutput;
use loadline_verdict::{Better, Endpoints, Outcome as Judged, Verdict, figures};

/// A run that is kept: its number, and where.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) id: i64,
    pub(crate) place: String,
}

/// Begins to keep a run.
///
/// # Errors
/// When the history cannot be written to.
pub(crate) fn keep(history: &History, meta: &RunMeta, schema: &Arc<Schema>) -> Result<(SendOutput, Kept)> {
    let entry = history.begin(meta)?;
    let kept = Kept { id: entry.id(), place: history.location().to_string() };
    let name = format!("the history {}", kept.place);
    let pieces = RunOutput::new(name.clone(), Box::new(entry.writer()), meta, Arc::clone(schema))?;
    let endpoints = Endpoints::of_texts(&meta.endpoints);
    Ok((Box::new(HistoryOutput { name, pieces, entry: Some(entry), endpoints }), kept))
}

/// Writes a run into the history.
struct HistoryOutput {
    name: String,
    pieces: RunOutput,
    entry: Option<RunEntry>,
    endpoints: Endpoints,
}

impl Output for HistoryOutput {
    fn name(&self) -> &str {
        &self.name
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        self.pieces.event(event)
    }

    fn finish(&mut self, run: &Run, verdicts: &[Verdict]) -> Result<(), OutputError> {
        self.pieces.finish(run, verdicts)?;
        let Some(entry) = self.entry.take() else { return Ok(()) };
        let kept = entry.finish(run, &conclusion(run, verdicts, &self.endpoints));
        kept.map(drop).map_err(|error| OutputError::Write {
            path: self.name.clone(),
            source: std::io::Error::other(error),
        })
    }
}

/// What the history keeps beside a run: how it was judged, and its figures.
pub(crate) fn conclusion(run: &Run, verdicts: &[Verdict], endpoints: &Endpoints) -> Conclusion {
    let number = |outcome| verdicts.iter().filter(|verdict| verdict.outcome == outcome).count();
    let failed = verdicts.iter().filter(|verdict| verdict.fails).count();
    let (outcome, words) = if verdicts.is_empty() {
        (Outcome::Unknown, "nothing was judged".to_owned())
    } else if failed > 0 {
        (Outcome::Failed, format!("{failed} of {} failed", verdicts.len()))
    } else if number(Judged::Inconclusive) > 0 {
        let open = number(Judged::Inconclusive);
        (Outcome::Inconclusive, format!("{open} of {} inconclusive", verdicts.len()))
    } else {
        (Outcome::Passed, format!("{} of {} passed", number(Judged::Pass), verdicts.len()))
    };
    let figures = figures(run, endpoints)
        .into_iter()
        .map(|figure| Figure {
            subject: figure.subject,
            quantity: figure.quantity,
            value: figure.value,
            unit: match figure.better {
                Better::Lower => "ms",
                Better::Higher => "/s",
                Better::LowerShare => "share",
            }
            .to_owned(),
            values: figure.count,
        })
        .collect();
    Conclusion { outcome, words, figures }
}
