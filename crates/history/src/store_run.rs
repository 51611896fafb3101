//! A run on its way into the tables.

use std::time::Duration;

use loadline_measure::{Conclusion, Judgement, Run, RunMeta, RunState, write_packed};

use crate::database::{Database, Fault, Value, row};
use crate::error::HistoryError;
use crate::figure;

/// The columns of a run but its number, in the order of [`columns`].
const COLUMNS: [&str; 18] = [
    "hash",
    "state",
    "started_unix_ms",
    "duration_ms",
    "name",
    "fingerprint",
    "plan",
    "commit_id",
    "branch",
    "target",
    "target_version",
    "host",
    "outcome",
    "words",
    "saturated",
    "annotations",
    "loadline",
    "identity",
];

/// What is written of a run beside its file and figures.
pub(crate) struct Summary<'a> {
    pub(crate) meta: &'a RunMeta,
    pub(crate) hash: &'a str,
    pub(crate) state: RunState,
    pub(crate) duration: Duration,
    pub(crate) outcome: Judgement,
    pub(crate) words: &'a str,
}

impl<'a> Summary<'a> {
    /// A run that has just begun.
    pub(crate) fn begun(meta: &'a RunMeta) -> Self {
        let (duration, outcome) = (Duration::ZERO, Judgement::Unknown);
        Self { meta, hash: "", state: RunState::Unfinished, duration, outcome, words: "" }
    }

    /// A run that is over.
    pub(crate) fn over(run: &'a Run, hash: &'a str, state: RunState, conclusion: &'a Conclusion) -> Self {
        let Conclusion { outcome, words, .. } = conclusion;
        Self { meta: &run.meta, hash, state, duration: run.duration, outcome: *outcome, words }
    }

    fn columns(&self) -> [Value; COLUMNS.len()] {
        let RunMeta {
            name,
            id,
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
        [
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
            clean(id),
        ]
    }
}

/// PostgreSQL's texts hold everything but one character.
fn clean(text: &str) -> Value {
    text.replace('\0', "\u{fffd}").into()
}

/// Adds a run; nothing when one with the same hash is there.
pub(crate) fn insert(database: &mut dyn Database, summary: &Summary<'_>) -> Result<Option<i64>, Fault> {
    let places: Vec<String> = (1..=COLUMNS.len()).map(|number| format!("${number}")).collect();
    let sql = format!(
        "INSERT INTO loadline_runs ({}) VALUES ({}) ON CONFLICT DO NOTHING RETURNING id",
        COLUMNS.join(", "),
        places.join(", ")
    );
    let Some(cells) = database.query(&sql, &summary.columns())?.pop() else { return Ok(None) };
    let [id] = row(cells)?;
    id.int().map(Some)
}

/// Writes everything anew that is known of a run. False when the run is gone.
pub(crate) fn update(database: &mut dyn Database, id: i64, summary: &Summary<'_>) -> Result<bool, Fault> {
    let set: Vec<String> = COLUMNS
        .iter()
        .enumerate()
        .map(|(position, column)| format!("{column} = ${}", position + 2))
        .collect();
    let sql = format!("UPDATE loadline_runs SET {} WHERE id = $1", set.join(", "));
    let parameters: Vec<Value> = [id.into()].into_iter().chain(summary.columns()).collect();
    Ok(database.execute(&sql, &parameters)? > 0)
}

/// Writes of an unfinished run how it ended. False when it is no longer unfinished.
pub(crate) fn conclude(
    database: &mut dyn Database,
    id: i64,
    state: RunState,
    conclusion: &Conclusion,
) -> Result<bool, Fault> {
    let sql = "UPDATE loadline_runs SET state = $2, outcome = $3, words = $4 WHERE id = $1 AND state = 'unfinished'";
    let told = [id.into(), state.word().into(), conclusion.outcome.word().into(), clean(&conclusion.words)];
    Ok(database.execute(sql, &told)? > 0)
}

/// Stores a run's file and figures, in place of what was written while it went on.
pub(crate) fn keep(
    database: &mut dyn Database,
    id: i64,
    file: &[u8],
    conclusion: &Conclusion,
) -> Result<(), Fault> {
    database.execute("DELETE FROM loadline_pieces WHERE run = $1", &[id.into()])?;
    // It is there already when only the answer to an earlier try was lost.
    let sql = "INSERT INTO loadline_contents (run, file) VALUES ($1, $2) \
               ON CONFLICT (run) DO UPDATE SET file = excluded.file";
    database.execute(sql, &[id.into(), file.to_vec().into()])?;
    figure::store(database, id, &conclusion.figures)
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
