//! A run that is kept while it goes on: in the history, or in a file beside it where that fails.
//!
//! A history can fail in the middle of a run: another process writes for a long time, the disk is full, a server does
//! not answer. Seconds that another writer is in the way of wait for the next one; what takes longer, or fails
//! otherwise, begins a Run file with everything that was measured until then, which goes on to the end. At the end the
//! history is tried once more, with the whole run, and when it takes it the file goes. What is said of where the run is
//! kept is said when that is known.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loadline_history::{History, Location, RunEntry};
use loadline_measure::{Run, RunMeta, Schema};
use loadline_report::{Event, Output, OutputError, RunOutput, Witness};
use loadline_verdict::{Endpoints, Verdict, conclude};

use crate::failure::{Cause, with_causes};
use crate::outputs::{default_run_path, run_path};

/// So many seconds in a row may wait for another writer before the run is written to a file as well.
const PATIENCE: u32 = 10;

/// Where a run is kept, once it is.
#[derive(Clone, Debug, Default)]
pub struct KeptRun(Arc<Mutex<Option<String>>>);

impl KeptRun {
    /// Where it is kept, in words; nothing when it is kept nowhere.
    pub fn words(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn say(&self, words: Option<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = words;
    }
}

/// Keeps a run.
pub(crate) struct Keeper {
    name: String,
    place: String,
    history: Option<(RunEntry, RunOutput)>,
    endpoints: Endpoints,
    beside: Beside,
    kept: KeptRun,
    /// The history's file, if it is one.
    witness: Option<Witness>,
    /// Why the history does not have all of it.
    why: Option<String>,
}

/// The file beside the history.
struct Beside {
    /// What it is named after.
    run: String,
    schema: Arc<Schema>,
    /// There is one that was asked for, which is as good.
    needless: bool,
    /// Where it is to be, unless that is the usual place.
    folder: Option<PathBuf>,
    file: Option<(PathBuf, RunOutput)>,
}

impl Keeper {
    /// Begins to keep a run in the history. `needless` says that a Run file was asked for, so that none is needed
    /// beside.
    ///
    /// # Errors
    /// When the history cannot be written to.
    pub(crate) fn in_history(
        history: &History,
        name: &str,
        meta: &RunMeta,
        schema: &Arc<Schema>,
        needless: bool,
    ) -> Result<(Self, KeptRun), Cause> {
        let entry = history.begin(meta)?;
        let place = history.location().to_string();
        let output = format!("the history {place}");
        let pieces = RunOutput::new(output.clone(), Box::new(entry.writer()), meta, Arc::clone(schema))?;
        let mut keeper = Self::new(output, name, meta, schema, needless);
        keeper.place = place;
        keeper.witness = match history.location() {
            Location::File(path) => Some(Witness::at(path)),
            Location::Postgres(_) => None,
        };
        keeper.history = Some((entry, pieces));
        let kept = keeper.kept.clone();
        Ok((keeper, kept))
    }

    /// Keeps a run in a file, for want of a history.
    ///
    /// # Errors
    /// When there can be no file.
    pub(crate) fn in_file(
        name: &str,
        meta: &RunMeta,
        schema: &Arc<Schema>,
    ) -> Result<(Self, KeptRun), Cause> {
        let mut keeper = Self::new(String::new(), name, meta, schema, false);
        keeper.beside.begin(&Run::new(meta.clone(), Arc::clone(schema)))?;
        if let Some((path, _)) = &keeper.beside.file {
            keeper.name = path.display().to_string();
        }
        let kept = keeper.kept.clone();
        Ok((keeper, kept))
    }

    fn new(output: String, name: &str, meta: &RunMeta, schema: &Arc<Schema>, needless: bool) -> Self {
        let beside =
            Beside { run: name.to_owned(), schema: Arc::clone(schema), needless, folder: None, file: None };
        Self {
            name: output,
            place: String::new(),
            history: None,
            endpoints: Endpoints::of_texts(&meta.endpoints),
            beside,
            kept: KeptRun::default(),
            witness: None,
            why: None,
        }
    }

