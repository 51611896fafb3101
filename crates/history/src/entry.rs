//! A run that enters the history while it goes on.
//!
//! What the run writes arrives in flushes, one for each second, and each becomes a row in a transaction of its own:
//! what was flushed is there whatever happens to the process. At the end one transaction puts the packed run and its
//! figures in their place. An entry that never gets there stays as it is, and the run can be read up to its last
//! second.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use loadline_measure::{Conclusion, Run, RunMeta, RunState};

use crate::alive::Sign;
use crate::database::{Database, Fault, Value, transaction};
use crate::error::HistoryError;
use crate::history::{History, explain, explain_after};
use crate::location::Location;
use crate::store_run::{Summary, hash, insert, keep, packed};
use crate::tables::{DURATION, PARTS, PIECES, RUNS};

const KEEPING: &str = "keeping the run";
/// How long a second waits for another writer, before it waits with the next one: whoever writes it makes load as well.
const A_MOMENT: Duration = Duration::from_millis(200);
/// How long the end of a run does.
const AT_LAST: Duration = Duration::from_secs(30);

/// A run that has begun. Dropped without [`RunEntry::finish`], the run stays in the history as unfinished.
pub struct RunEntry {
    id: i64,
    shared: Arc<Mutex<Shared>>,
}

/// Takes what a [`RunWriter`](loadline_measure::RunWriter) writes; each flush is kept for good, or with the next one
/// when another writer is in the way ([`RunEntry::behind`]).
pub struct PieceWriter {
    shared: Arc<Mutex<Shared>>,
}

struct Shared {
    location: Location,
    database: Box<dyn Database>,
    /// Its row, as it was written last.
    cells: Vec<Value>,
    next: i64,
    pending: Vec<u8>,
    /// How much of the run that is.
    reached: Duration,
    /// How many times in a row another writer was in the way.
    behind: u32,
    /// Nothing is taken any more.
    over: bool,
    /// That the run goes on.
    sign: Option<Sign>,
}

impl History {
    /// Begins a run, over a connection of its own, so that it may go to another thread.
    ///
    /// # Errors
    /// [`HistoryError::Locked`], and those of the database.
    pub fn begin(&self, meta: &RunMeta) -> Result<RunEntry, HistoryError> {
        let History { location, mut database, .. } = History::open(&self.location)?;
        let begun = transaction(&mut *database, |database| {
            let begun = insert(database, &Summary::begun(meta))?;
            let (id, cells) = begun.ok_or_else(|| Fault::Failed("the run was not taken".into()))?;
            Ok((id, cells, Sign::show(&location, database, id)?))
        });
        let (id, cells, sign) = begun.map_err(|fault| explain(&location, "beginning the run", fault))?;
        let moment = database.wait_for(A_MOMENT);
        moment.map_err(|fault| explain(&location, "beginning the run", fault))?;
        let shared = Shared {
            location,
            database,
            cells,
            next: 0,
            pending: Vec::new(),
            reached: Duration::ZERO,
            behind: 0,
            over: false,
            sign: Some(sign),
        };
        Ok(RunEntry { id, shared: Arc::new(Mutex::new(shared)) })
    }
}

impl RunEntry {
    /// The run's number.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Says how far the run has come with what is written next: as long is an unfinished run.
    pub fn reached(&self, recorded: Duration) {
        locked(&self.shared).reached = recorded;
    }

    /// How many of the last flushes found another writer in the way: what they had waits for the next one, and is not
    /// kept yet.
    pub fn behind(&self) -> u32 {
        locked(&self.shared).behind
    }

    /// Where the run is to be written to, as a Run file, once.
    pub fn writer(&self) -> PieceWriter {
        PieceWriter { shared: Arc::clone(&self.shared) }
    }

    /// Puts the run as it ended in place of what was written of it, packed and with its figures; all of it or nothing.
    /// A connection that was lost meanwhile is made once more: the run is complete in memory, and an outage of the
    /// database in the middle of it costs nothing.
    ///
    /// # Errors
    /// [`HistoryError::Locked`], [`HistoryError::NoSuchRun`] when somebody removed it, and those of the database. The
    /// run stays as unfinished then.
    pub fn finish(&self, run: &Run, conclusion: &Conclusion) -> Result<i64, HistoryError> {
        self.put(run, conclusion, false)
    }

    /// As [`finish`](Self::finish), but waits for no other writer.
    ///
    /// # Errors
    /// As [`finish`](Self::finish).
    pub fn finish_at_once(&self, run: &Run, conclusion: &Conclusion) -> Result<i64, HistoryError> {
        self.put(run, conclusion, true)
    }

    fn put(&self, run: &Run, conclusion: &Conclusion, at_once: bool) -> Result<i64, HistoryError> {
        let (file, hash) = (packed(run)?, hash(run)?);
        let mut shared = locked(&self.shared);
        let Shared { location, database, .. } = &mut *shared;
        let state = RunState::of_run(&run.completeness(), RunState::Finished);
        let put = |database: &mut dyn Database| {
            transaction(database, |database| {
                let summary = Summary::over(run, &hash, state, conclusion);
                keep(database, self.id, summary, &file, conclusion)
            })
        };
        let patient = database.wait_for(if at_once { A_MOMENT } else { AT_LAST });
        let mut there = patient.and_then(|()| put(&mut **database));
        if matches!(there, Err(Fault::Failed(_) | Fault::NotWritten(_))) {
            let mut again = History::open(location)?;
            there = put(&mut *again.database);
        }
        let waited = if at_once { A_MOMENT } else { AT_LAST };
        if !there.map_err(|fault| explain_after(location, KEEPING, fault, waited))? {
            let among = ": it was removed while it went on".to_owned();
            return Err(HistoryError::NoSuchRun {
                pick: self.id.to_string(),
                location: location.to_string(),
                among,
            });
        }
        shared.over = true;
        shared.sign = None;
        Ok(self.id)
    }
}

fn locked(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    // A panic elsewhere leaves nothing half-done: what was not flushed is still pending.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Write for PieceWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut shared = locked(&self.shared);
        if !shared.over {
            shared.pending.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut shared = locked(&self.shared);
        let Shared { location, database, cells, next, pending, reached, behind, over, .. } = &mut *shared;
        if *over || pending.is_empty() {
            return Ok(());
        }
        let piece = [cells[0].clone(), (*next).into(), pending.clone().into()];
        cells[DURATION] = i64::try_from(reached.as_millis()).unwrap_or(i64::MAX).into();
        cells[PIECES] = (*next + 1).into();
        let kept = transaction(&mut **database, |database| {
            PARTS.insert(database, &piece, "")?;
            RUNS.replace(database, cells, 1)
        });
        match kept {
            Ok(_) => *behind = 0,
            Err(Fault::Locked) => {
                *behind += 1;
                return Ok(());
            }
            Err(fault) => return Err(io::Error::other(explain(location, KEEPING, fault))),
        }
        pending.clear();
        *next += 1;
        Ok(())
    }
}

impl fmt::Debug for RunEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunEntry").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for PieceWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PieceWriter").finish_non_exhaustive()
    }
}
