//! Runs that go. What a baseline stands on never does.

use std::collections::{HashMap, HashSet};

use loadline_measure::{RunRecord, RunState};

use crate::census::{self, recount};
use crate::database::{Fault, row, transaction};
use crate::error::HistoryError;
use crate::filter::Filter;
use crate::history::History;
use crate::numbers::Numbers;
use crate::runs;
use crate::schema::VERSION;

/// Which runs stay: those that either of the two keeps. Without both, all stay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// This many, the newest.
    pub newest: Option<usize>,
    /// Those that started then or later, in milliseconds since 1970 UTC.
    pub since_unix_ms: Option<i64>,
}

impl Keep {
    /// Whether a run stays that so many are newer than.
    fn keeps(self, newer: usize, started_unix_ms: i64) -> bool {
        let all = self == Self::default();
        let newest = self.newest.is_some_and(|newest| newer < newest);
        all || newest || self.since_unix_ms.is_some_and(|since| started_unix_ms >= since)
    }
}

impl History {
    /// Removes the runs that are not kept, that no baseline stands on and that are over, and says which, newest first.
    /// A dry run says it and removes nothing. The space is free for new runs; [`History::vacuum`] gives it back.
    ///
    /// # Errors
    /// [`HistoryError::Locked`], and those of the database.
    pub fn prune(&mut self, keep: Keep, dry_run: bool) -> Result<Vec<RunRecord>, HistoryError> {
        let protected = self.protected()?;
        let mut going = self.list(&Filter::default())?;
        let recorded = self.recorded(&going)?;
        let mut newer = 0..;
        going.retain(|record| {
            let newer = newer.next().unwrap_or_default();
            !keep.keeps(newer, record.started_unix_ms)
                && !protected.contains_key(&record.id)
                && !recorded.contains(&record.id)
        });
        if !dry_run {
            let ids: Vec<i64> = going.iter().map(|record| record.id).collect();
            self.delete(&ids)?;
        }
        Ok(going)
    }

    /// Removes one run.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], [`HistoryError::InBaseline`], [`HistoryError::GoesOn`],
    /// [`HistoryError::Locked`], and those of the database.
    pub fn remove(&mut self, id: i64) -> Result<RunRecord, HistoryError> {
        let record = self.record(id)?;
        if !self.recorded(std::slice::from_ref(&record))?.is_empty() {
            return Err(HistoryError::GoesOn { run: id });
        }
        if let Some(baseline) = self.protected()?.remove(&id) {
            return Err(HistoryError::InBaseline { run: id, baseline });
        }
        self.delete(&[id])?;
        Ok(record)
    }

    /// Removes the runs whose rows are damaged or missing, with all that is there of them, and says which. Those that
    /// are whole are all runs there are from then on, also where the census was damaged.
    ///
    /// # Errors
    /// [`HistoryError::InBaseline`], [`HistoryError::Locked`], and those of the database.
    pub fn remove_damaged(&mut self, dry_run: bool) -> Result<Vec<RunRecord>, HistoryError> {
        let gone = self.damaged_runs()?;
        if dry_run {
            return Ok(gone);
        }
        let protected = self.protected()?;
        if let Some((run, baseline)) =
            gone.iter().find_map(|record| Some((record.id, protected.get(&record.id)?)))
        {
            return Err(HistoryError::InBaseline { run, baseline: baseline.clone() });
        }
        let removed = transaction(&mut *self.database, |database| {
            // Whatever number a damaged row has now.
            let runs = runs::all(database, VERSION)?;
            for [id] in database
                .query("SELECT id FROM loadline_runs", &[])?
                .into_iter()
                .map(row)
                .collect::<Result<Vec<_>, _>>()?
            {
                let id = id.int()?;
                if !runs.whole.contains_key(&id) {
                    database.execute("DELETE FROM loadline_runs WHERE id = $1", &[id.into()])?;
                }
            }
            census::renew(database, &runs.whole.keys().copied().collect::<Numbers>())
        });
        removed.map_err(|fault: Fault| self.explain("removing damaged runs", fault))?;
        self.found.retain(|damage| damage.run.is_none());
        Ok(gone)
    }

    /// Gives the space of removed runs back to the system. Nobody can write meanwhile.
    ///
    /// # Errors
    /// [`HistoryError::Locked`], and those of the database.
    pub fn vacuum(&mut self) -> Result<(), HistoryError> {
        for statement in self.database.dialect().vacuum {
            self.database.batch(statement).map_err(|fault| self.explain("vacuuming", fault))?;
        }
        Ok(())
    }

    fn delete(&mut self, ids: &[i64]) -> Result<(), HistoryError> {
        // One that became part of a baseline meanwhile is kept by it, and so are all others.
        let deleted = transaction(&mut *self.database, |database| {
            for id in ids {
                database.execute("DELETE FROM loadline_runs WHERE id = $1", &[(*id).into()])?;
            }
            recount(database, |numbers: &mut Numbers| numbers.0.retain(|number| !ids.contains(number)))
        });
        deleted.map_err(|fault: Fault| self.explain("removing runs", fault))
    }

    /// Those of the runs that are still recorded.
    fn recorded(&mut self, records: &[RunRecord]) -> Result<HashSet<i64>, HistoryError> {
        let mut recorded = HashSet::new();
        for record in records.iter().filter(|record| record.state == RunState::Unfinished) {
            if self.goes_on(record.id)? {
                recorded.insert(record.id);
            }
        }
        Ok(recorded)
    }

    /// The runs of baselines, each with one of them.
    fn protected(&mut self) -> Result<HashMap<i64, String>, HistoryError> {
        let baselines = self.baselines()?.into_iter();
        Ok(baselines
            .flat_map(|baseline| baseline.runs.into_iter().map(move |run| (run, baseline.name.clone())))
            .collect())
    }
}