    /// Tries to have the history take all of the run.
    fn conclude(&mut self, run: &Run, verdicts: &[Verdict]) -> Result<Option<i64>, OutputError> {
        let Some((entry, mut pieces)) = self.history.take() else { return Ok(None) };
        if self.why.is_none() && pieces.finish(run, verdicts).is_err() {
            self.why = Some("it could not be written to".to_owned());
        }
        if let Some(Err(error)) = self.witness.as_ref().map(Witness::check) {
            self.why = Some(error.to_string());
            return Ok(None);
        }
        let conclusion = conclude(run, verdicts, &self.endpoints);
        let mut taken = if entry.behind() > 0 || self.why.is_some() {
            entry.finish_at_once(run, &conclusion)
        } else {
            entry.finish(run, &conclusion)
        };
        if taken.is_err() {
            // Before anything waits: nobody knows how long the process has.
            self.beside.begin_with(run)?;
            self.beside.finish(run, verdicts)?;
            if entry.behind() > 0 {
                taken = entry.finish(run, &conclusion);
            }
        }
        match taken {
            Ok(id) => Ok(Some(id)),
            Err(error) => {
                self.why = Some(with_causes(&error));
                Ok(None)
            }
        }
    }
}

impl Output for Keeper {
    fn name(&self) -> &str {
        &self.name
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), OutputError> {
        if let Some((_, file)) = &mut self.beside.file {
            file.event(event)?;
        }
        let Event::Second { second, run, .. } = event else { return Ok(()) };
        let Some((entry, pieces)) = &mut self.history else { return Ok(()) };
        if self.why.is_some() {
            return Ok(());
        }
        entry.reached(Duration::from_secs(second + 1));
        match pieces.event(event) {
            Err(error) => self.why = Some(with_causes(&error)),
            // It goes on trying: what waits is not lost, only not safe.
            Ok(()) if entry.behind() < PATIENCE => return Ok(()),
            Ok(()) => {}
        }
        self.beside.begin_with(run)
    }

    fn finish(&mut self, run: &Run, verdicts: &[Verdict]) -> Result<(), OutputError> {
        if let Some(id) = self.conclude(run, verdicts)? {
            self.beside.remove();
            let place = &self.place;
            self.kept.say(Some(format!("run {id} of {place}; next: `loadline history show {id}`")));
            return Ok(());
        }
        if self.why.is_some() {
            self.beside.begin_with(run)?;
        }
        self.beside.finish(run, verdicts)?;
        let why = self.why.take().map(|why| format!(": the history does not have it: {why}"));
        let words = self.beside.file.take().map(|(path, _)| format!("run kept in {}", path.display()));
        let words = words.or_else(|| why.as_ref().map(|_| "the run is in its own file alone".to_owned()));
        self.kept.say(words.map(|words| words + &why.unwrap_or_default()));
        Ok(())
    }
}

impl Beside {
    /// Begins a file with all that there is of the run, unless there is one.
    fn begin_with(&mut self, run: &Run) -> Result<(), OutputError> {
        if self.file.is_some() || self.needless {
            return Ok(());
        }
        self.begin(run).map_err(|error| OutputError::Write {
            path: "the file beside the history".to_owned(),
            source: std::io::Error::other(error),
        })
    }

    fn begin(&mut self, run: &Run) -> Result<(), Cause> {
        let begin = |path: PathBuf| -> Result<(PathBuf, RunOutput), Cause> {
            let mut file = RunOutput::create(&path, &run.meta, Arc::clone(&self.schema))?;
            for (second, window) in run.seconds() {
                file.second(second, &window)?;
            }
            Ok((path, file))
        };
        let started = run.meta.started_unix_ms;
        let path = match &self.folder {
            Some(folder) => run_path(folder, &self.run, started)?,
            None => default_run_path(&self.run, started)?,
        };
        self.file = Some(match begin(path.clone()) {
            Ok(begun) => begun,
            Err(error) => {
                // No room here: there may be some where files do not stay for ever.
                let _ = std::fs::remove_file(&path);
                let elsewhere = run_path(&std::env::temp_dir(), &self.run, started)?;
                begin(elsewhere).map_err(|_| error)?
            }
        });
        Ok(())
    }

    fn finish(&mut self, run: &Run, verdicts: &[Verdict]) -> Result<(), OutputError> {
        self.file.as_mut().map_or(Ok(()), |(_, file)| file.finish(run, verdicts))
    }

