//! Whether the process that records a run is still there.
//!
//! A run that is being recorded shows a sign, which the system takes down when its process ends, in whichever way: a
//! lock on a file beside SQLite's, or a lock of the session in PostgreSQL. So a run that is unfinished and has no sign
//! was given up by a process that crashed or was killed. Time tells nothing of this: a run may record nothing for
//! minutes while it is set up.

use loadline_measure::{Conclusion, RunRecord, RunState};

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::database::{Database, Fault, row, transaction};
use crate::error::HistoryError;
use crate::filter::Filter;
use crate::history::History;
use crate::location::Location;
use crate::store_run::conclude;

/// The sign of a run that is being recorded; taken down when dropped.
pub(crate) struct Sign {
    /// Locked, and removed at the end; none where the database's session holds the lock.
    file: Option<(File, PathBuf)>,
}

impl Sign {
    /// Shows it. Within the transaction that begins the run, so that nobody sees the one without the other.
    pub(crate) fn show(location: &Location, database: &mut dyn Database, id: i64) -> Result<Self, Fault> {
        if let Some(lock) = database.dialect().lock_run {
            database.execute(lock, &[id.into()])?;
            return Ok(Self { file: None });
        }
        let Location::File(history) = location else { return Ok(Self { file: None }) };
        let path = path(history, id);
        let file = File::create(&path).map_err(|error| Fault::NotWritten(error.into()))?;
        // On a file system without locks the file alone is the sign: such a run passes for one that goes on.
        let _ = file.try_lock();
        Ok(Self { file: Some((file, path)) })
    }
}

impl Drop for Sign {
    fn drop(&mut self) {
        if let Some((_, path)) = &self.file {
            // One that stays is without a lock, and so no sign.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl History {
    /// The runs whose process is gone without an ending, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn given_up(&mut self) -> Result<Vec<RunRecord>, HistoryError> {
        let unfinished = Filter { state: Some(RunState::Unfinished), ..Filter::default() };
        let mut given_up = Vec::new();
        for record in self.list(&unfinished)? {
            // One that has ended in between has taken its sign down for that reason.
            if !self.has_sign(record.id)? && self.record(record.id)?.state == RunState::Unfinished {
                given_up.push(record);
            }
        }
        given_up.reverse();
        Ok(given_up)
    }

    /// Writes down of a run that was given up how what there is of it was judged. The run itself stays as it is, up to
    /// its last second, and no figures are kept of it: they are not those of a whole run. False when it has an ending
    /// by now.
    ///
    /// # Errors
    /// [`HistoryError::Locked`], and those of the database.
    pub fn settle(&mut self, id: i64, conclusion: &Conclusion) -> Result<bool, HistoryError> {
        let settled = transaction(&mut *self.database, |database| {
            conclude(database, id, RunState::Crashed, conclusion)
        });
        let settled = settled.map_err(|fault: Fault| self.explain("settling a run", fault))?;
        if let Location::File(history) = &self.location {
            // Its process has left it there.
            let _ = std::fs::remove_file(path(history, id));
        }
        Ok(settled)
    }

    /// Whether a run is still recorded, or was until just now.
    pub(crate) fn goes_on(&mut self, id: i64) -> Result<bool, HistoryError> {
        Ok(match self.record(id)?.state {
            RunState::Unfinished => self.has_sign(id)?,
            RunState::Crashed | RunState::Interrupted => false,
            RunState::Finished | RunState::Imported | RunState::Damaged => true,
        })
    }

    fn has_sign(&mut self, id: i64) -> Result<bool, HistoryError> {
        const LOOKING: &str = "looking whether a run goes on";
        if let Some(locked) = self.database.dialect().is_run_locked {
            let cells = self.read(LOOKING, locked, &[id.into()])?.pop().unwrap_or_default();
            let count = row(cells).and_then(|[count]| count.int());
            return Ok(count.map_err(|fault| self.explain(LOOKING, fault))? > 0);
        }
        let Location::File(history) = &self.location else { return Ok(true) };
        let Ok(file) = File::open(path(history, id)) else { return Ok(false) };
        Ok(file.try_lock_shared().is_err())
    }
}

/// Where the sign of a run is: `history.sqlite-run-7`.
fn path(history: &Path, id: i64) -> PathBuf {
    let mut name = history.as_os_str().to_owned();
    name.push(format!("-run-{id}"));
    name.into()
}
