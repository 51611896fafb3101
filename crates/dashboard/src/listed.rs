//! The runs of a history as a list, in the form that the page reads (`web/src/runs.tsx`).

use loadline_history::{Filter, History, HistoryError};
use loadline_measure::{RunRecord, RunState};
use loadline_page::VERSION;
use serde::Serialize;

/// Runs in the list.
const MOST_LISTED: usize = 500;

/// A history as a list.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    /// The form's.
    version: u32,
    /// Where it is.
    location: String,
    /// The newest first.
    runs: Vec<ListedRun>,
    /// Runs that are older than those.
    left_out: u64,
    /// What is damaged, in words.
    damaged: Vec<String>,
}

/// A run in it.
#[derive(Debug, Serialize)]
struct ListedRun {
    id: i64,
    name: String,
    started_unix_ms: i64,
    duration_ms: u64,
    /// How it came to be here; `recorded` while it goes on.
    state: String,
    /// `passed`, `failed`, `inconclusive` or `unknown`.
    outcome: String,
    words: String,
    commit: String,
    branch: String,
    target_version: String,
    plan: String,
    /// Runs of one kind are worth comparing.
    kind: String,
    saturated: bool,
}

impl Listed {
    pub(crate) fn of(history: &mut History) -> Result<Self, HistoryError> {
        let records = history.list(&Filter::default())?;
        let left_out = records.len().saturating_sub(MOST_LISTED) as u64;
        let mut runs = Vec::new();
        for record in records.into_iter().take(MOST_LISTED) {
            let is_recorded = record.state == RunState::Unfinished && history.is_recorded(record.id)?;
            runs.push(ListedRun::of(record, is_recorded));
        }
        let damaged = history.damaged().map(ToString::to_string).collect();
        Ok(Self { version: VERSION, location: history.location().to_string(), runs, left_out, damaged })
    }
}

impl ListedRun {
    fn of(record: RunRecord, is_recorded: bool) -> Self {
        let state = if is_recorded { "recorded".to_owned() } else { record.state.to_string() };
        Self {
            id: record.id,
            name: record.name,
            started_unix_ms: record.started_unix_ms,
            duration_ms: record.duration_ms,
            state,
            outcome: record.outcome.to_string(),
            words: record.words,
            commit: record.commit,
            branch: record.branch,
            target_version: record.target_version,
            plan: record.plan,
            kind: record.fingerprint,
            saturated: record.saturated,
        }
    }
}
