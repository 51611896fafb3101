//! Looking for damage, and what can be shown of a run of which nothing is known.

use std::collections::BTreeMap;

use loadline_measure::{Judgement, RunRecord, RunState};

use crate::damage::Damage;
use crate::error::HistoryError;
use crate::history::History;

impl History {
    /// What was found to be damaged so far, of all that was read.
    pub fn damaged(&self) -> impl Iterator<Item = &Damage> {
        self.found.iter()
    }

    /// Looks for damage in what lists, trends and baselines stand on: every run's row, the names of figures, and the
    /// baselines. Figures and Run files are looked at where they are read.
    ///
    /// # Errors
    /// Those of the database.
    pub fn inspect(&mut self) -> Result<Vec<Damage>, HistoryError> {
        let runs = self.runs("inspecting the history")?;
        self.names_of(&runs)?;
        self.baselines()?;
        Ok(self.found.iter().cloned().collect())
    }

    /// The runs whose rows are damaged or missing, as a list can show them: with nothing but their numbers.
    ///
    /// # Errors
    /// Those of the database.
    pub fn damaged_runs(&mut self) -> Result<Vec<RunRecord>, HistoryError> {
        let runs = self.runs("listing runs")?;
        let record = |(id, why): (i64, &str)| RunRecord {
            id,
            started_unix_ms: 0,
            name: String::new(),
            fingerprint: String::new(),
            plan: String::new(),
            commit: String::new(),
            branch: String::new(),
            target_version: String::new(),
            host: String::new(),
            state: RunState::Damaged,
            duration_ms: 0,
            outcome: Judgement::Unknown,
            words: why.to_owned(),
            saturated: false,
            annotations: BTreeMap::new(),
        };
        Ok(runs.damaged.into_iter().rev().map(record).collect())
    }
}
