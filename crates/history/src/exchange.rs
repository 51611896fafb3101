//! Runs in and out, as Run files. Nothing is taken twice: a run is known by its identity, in however many pieces it
//! comes, and one of before by its content.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use loadline_measure::{Completeness, Conclusion, Run, RunRecord, RunState, read_run};

use crate::database::{Fault, row, transaction};
use crate::error::HistoryError;
use crate::filter::Filter;
use crate::history::History;
use crate::store_run::{Summary, hash, insert, keep, packed};

/// What became of a run that was given to the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is new, with this number.
    New(i64),
    /// It was there, with this number; nothing was changed.
    Known(i64),
    /// A part of it was there, with this number, and this is more of it, which has taken its place.
    Completed(i64),
}

impl History {
    /// Adds a run that came from elsewhere.
    ///
    /// # Errors
    /// [`HistoryError::Locked`], and those of the database.
    pub fn add(&mut self, run: &Run, conclusion: &Conclusion) -> Result<Added, HistoryError> {
        let file = packed(run)?;
        self.add_file(run, &file, conclusion)
    }

    /// Adds the run of a Run file of either version; `conclude` judges it. A run that was cut off stays so: its file is
    /// kept as it came. A damaged file is not taken.
    ///
    /// # Errors
    /// [`HistoryError::RunFile`] when it is none, [`HistoryError::Damaged`], [`HistoryError::Locked`], and those
    /// of the database.
    pub fn import(
        &mut self,
        reader: impl Read,
        conclude: impl FnOnce(&Run, &Completeness) -> Conclusion,
    ) -> Result<Added, HistoryError> {
        // No more is taken than makes a run: what is none, or has no end, ends this at once.
        let mut file = Vec::new();
        let (run, completeness) = read_run(Copying { reader, copy: &mut file })?;
        let conclusion = conclude(&run, &completeness);
        match completeness {
            Completeness::Damaged { .. } => return Err(HistoryError::Damaged(completeness)),
            Completeness::Cut { .. } | Completeness::GoesOn { .. } => {}
            Completeness::Complete | Completeness::Interrupted { .. } => file = packed(&run)?,
        }
        self.add_file(&run, &file, &conclusion)
    }

    fn add_file(&mut self, run: &Run, file: &[u8], conclusion: &Conclusion) -> Result<Added, HistoryError> {
        const ADDING: &str = "adding the run";
        let hash = hash(run)?;
        let state = RunState::of_run(&run.completeness(), RunState::Imported);
        let summary = || Summary::over(run, &hash, state, conclusion);
        if let Some(id) = self.known(&hash, &run.meta.id)? {
            if !self.is_part_of(id, run)? {
                return Ok(Added::Known(id));
            }
            let completed =
                transaction(&mut *self.database, |database| keep(database, id, summary(), file, conclusion));
            completed.map_err(|fault: Fault| self.explain(ADDING, fault))?;
            return Ok(Added::Completed(id));
        }
        let added = transaction(&mut *self.database, |database| {
            let Some((id, _)) = insert(database, &summary())? else { return Ok(None) };
            keep(database, id, summary(), file, conclusion)?;
            Ok(Some(id))
        });
        match added.map_err(|fault: Fault| self.explain(ADDING, fault))? {
            Some(id) => Ok(Added::New(id)),
            // Somebody else has added it just now.
            None => Ok(Added::Known(self.known(&hash, &run.meta.id)?.unwrap_or_default())),
        }
    }

    /// The run that is this one, by its identity, or by its content where it has none.
    fn known(&mut self, hash: &str, identity: &str) -> Result<Option<i64>, HistoryError> {
        const LOOKING: &str = "looking for the run";
        // Not by an index, which has no seals.
        let sql = "SELECT id FROM loadline_runs WHERE hash || '' = $1 OR (identity <> '' AND identity || '' = $2) \
                   ORDER BY id LIMIT 1";
        let found = self.read(LOOKING, sql, &[hash.into(), identity.into()])?;
        let Some(cells) = found.into_iter().next() else { return Ok(None) };
        let id = row(cells).and_then(|[id]| id.int());
        id.map(Some).map_err(|fault| self.explain(LOOKING, fault))
    }

