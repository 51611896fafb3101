//! A history that is open: listing, picking and loading runs. Nothing here opens a run but [`History::load`].

use std::collections::BTreeSet;
use std::fmt;
use std::io::Cursor;
use std::path::Path;
use std::time::Duration;

use loadline_measure::{Completeness, Run, RunRecord, RunState, read_run};

use crate::damage::Damage;
use crate::database::{Database, Fault, Postgres, Sqlite, Value, WAIT, snapshot};
use crate::error::HistoryError;
use crate::files::{self, RunFile};
use crate::filter::Filter;
use crate::location::Location;
use crate::pick::Pick;
use crate::runs::{self, RunRow, Runs};
use crate::schema::{self, SchemaState};

/// Clocks of machines that keep runs in one place differ by less.
const A_WHILE_MS: i64 = 60_000;

/// A history that is open, over one connection. Others may have it open as well, in this process or another.
pub struct History {
    pub(crate) location: Location,
    pub(crate) database: Box<dyn Database>,
    /// The version of its tables, which may be an older one when it is only read.
    pub(crate) version: i64,
    /// What was found to be damaged.
    pub(crate) found: BTreeSet<Damage>,
}

impl History {
    /// Opens a history, makes it where there is none, and brings an older one up to date.
    ///
    /// # Errors
    /// [`HistoryError::NotAHistory`], [`HistoryError::Newer`], [`HistoryError::Locked`], and those of the database.
    pub fn open(location: &Location) -> Result<Self, HistoryError> {
        const OPENING: &str = "opening the history";
        let explain = |fault| explain(location, OPENING, fault);
        let mut database: Box<dyn Database> = match location {
            Location::Postgres(server) => Box::new(Postgres::connect(server, false).map_err(explain)?),
            Location::File(path) => {
                file_or_nothing(location, path)?;
                if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    std::fs::create_dir_all(folder)
                        .map_err(|error| explain(Fault::NotWritten(error.into())))?;
                }
                let mut file = Sqlite::open(path, false).map_err(explain)?;
                if !matches!(schema::find(&mut file).map_err(explain)?, SchemaState::Foreign) {
                    file.use_log().map_err(explain)?;
                }
                Box::new(file)
            }
        };
        match schema::find(&mut *database).map_err(explain)? {
            SchemaState::Foreign => return Err(foreign(location)),
            SchemaState::Version(schema::VERSION) => {}
            SchemaState::Version(version) => {
                known(location, version)?;
                schema::migrate(&mut *database).map_err(explain)?;
            }
            SchemaState::Nothing => {
                schema::migrate(&mut *database).map_err(explain)?;
            }
        }
        let (location, version) = (location.clone(), schema::VERSION);
        Ok(Self { location, database, version, found: BTreeSet::new() })
    }

    /// Opens a history as [`History::open`] does, and makes none.
    ///
    /// # Errors
    /// As [`History::open`], and [`HistoryError::Missing`].
    pub fn open_existing(location: &Location) -> Result<Self, HistoryError> {
        Self::open_readonly(location)?;
        Self::open(location)
    }

    /// Opens a history for reading alone: nothing is made or changed, and no writer is ever kept waiting. One of an
    /// older version is read as it is.
    ///
    /// # Errors
    /// As [`History::open`], and [`HistoryError::Missing`].
    pub fn open_readonly(location: &Location) -> Result<Self, HistoryError> {
        let missing = || HistoryError::Missing { location: location.to_string() };
        let explain = |fault| explain(location, "opening the history", fault);
        let mut database: Box<dyn Database> = match location {
            Location::Postgres(server) => Box::new(Postgres::connect(server, true).map_err(explain)?),
            Location::File(path) if matches!(path.try_exists(), Ok(false)) => return Err(missing()),
            Location::File(path) => {
                file_or_nothing(location, path)?;
                Box::new(Sqlite::open(path, true).map_err(explain)?)
            }
        };
        match schema::find(&mut *database).map_err(explain)? {
            SchemaState::Nothing => Err(missing()),
            SchemaState::Foreign => Err(foreign(location)),
            SchemaState::Version(version) => {
                known(location, version)?;
                Ok(Self { location: location.clone(), database, version, found: BTreeSet::new() })
            }
        }
    }

    /// Where it is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Whether it has the newest tables, so that nothing more changes in it when it is opened for writing.
    pub fn is_current(&self) -> bool {
        self.version == schema::VERSION
    }

    /// The runs of the filter, newest first. Those that are damaged are left out, and are among what is
    /// [`damaged`](History::damaged) from then on.
    ///
    /// # Errors
    /// Those of the database.
    pub fn list(&mut self, filter: &Filter) -> Result<Vec<RunRecord>, HistoryError> {
        let runs = self.runs("listing runs")?;
        Ok(filter.choose(runs.whole.into_values().map(|run| run.record)))
    }

    /// One run without opening it.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], [`HistoryError::Altered`], and those of the database.
    pub fn record(&mut self, id: i64) -> Result<RunRecord, HistoryError> {
        self.run(id).map(|run| run.record)
    }

    /// The run that is meant, among those of the filter. A number is meant whatever the filter says; anything else is
    /// not told while a run is damaged that it could be as well.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], [`HistoryError::Ambiguous`], [`HistoryError::Altered`], and those of the database.
    pub fn resolve(&mut self, pick: &Pick, filter: &Filter) -> Result<i64, HistoryError> {
        let picked = match pick {
            Pick::Id(id) => return self.record(*id).map(|record| record.id),
            Pick::Latest(place) => {
                let place = *place as usize;
                let filter = Filter {
                    limit: Some(filter.limit.map_or(place, |limit| limit.min(place))),
                    ..filter.clone()
                };
                let found = self.list(&filter)?;
                let among = || format!(": there are {} to pick from", found.len());
                found.get(place - 1).map(|record| record.id).ok_or_else(among)
            }
            Pick::Commit(digits) => {
                let found = self.list(&Filter { commit: Some(digits.clone()), ..filter.clone() })?;
                let mut commits: Vec<String> = found.iter().map(|record| record.commit.clone()).collect();
                commits.sort_unstable();
                commits.dedup();
                if commits.len() > 1 {
                    return Err(HistoryError::Ambiguous { pick: digits.clone(), commits });
                }
                let among = || ": no run's commit starts with this".to_owned();
                found.first().map(|record| record.id).ok_or_else(among)
            }
        };
        // Later runs have higher numbers.
        let newest = self.found.iter().filter_map(|damage| damage.run).max();
        match (picked, newest) {
            (Ok(picked), Some(damaged)) if damaged > picked => Err(self.unsure(pick, damaged)),
            (Err(_), Some(damaged)) => Err(self.unsure(pick, damaged)),
            (Ok(picked), _) => Ok(picked),
            (Err(among), None) => Err(self.no_such_run(pick, among)),
        }
    }

    /// A run that was recorded here after this one, and yet says that it started long before it: the clock was set
    /// back in between, and "latest" is what the clocks say.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], and those of the database.
    pub fn out_of_order(&mut self, id: i64) -> Result<Option<i64>, HistoryError> {
        let started = self.record(id)?.started_unix_ms;
        let runs = self.list(&Filter::default())?;
        let later = runs.iter().filter(|run| run.id > id && run.state != RunState::Imported);
        // Of runs that begin together, either may be entered first.
        let before = later.filter(|run| run.started_unix_ms < started.saturating_sub(A_WHILE_MS));
        Ok(before.map(|run| run.id).max())
    }

    fn unsure(&self, pick: &Pick, damaged: i64) -> HistoryError {
        let what = format!(
            "run {damaged} is, so that it cannot be told which run is `{pick}`: name the one you mean by its number"
        );
        HistoryError::Altered { location: self.location.to_string(), what }
    }

    /// Opens a run. One that is unfinished is there up to the last second that was written, and says so.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], [`HistoryError::Unreadable`], and those of the database.
    pub fn load(&mut self, id: i64) -> Result<(Run, Completeness), HistoryError> {
        let RunFile { bytes, damage } = self.file(id)?;
        let (mut run, mut completeness) =
            read_run(Cursor::new(bytes)).map_err(|source| HistoryError::Unreadable { run: id, source })?;
        if let Some(why) = damage
            && !matches!(completeness, Completeness::Damaged { .. })
        {
            let last_second = run.duration.as_secs().checked_sub(1);
            completeness = Completeness::Damaged { last_second, why: why.to_owned() };
            run.set_completeness(completeness.clone());
        } else if let Completeness::Cut { last_second, .. } = completeness {
            completeness = if self.goes_on(id)? {
                Completeness::GoesOn { last_second }
            } else {
                Completeness::Cut { last_second, why: "nothing more was recorded".to_owned() }
            };
            run.set_completeness(completeness.clone());
        }
        Ok((run, completeness))
    }

    /// The bytes of a run's Run file.
    pub(crate) fn file(&mut self, id: i64) -> Result<RunFile, HistoryError> {
        let version = self.version;
        let file = snapshot(&mut *self.database, |database| {
            let Some(run) = runs::one(database, version, id)? else { return Ok(None) };
            files::read(database, version, &run).map(Some)
        });
        let file = file.map_err(|fault: Fault| self.explain("loading a run", fault))?;
        file.ok_or_else(|| self.no_such_run(&Pick::Id(id), String::new()))
    }

    /// All runs; what is damaged is among what was found.
    pub(crate) fn runs(&mut self, what: &'static str) -> Result<Runs, HistoryError> {
        let version = self.version;
        let runs = snapshot(&mut *self.database, |database| runs::all(database, version));
        let runs = runs.map_err(|fault: Fault| self.explain(what, fault))?;
        self.note(&runs);
        Ok(runs)
    }

    /// Remembers what is damaged of them.
    pub(crate) fn note(&mut self, runs: &Runs) {
        self.found.extend(runs.damaged.iter().map(|(id, why)| Damage::of_run(*id, why)));
        self.found.extend(runs.uncounted.clone().map(Damage::of_all));
    }

    /// One run.
    pub(crate) fn run(&mut self, id: i64) -> Result<RunRow, HistoryError> {
        let version = self.version;
        let found = snapshot(&mut *self.database, |database| runs::one(database, version, id));
        let found = found.map_err(|fault: Fault| self.explain("reading a run", fault))?;
        found.ok_or_else(|| self.no_such_run(&Pick::Id(id), String::new()))
    }

    pub(crate) fn read(
        &mut self,
        what: &'static str,
        sql: &str,
        parameters: &[Value],
    ) -> Result<Vec<Vec<Value>>, HistoryError> {
        self.database.query(sql, parameters).map_err(|fault| explain(&self.location, what, fault))
    }

    pub(crate) fn explain(&self, what: &'static str, fault: Fault) -> HistoryError {
        explain(&self.location, what, fault)
    }

    fn no_such_run(&self, pick: &Pick, among: String) -> HistoryError {
        HistoryError::NoSuchRun { pick: pick.to_string(), location: self.location.to_string(), among }
    }
}

