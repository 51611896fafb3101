//! A history that is open: listing, picking and loading runs. Nothing here opens a run but [`History::load`].

use std::collections::BTreeMap;
use std::fmt;
use std::io::Cursor;
use std::time::Duration;

use loadline_measure::{Completeness, Judgement, Run, RunRecord, RunState, read_run};

use crate::database::{Database, Fault, Postgres, Sqlite, Value, WAIT, row};
use crate::error::HistoryError;
use crate::filter::Filter;
use crate::location::Location;
use crate::pick::Pick;
use crate::schema::{self, SchemaState};

/// A history that is open, over one connection. Others may have it open as well, in this process or another.
pub struct History {
    pub(crate) location: Location,
    pub(crate) database: Box<dyn Database>,
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
                if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                    std::fs::create_dir_all(folder).map_err(|error| explain(Fault::Failed(error.into())))?;
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
            SchemaState::Version(found) if found > schema::VERSION => return Err(newer(location, found)),
            SchemaState::Version(schema::VERSION) => {}
            SchemaState::Version(_) | SchemaState::Nothing => {
                schema::migrate(&mut *database).map_err(explain)?;
            }
        }
        Ok(Self { location: location.clone(), database })
    }

    /// Opens a history for reading alone: nothing is made or changed, and no writer is ever kept waiting.
    ///
    /// # Errors
    /// As [`History::open`], and [`HistoryError::Missing`].
    pub fn open_readonly(location: &Location) -> Result<Self, HistoryError> {
        let missing = || HistoryError::Missing { location: location.to_string() };
        let explain = |fault| explain(location, "opening the history", fault);
        let mut database: Box<dyn Database> = match location {
            Location::Postgres(server) => Box::new(Postgres::connect(server, true).map_err(explain)?),
            Location::File(path) if !path.exists() => return Err(missing()),
            Location::File(path) => Box::new(Sqlite::open(path, true).map_err(explain)?),
        };
        match schema::find(&mut *database).map_err(explain)? {
            SchemaState::Nothing => Err(missing()),
            SchemaState::Foreign => Err(foreign(location)),
            SchemaState::Version(found) if found > schema::VERSION => Err(newer(location, found)),
            SchemaState::Version(found) if found < schema::VERSION => {
                Err(HistoryError::Older { location: location.to_string(), found, known: schema::VERSION })
            }
            SchemaState::Version(_) => Ok(Self { location: location.clone(), database }),
        }
    }

    /// Where it is.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The runs of the filter, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn list(&mut self, filter: &Filter) -> Result<Vec<RunRecord>, HistoryError> {
        let (chosen, parameters) = filter.chosen();
        let sql = format!("{RECORDS} WHERE r.id IN ({chosen}) ORDER BY r.started_unix_ms DESC, r.id DESC");
        self.records(&sql, &parameters)
    }

    /// One run without opening it.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], and those of the database.
    pub fn record(&mut self, id: i64) -> Result<RunRecord, HistoryError> {
        let found = self.records(&format!("{RECORDS} WHERE r.id = $1"), &[id.into()])?.pop();
        found.ok_or_else(|| self.no_such_run(&Pick::Id(id), String::new()))
    }

    /// The run that is meant, among those of the filter. A number is meant whatever the filter says.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], [`HistoryError::Ambiguous`], and those of the database.
    pub fn resolve(&mut self, pick: &Pick, filter: &Filter) -> Result<i64, HistoryError> {
        match pick {
            Pick::Id(id) => self.record(*id).map(|record| record.id),
            Pick::Latest(place) => {
                let place = *place as usize;
                let filter = Filter {
                    limit: Some(filter.limit.map_or(place, |limit| limit.min(place))),
                    ..filter.clone()
                };
                let found = self.list(&filter)?;
                match found.get(place - 1) {
                    Some(record) => Ok(record.id),
                    None => Err(self.no_such_run(pick, format!(": there are {} to pick from", found.len()))),
                }
            }
            Pick::Commit(digits) => {
                let found = self.list(&Filter { commit: Some(digits.clone()), ..filter.clone() })?;
                let mut commits: Vec<String> = found.iter().map(|record| record.commit.clone()).collect();
                commits.sort_unstable();
                commits.dedup();
                if commits.len() > 1 {
                    return Err(HistoryError::Ambiguous { pick: digits.clone(), commits });
                }
                found
                    .first()
                    .map(|record| record.id)
                    .ok_or_else(|| self.no_such_run(pick, ": no run's commit starts with this".to_owned()))
            }
        }
    }

    /// Opens a run. One that is unfinished is there up to the last second that was written, and says so.
    ///
    /// # Errors
    /// [`HistoryError::NoSuchRun`], [`HistoryError::Unreadable`], and those of the database.
    pub fn load(&mut self, id: i64) -> Result<(Run, Completeness), HistoryError> {
        let file = self.file(id)?;
        let (mut run, mut completeness) =
            read_run(Cursor::new(file)).map_err(|source| HistoryError::Unreadable { run: id, source })?;
        if let Completeness::Cut { last_second, .. } = completeness {
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
    pub(crate) fn file(&mut self, id: i64) -> Result<Vec<u8>, HistoryError> {
        const LOADING: &str = "loading a run";
        let contents = "SELECT file FROM loadline_contents WHERE run = $1";
        let pieces = "SELECT bytes FROM loadline_pieces WHERE run = $1 ORDER BY number";
        // A run that finishes between the two is in the first again.
        for sql in [contents, pieces, contents] {
            let rows = self.read(LOADING, sql, &[id.into()])?;
            if !rows.is_empty() {
                let mut file = Vec::new();
                for cells in rows {
                    let bytes = row(cells).and_then(|[bytes]| bytes.bytes());
                    file.extend(bytes.map_err(|fault| self.explain(LOADING, fault))?);
                }
                return Ok(file);
            }
        }
        // Nothing was written of it yet, or there is no such run.
        self.record(id).map(|_| Vec::new())
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

    fn records(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<RunRecord>, HistoryError> {
        const LISTING: &str = "listing runs";
        let rows = self.read(LISTING, sql, parameters)?;
        let records = rows.into_iter().map(record).collect::<Result<_, _>>();
        records.map_err(|fault| self.explain(LISTING, fault))
    }
}

/// The columns of a [`RunRecord`].
const RECORDS: &str = "SELECT r.id, r.started_unix_ms, r.name, r.fingerprint, r.plan, r.commit_id, r.branch, \
     r.target_version, r.host, r.state, r.duration_ms, r.outcome, r.words, r.saturated, r.annotations FROM loadline_runs r";

fn record(cells: Vec<Value>) -> Result<RunRecord, Fault> {
    let [
        id,
        started,
        name,
        fingerprint,
        plan,
        commit,
        branch,
        target_version,
        host,
        state,
        duration,
        outcome,
        words,
        saturated,
        annotations,
    ] = row(cells)?;
    let unknown = |word: &str| Fault::Failed(format!("a run has the unknown state `{word}`").into());
    let state = state.text()?;
    let annotations: BTreeMap<String, String> =
        serde_json::from_str(&annotations.text()?).map_err(|error| Fault::Failed(error.into()))?;
    Ok(RunRecord {
        id: id.int()?,
        started_unix_ms: started.int()?,
        name: name.text()?,
        fingerprint: fingerprint.text()?,
        plan: plan.text()?,
        commit: commit.text()?,
        branch: branch.text()?,
        target_version: target_version.text()?,
        host: host.text()?,
        state: RunState::of(&state).ok_or_else(|| unknown(&state))?,
        duration_ms: duration.int()? as u64,
        outcome: Judgement::of(&outcome.text()?).unwrap_or_default(),
        words: words.text()?,
        saturated: saturated.int()? != 0,
        annotations,
    })
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
        Fault::NoDatabase(why) => HistoryError::NotAHistory { location, why },
        Fault::Failed(source) => HistoryError::Database { location, what, source },
    }
}

fn foreign(location: &Location) -> HistoryError {
    let why = "it has tables of something else".to_owned();
    HistoryError::NotAHistory { location: location.to_string(), why }
}

fn newer(location: &Location, found: i64) -> HistoryError {
    HistoryError::Newer { location: location.to_string(), found, known: schema::VERSION }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("location", &self.location).finish_non_exhaustive()
    }
}
