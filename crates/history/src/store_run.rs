//! A run on its way into the tables.

use std::time::Duration;

use loadline_measure::{Conclusion, Judgement, Run, RunMeta, RunState, write_packed};

use crate::census::recount;
use crate::database::{Database, Fault, Value, row};
use crate::error::HistoryError;
use crate::figure;
use crate::numbers::Numbers;
use crate::runs::altered;
use crate::schema::VERSION;
use crate::tables::{CONTENTS, OUTCOME, RUNS, STATE, WORDS};

/// What is written of a run beside its file and figures.
pub(crate) struct Summary<'a> {
    pub(crate) meta: &'a RunMeta,
    pub(crate) hash: &'a str,
    pub(crate) state: RunState,
    pub(crate) duration: Duration,
    pub(crate) outcome: Judgement,
    pub(crate) words: &'a str,
    /// The names of its figures.
    pub(crate) figures: Numbers,
}

impl<'a> Summary<'a> {
    /// A run that has just begun.
    pub(crate) fn begun(meta: &'a RunMeta) -> Self {
        let (duration, outcome) = (Duration::ZERO, Judgement::Unknown);
        let state = RunState::Unfinished;
        Self { meta, hash: "", state, duration, outcome, words: "", figures: Numbers::default() }
    }

    /// A run that is over.
    pub(crate) fn over(run: &'a Run, hash: &'a str, state: RunState, conclusion: &'a Conclusion) -> Self {
        let Conclusion { outcome, words, .. } = conclusion;
        let figures = Numbers::default();
        Self { meta: &run.meta, hash, state, duration: run.duration, outcome: *outcome, words, figures }
    }

    /// Its cells, as [`RUNS`] has them.
    pub(crate) fn cells(&self, id: i64) -> Vec<Value> {
        let RunMeta {
            name,
            id: identity,
            started_unix_ms,
            version,
            host,
            measured_on,
            origin,
            annotations,
            saturation,
            ..
        } = self.meta;
        // Text without text keys is all that could fail.
        let annotations = serde_json::to_string(annotations).unwrap_or_else(|_| "{}".to_owned());
        vec![
            id.into(),
            self.hash.into(),
            self.state.word().into(),
            (*started_unix_ms).into(),
            i64::try_from(self.duration.as_millis()).unwrap_or(i64::MAX).into(),
            clean(name),
            clean(&self.meta.fingerprint()),
            clean(&origin.plan),
            clean(&origin.commit),
            clean(&origin.branch),
            clean(&origin.target),
            clean(&origin.target_version),
            clean(if host.name.is_empty() { &measured_on.name } else { &host.name }),
            self.outcome.word().into(),
            clean(self.words),
            i64::from(saturation.is_some()).into(),
            clean(&annotations),
            clean(version),
            clean(identity),
            0.into(),
            self.figures.to_string().into(),
        ]
    }
}

/// PostgreSQL's texts hold everything but one character.
fn clean(text: &str) -> Value {
    text.replace('\0', "\u{fffd}").into()
}

/// Adds a run, and gives its number and cells; nothing when one with the same hash is there.
pub(crate) fn insert(
    database: &mut dyn Database,
    summary: &Summary<'_>,
) -> Result<Option<(i64, Vec<Value>)>, Fault> {
    let mut cells = summary.cells(0);
    let (_, columns) =
        RUNS.names().split_once(", ").map(|(id, rest)| (id.to_owned(), rest.to_owned())).unwrap_or_default();
    let places: Vec<String> = (1..cells.len()).map(|number| format!("${number}")).collect();
    let sql = format!(
        "INSERT INTO loadline_runs ({columns}, seal) VALUES ({}, 0) ON CONFLICT DO NOTHING RETURNING id",
        places.join(", ")
    );
    let Some(found) = database.query(&sql, &cells[1..])?.pop() else { return Ok(None) };
    let [id] = row(found)?;
    let id = id.int()?;
    // Its number is part of the seal.
    cells[0] = id.into();
    RUNS.replace(database, &cells, 1)?;
    recount(database, |numbers: &mut Numbers| _ = numbers.0.insert(id))?;
    Ok(Some((id, cells)))
}

/// Writes of an unfinished run how it ended. False when it is no longer unfinished.
pub(crate) fn conclude(
    database: &mut dyn Database,
    id: i64,
    state: RunState,
    conclusion: &Conclusion,
) -> Result<bool, Fault> {
    let sealed = RUNS.read(database, VERSION, "WHERE t.id = $1 AND t.state = 'unfinished'", &[id.into()])?;
    let Some(found) = sealed.into_iter().next() else { return Ok(false) };
    let Some(mut cells) = found.whole() else { return Err(altered(id)) };
    cells[STATE] = state.word().into();
    cells[OUTCOME] = conclusion.outcome.word().into();
    cells[WORDS] = clean(&conclusion.words);
    RUNS.replace(database, &cells, 1)
}

/// Writes everything anew that is known of a run, and its file and figures in place of what was written while it went
/// on. False when the run is gone.
pub(crate) fn keep(
    database: &mut dyn Database,
    id: i64,
    mut summary: Summary<'_>,
    file: &[u8],
    conclusion: &Conclusion,
) -> Result<bool, Fault> {
    let figures = figure::named(database, &conclusion.figures)?;
    summary.figures = figures.keys().copied().collect();
    if !RUNS.replace(database, &summary.cells(id), 1)? {
        return Ok(false);
    }
    database.execute("DELETE FROM loadline_parts WHERE run = $1", &[id.into()])?;
    // It is there already when only the answer to an earlier try was lost.
    let instead = "ON CONFLICT (run) DO UPDATE SET file = excluded.file, seal = excluded.seal";
    CONTENTS.insert(database, &[id.into(), file.to_vec().into()], instead)?;
    figure::store(database, id, &figures)?;
    Ok(true)
}

/// The file a run is kept as.
pub(crate) fn packed(run: &Run) -> Result<Vec<u8>, HistoryError> {
    write_packed(run, Vec::new())
        .map_err(|source| HistoryError::Io { what: "packing the run".to_owned(), source })
}

/// See [`content`](crate::content).
pub(crate) fn hash(run: &Run) -> Result<String, HistoryError> {
    crate::content::hash(run)
        .map_err(|error| HistoryError::Io { what: "describing the run".to_owned(), source: error.into() })
}