pub(crate) fn explain(location: &Location, what: &'static str, fault: Fault) -> HistoryError {
    explain_after(location, what, fault, WAIT)
}

/// … when it waited so long for another writer.
pub(crate) fn explain_after(
    location: &Location,
    what: &'static str,
    fault: Fault,
    waited: Duration,
) -> HistoryError {
    let location = location.to_string();
    match fault {
        Fault::Locked => HistoryError::Locked { location, what, waited },
        Fault::Damaged(what) => HistoryError::Altered { location, what },
        Fault::NoDatabase(why) => HistoryError::NotAHistory { location, why },
        Fault::NotWritten(source) => HistoryError::NotWritten { location, what, source },
        Fault::Failed(source) => HistoryError::Database { location, what, source },
    }
}

fn foreign(location: &Location) -> HistoryError {
    let why = "it has tables of something else".to_owned();
    HistoryError::NotAHistory { location: location.to_string(), why }
}

/// Refuses a version that this one does not know.
fn known(location: &Location, found: i64) -> Result<(), HistoryError> {
    let location = location.to_string();
    match found {
        schema::OLDEST..=schema::VERSION => Ok(()),
        ..schema::OLDEST => {
            let why = format!("it says that it has version {found}, which never was");
            Err(HistoryError::NotAHistory { location, why })
        }
        _ => Err(HistoryError::Newer { location, found, known: schema::VERSION }),
    }
}

/// Refuses what is there and is no file: the database would wait for somebody who writes into a pipe.
fn file_or_nothing(location: &Location, path: &Path) -> Result<(), HistoryError> {
    let why = match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => "it is a folder",
        Ok(metadata) if !metadata.is_file() => "it is a pipe, a socket or a device",
        _ => return Ok(()),
    };
    Err(HistoryError::NotAHistory { location: location.to_string(), why: why.to_owned() })
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("location", &self.location).finish_non_exhaustive()
    }
}