    /// Whether what is there is less of a run than this, or damaged. A run that is still recorded is left alone.
    fn is_part_of(&mut self, id: i64, run: &Run) -> Result<bool, HistoryError> {
        let whole = matches!(run.completeness(), Completeness::Complete | Completeness::Interrupted { .. });
        let state = match self.record(id) {
            Ok(record) => record.state,
            // A piece is no reason to give up what else there may be of it.
            Err(HistoryError::Altered { .. }) => return Ok(whole),
            Err(error) => return Err(error),
        };
        if state.is_whole() || state == RunState::Interrupted {
            return Ok(whole && self.is_damaged(id)?);
        }
        if self.goes_on(id)? {
            return Ok(false);
        }
        Ok(whole || self.load(id).map_or(Duration::ZERO, |(part, _)| part.duration) < run.duration)
    }

    /// Whether the file of a run, or one of its figures, is not what was written.
    fn is_damaged(&mut self, id: i64) -> Result<bool, HistoryError> {
        match self.figures(id) {
            Err(HistoryError::Altered { .. }) => Ok(true),
            Err(error) => Err(error),
            Ok(_) => Ok(self.file(id)?.damage.is_some()),
        }
    }

    /// Writes the Run file of a run, and says what it is that was written, unless that is whole.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], those of the database, and [`HistoryError::Io`] for the writer's.
    pub fn export(&mut self, id: i64, mut writer: impl Write) -> Result<Option<String>, HistoryError> {
        let file = self.file(id)?;
        let written = writer.write_all(&file.bytes).and_then(|()| writer.flush());
        written.map_err(|source| HistoryError::Io { what: format!("exporting run {id}"), source })?;
        self.incomplete(id)
    }

    /// What became of a run that is not whole, in words that follow its name.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], and those of the database.
    pub fn incomplete(&mut self, id: i64) -> Result<Option<String>, HistoryError> {
        match self.load(id) {
            Ok((run, _)) => Ok(run.incomplete()),
            Err(HistoryError::Unreadable { source, .. }) => Ok(Some(format!("cannot be read: {source}"))),
            Err(error) => Err(error),
        }
    }

    /// Writes the Run files of these runs into a folder, which is made when it is not there, and says which, and of
    /// each that is not whole what it is. They are named by time, name and number:
    /// `2026-11-26T15-20-39-checkout-17.run`.
    ///
    /// # Errors
    /// Those of the database, and [`HistoryError::Io`] for the folder's.
    pub fn export_all(
        &mut self,
        filter: &Filter,
        folder: &Path,
    ) -> Result<Vec<(PathBuf, Option<String>)>, HistoryError> {
        let failed = |path: &Path| {
            let what = format!("exporting to `{}`", path.display());
            move |source| HistoryError::Io { what, source }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let mut paths = Vec::new();
        for record in self.list(filter)? {
            let path = folder.join(file_name(&record));
            let file = self.file(record.id)?;
            write_whole(&path, &file.bytes).map_err(failed(&path))?;
            paths.push((path, self.incomplete(record.id)?));
        }
        Ok(paths)
    }
}

/// Reads, and keeps what it read.
struct Copying<'a, R> {
    reader: R,
    copy: &'a mut Vec<u8>,
}

impl<R: Read> Read for Copying<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.copy.extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

/// A file that has its name has all of its content.
fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut written = File::create(&part)?;
    let written =
        written.write_all(content).and_then(|()| written.sync_all()).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written
}

fn file_name(record: &RunRecord) -> String {
    const LONGEST: usize = 60;
    let started = jiff::Timestamp::from_millisecond(record.started_unix_ms).map_or_else(
        |_| record.started_unix_ms.to_string(),
        |time| time.strftime("%Y-%m-%dT%H-%M-%S").to_string(),
    );
    // `loadtests/checkout.ts` is `checkout`, and a URL what comes after its scheme.
    let name = record.name.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let safe =
        |letter: char| if letter.is_ascii_alphanumeric() || "-_".contains(letter) { letter } else { '-' };
    let name: String = name.chars().take(LONGEST).map(safe).collect();
    let name = if name.is_empty() { "run" } else { &name };
    format!("{started}-{name}-{}.run", record.id)
}
