//! Keeping a run in the history while it goes on, and concluding it when it is over.

use std::sync::Arc;

use anyhow::Result;
use loadline_history::{History, RunEntry};
use loadline_measure::{Run, RunMeta, Schema};
use loadline_report::{Event, Output, OutputError, RunOutput};
use loadline_runner::SendOutput;
use loadline_verdict::{Endpoints, Verdict, conclude};

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
        let kept = entry.finish(run, &conclude(run, verdicts, &self.endpoints));
        kept.map(drop).map_err(|error| OutputError::Write {
            path: self.name.clone(),
            source: std::io::Error::other(error),
        })
    }
}