    /// What it was for is done.
    fn remove(&mut self) {
        if let Some((path, _)) = self.file.take() {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use loadline_history::Filter;
    use loadline_measure::{MetricKind, Recorder, TagSetId, Unit, read_run};

    use super::*;

    /// A run that is kept, second by second.
    struct Kept {
        folder: tempfile::TempDir,
        recorder: Recorder,
        metric: loadline_measure::MetricId,
        run: Run,
        keeper: Keeper,
        words: KeptRun,
        second: u64,
    }

    impl Kept {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let schema = Schema::new();
            let metric = schema.define("events", MetricKind::Counter, Unit::Plain).unwrap();
            let run = Run::new(RunMeta { name: "shop.js".to_owned(), ..RunMeta::default() }, schema.clone());
            let history = History::open(&Location::File(folder.path().join("history"))).unwrap();
            let (mut keeper, words) =
                Keeper::in_history(&history, "shop.js", &run.meta, &schema, false).unwrap();
            keeper.beside.folder = Some(folder.path().join("runs"));
            Self { recorder: Recorder::new(schema), folder, metric, run, keeper, words, second: 0 }
        }

        fn second(&mut self) -> Result<(), OutputError> {
            self.recorder.record(self.metric, 1.0, TagSetId::EMPTY);
            let window = self.recorder.take_window();
            self.run.push(self.second, window.clone());
            let event = Event::Second { second: self.second, window: &window, run: &self.run, progress: &[] };
            self.second += 1;
            self.keeper.event(&event)
        }

        fn sql(&self) -> rusqlite::Connection {
            rusqlite::Connection::open(self.folder.path().join("history")).unwrap()
        }

        /// The seconds in each file beside the history.
        fn beside(&self) -> Vec<usize> {
            let Ok(files) = std::fs::read_dir(self.folder.path().join("runs")) else { return Vec::new() };
            let read = |path: &Path| read_run(std::fs::File::open(path).unwrap()).unwrap().0;
            files.map(|file| read(&file.unwrap().path()).seconds().count()).collect()
        }

        fn in_history(&self) -> Vec<usize> {
            let mut history = History::open(&Location::File(self.folder.path().join("history"))).unwrap();
            let listed = history.list(&Filter::default()).unwrap();
            listed.iter().map(|record| history.load(record.id).unwrap().0.seconds().count()).collect()
        }
    }

    #[test]
    fn seconds_wait_for_another_writer_and_none_is_lost() {
        let mut kept = Kept::new();
        kept.second().unwrap();
        let other = kept.sql();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        for _ in 0..3 {
            kept.second().unwrap();
        }
        assert_eq!(kept.in_history(), [1]);
        other.execute_batch("COMMIT").unwrap();
        kept.second().unwrap();
        assert_eq!((kept.in_history(), kept.beside()), (vec![5], vec![]));
        kept.keeper.finish(&kept.run, &[]).unwrap();
        assert!(kept.words.words().unwrap().starts_with("run 1 of "));
    }

    #[test]
    fn a_run_that_waits_for_long_is_in_a_file_as_well_until_the_history_has_it() {
        let mut kept = Kept::new();
        kept.second().unwrap();
        let other = kept.sql();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        for _ in 0..PATIENCE {
            assert!(kept.beside().is_empty());
            kept.second().unwrap();
        }
        kept.second().unwrap();
        assert_eq!(kept.beside(), [12], "whole, also from before");
        assert_eq!(kept.words.words(), None, "nobody knows yet where it will be");
        other.execute_batch("COMMIT").unwrap();
        kept.keeper.finish(&kept.run, &[]).unwrap();
        assert_eq!((kept.in_history(), kept.beside()), (vec![12], vec![]));
        assert!(kept.words.words().unwrap().starts_with("run 1 of "));
    }

    #[test]
    fn a_history_that_fails_leaves_a_whole_file_and_no_word_of_it_is_untrue() {
        let mut kept = Kept::new();
        kept.second().unwrap();
        kept.sql().execute_batch("PRAGMA foreign_keys = on; DELETE FROM loadline_runs").unwrap();
        kept.second().unwrap();
        kept.second().unwrap();
        assert_eq!(kept.beside(), [3]);
        kept.keeper.finish(&kept.run, &[]).unwrap();
        assert_eq!((kept.in_history(), kept.beside()), (vec![], vec![3]));
        let words = kept.words.words().unwrap();
        assert!(words.starts_with("run kept in ") && words.contains("removed while it went on"), "{words}");
    }
}
